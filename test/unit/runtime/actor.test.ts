import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { Actor } from '../../../src/runtime/actor.js';
import { runActor } from '../../../src/runtime/actor.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const BACKOFF = { initialMs: 100, maxMs: 1000, factor: 2, jitter: 0 };
const temporary = new NodeError('TRANSPORT_FAILED', 'down', { severity: 'temporary' });
const reset = new NodeError('RPC_ERROR', 'reorg', { severity: 'reset' });
const critical = new NodeError('UNEXPECTED', 'broken', { severity: 'critical' });

/** An actor whose steps the test writes; after the last one it waits for the signal. */
function scripted(
  ...script: ((signal: AbortSignal) => Promise<void>)[]
): Actor & { steps: number } {
  const clock = new FakeClock();
  return {
    name: 'scripted',
    steps: 0,
    step(signal) {
      const next = script[this.steps++];
      return next === undefined ? clock.sleep(1, signal) : next(signal);
    },
  };
}

function run(actor: Actor, signal: AbortSignal) {
  const clock = new FakeClock();
  const seen: unknown[] = [];
  const done = runActor(
    actor,
    { backoff: BACKOFF },
    {
      clock,
      random: () => 0,
      onTemporary: (error, attempt, delayMs) => seen.push([error.message, attempt, delayMs]),
      onReset: async (error) => void seen.push([error.message]),
    },
    signal,
  );
  return { clock, seen, done };
}

const ok = async () => undefined;
const fail = (error: unknown) => () => Promise.reject(error);

describe('runActor', () => {
  it('steps again and again until the signal fires', async () => {
    const stop = new AbortController();
    const actor = scripted(ok, ok, ok);
    const { clock, done } = run(actor, stop.signal);
    await clock.flush();
    expect(actor.steps).toBe(4);
    stop.abort();
    await done;
  });

  it('does not step at all when the signal has fired before', async () => {
    const actor = scripted();
    await run(actor, AbortSignal.abort()).done;
    expect(actor.steps).toBe(0);
  });

  it('waits with growing back-off after temporary failures, and begins again after a success', async () => {
    const stop = new AbortController();
    const actor = scripted(fail(temporary), fail(temporary), ok, fail(temporary));
    const { clock, seen, done } = run(actor, stop.signal);
    await clock.advance(99);
    expect(actor.steps).toBe(1);
    await clock.advance(1);
    expect(actor.steps).toBe(2);
    await clock.advance(200);
    expect(seen).toEqual([
      ['down', 1, 100],
      ['down', 2, 200],
      ['down', 1, 100],
    ]);
    stop.abort();
    await done;
    expect(clock.pendingTimers).toBe(0);
  });

  it('hands a reset to its owner and goes on', async () => {
    const stop = new AbortController();
    const actor = scripted(fail(reset), ok);
    const { clock, seen, done } = run(actor, stop.signal);
    await clock.flush();
    expect([seen, actor.steps]).toEqual([[['reorg']], 3]);
    stop.abort();
    await done;
  });

  it('ends with a critical error, also with a throw that nobody planned for', async () => {
    const stop = new AbortController();
    expect(await rejection(run(scripted(fail(critical)), stop.signal).done)).toBe(critical);
    const unplanned = await rejection(run(scripted(fail(new TypeError('x'))), stop.signal).done);
    expect(unplanned).toMatchObject({ code: 'UNEXPECTED', severity: 'critical' });
  });

  it('ends without an error when the step fails because of the stop', async () => {
    const stop = new AbortController();
    const actor = scripted(async () => {
      stop.abort();
      throw new DOMException('stopped', 'AbortError');
    });
    await run(actor, stop.signal).done;
    expect(actor.steps).toBe(1);
  });

  it('does not hide a critical error behind the stop', async () => {
    const stop = new AbortController();
    const actor = scripted(async () => {
      stop.abort();
      throw critical;
    });
    expect(await rejection(run(actor, stop.signal).done)).toBe(critical);
  });

  it('lets the event loop turn while steps need no wait', async () => {
    const stop = new AbortController();
    let steps = 0;
    let hasTurned = false;
    const step = async () => {
      steps += 1;
      if (steps === 64) stop.abort();
    };
    setImmediate(() => {
      hasTurned = true;
    });
    await run({ name: 'busy', step }, stop.signal).done;
    expect([hasTurned, steps]).toEqual([true, 64]);
  });

  it('leaves no listener on the signal after waits', async () => {
    const counting = countingSignal();
    const actor = scripted(fail(temporary), fail(critical));
    const { clock, done } = run(actor, counting.signal);
    const failed = rejection(done);
    await clock.advance(100);
    expect(await failed).toBe(critical);
    expect([counting.added(), counting.listeners()]).toEqual([1, 0]);
  });
});
