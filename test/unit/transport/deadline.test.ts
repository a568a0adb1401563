import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { withDeadline } from '../../../src/transport/deadline.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const late = new NodeError('TRANSPORT_TIMEOUT', 'late', { severity: 'temporary' });

function setUp(signal: AbortSignal = new AbortController().signal) {
  const clock = new FakeClock();
  return { clock, deadline: { clock, timeoutMs: 100, signal, timeoutError: () => late } };
}

describe('withDeadline', () => {
  it('gives the result, and takes timer and listener away', async () => {
    const counting = countingSignal();
    const { clock, deadline } = setUp(counting.signal);
    expect(await withDeadline(deadline, async () => 5)).toBe(5);
    expect([counting.added(), counting.listeners(), clock.pendingTimers]).toEqual([1, 0, 0]);
  });

  it('ends at the deadline even if the work does not heed its signal', async () => {
    const { clock, deadline } = setUp();
    let seen: AbortSignal | null = null;
    const failed = rejection(
      withDeadline(deadline, (signal) => {
        seen = signal;
        return new Promise(() => undefined);
      }),
    );
    await clock.advance(100);
    expect(await failed).toBe(late);
    expect(seen).toMatchObject({ aborted: true });
  });

  it('reports the deadline, not what the work throws because of it', async () => {
    const { clock, deadline } = setUp();
    const failed = rejection(withDeadline(deadline, (signal) => clock.sleep(200, signal)));
    await clock.advance(100);
    expect(await failed).toBe(late);
  });

  it('ends with ABORTED when the caller stops', async () => {
    const stop = new AbortController();
    const { clock, deadline } = setUp(stop.signal);
    const failed = rejection(withDeadline(deadline, () => new Promise(() => undefined)));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    expect(clock.pendingTimers).toBe(0);
    let begun = 0;
    const after = withDeadline(deadline, async () => void begun++);
    expect(await rejection(after)).toMatchObject({ code: 'ABORTED' });
    expect(begun).toBe(0);
  });

  it('passes on what the work throws', async () => {
    const { deadline } = setUp();
    const error = new Error('work');
    expect(await rejection(withDeadline(deadline, () => Promise.reject(error)))).toBe(error);
  });
});
