import { describe, expect, it } from 'vitest';
import type { Check } from '../../../src/doctor/check.js';
import { fine } from '../../../src/doctor/finding.js';
import { CHECK_LIMIT_MS, runChecks } from '../../../src/doctor/runChecks.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { doctorContext } from '../../support/doctorContext.js';
import { FakeClock } from '../../support/fakeClock.js';

const never: Check = { name: 'never', run: () => new Promise(() => undefined) };
const quick: Check = { name: 'quick', run: async () => [fine('well')] };
const broken = (thrown: unknown): Check => ({
  name: 'broken',
  run: async () => {
    throw thrown;
  },
});

describe('running the checks', () => {
  it('ends each at its deadline, all at once, and keeps their order', async () => {
    const clock = new FakeClock();
    let reports: unknown = null;
    void runChecks([never, quick, never], doctorContext({ clock })).then((all) => {
      reports = all;
    });
    await clock.advance(CHECK_LIMIT_MS - 1);
    expect(reports).toBeNull();
    await clock.advance(1);
    expect(reports).toEqual([
      { check: 'never', findings: [expect.objectContaining({ code: 'check-timed-out' })] },
      { check: 'quick', findings: [fine('well')] },
      { check: 'never', findings: [expect.objectContaining({ code: 'check-timed-out' })] },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops what a late check still asks', async () => {
    const clock = new FakeClock();
    let signal: AbortSignal | null = null;
    const asking: Check = {
      name: 'asking',
      run: (context) => {
        signal = context.signal;
        return new Promise(() => undefined);
      },
    };
    const running = runChecks([asking], doctorContext({ clock }));
    await clock.advance(CHECK_LIMIT_MS);
    await running;
    expect(signal).toMatchObject({ aborted: true });
  });

  it.each([
    [new TypeError('x is undefined'), 'UNEXPECTED: x is undefined'],
    [new NodeError('RPC_ERROR', 'odd', { severity: 'temporary' }), 'RPC_ERROR: odd'],
  ])('reports a check that throws, and goes on', async (thrown, text) => {
    const reports = await runChecks([broken(thrown), quick], doctorContext({}));
    expect(reports[0]?.findings).toEqual([
      { level: 'error', code: 'check-failed', text: `The check of broken failed: ${text}` },
    ]);
    expect(reports[1]?.findings).toEqual([fine('well')]);
  });
});
