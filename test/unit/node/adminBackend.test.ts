import { describe, expect, it } from 'vitest';
import { AdminBackend } from '../../../src/node/adminBackend.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import type { EngineHeads } from '../../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../../src/types/engineHeads.js';
import type { ExecutionPayloadEnvelope } from '../../../src/types/payload.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const payload = {} as ExecutionPayloadEnvelope;

function backend(derivation: { requestReset(): void } | null, heads: Partial<EngineHeads> = {}) {
  const log = new FakeLogger();
  const clock = new FakeClock();
  const stop = new AbortController();
  let insert = (): void => undefined;
  const engine = {
    heads: new WatchCell<EngineHeads>({ ...UNKNOWN_HEADS, resetEpoch: 1, ...heads }),
    addUnsafePayload: () => new Promise<void>((resolve) => (insert = resolve)),
  };
  return {
    ...{ log, clock, stop, engine },
    inserted: () => insert(),
    admin: new AdminBackend({
      ...{ engine, derivation, clock, log },
      sequencer: null,
      sdm: null,
      setLogLevel: () => undefined,
    }),
  };
}

/** Whether a call has been answered, after everything that is ready has run. */
async function isAnswered(call: Promise<unknown>, clock: FakeClock): Promise<boolean> {
  let answered = false;
  void call.then(() => (answered = true));
  await clock.flush();
  return answered;
}

describe('admin_resetDerivationPipeline', () => {
  it('answers once the engine is reset and derivation starts over', async () => {
    let resets = 0;
    const { admin, log, engine, clock, stop } = backend({ requestReset: () => (resets += 1) });
    const call = admin.resetDerivationPipeline(stop.signal);
    expect(resets).toBe(1);
    engine.heads.set({ ...engine.heads.get(), isFinalizedProven: true });
    expect(await isAnswered(call, clock)).toBe(false);
    engine.heads.set({ ...engine.heads.get(), resetEpoch: 2 });
    expect(await call).toBeUndefined();
    expect(log.lines).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('answers after ten seconds where that takes longer', async () => {
    const { admin, clock, stop } = backend({ requestReset: () => undefined });
    const call = admin.resetDerivationPipeline(stop.signal);
    await clock.advance(9_999);
    expect(await isAnswered(call, clock)).toBe(false);
    await clock.advance(1);
    expect(await isAnswered(call, clock)).toBe(true);
  });

  it('does not wait for the end of the first sync of the execution layer', async () => {
    const syncing = { elSync: 'started' } as const;
    const { admin, clock, stop } = backend({ requestReset: () => undefined }, syncing);
    expect(await isAnswered(admin.resetDerivationPipeline(stop.signal), clock)).toBe(true);
  });

  it('says that nothing derives where that is so', async () => {
    const { admin, log, stop } = backend(null);
    expect(await admin.resetDerivationPipeline(stop.signal)).toBeUndefined();
    expect(log.messages('warn')).toHaveLength(1);
  });
});

describe('admin_postUnsafePayload', () => {
  it('answers when the engine has done what it can for now', async () => {
    const { admin, clock, stop, inserted } = backend(null);
    const call = admin.postUnsafePayload(payload, stop.signal);
    expect(await isAnswered(call, clock)).toBe(false);
    inserted();
    expect(await isAnswered(call, clock)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('answers after ten seconds at the latest, and ends with its caller', async () => {
    const { admin, clock, stop } = backend(null);
    const call = admin.postUnsafePayload(payload, stop.signal);
    await clock.advance(10_000);
    expect(await isAnswered(call, clock)).toBe(true);
    const left = admin.postUnsafePayload(payload, stop.signal);
    stop.abort();
    await expect(left).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
