import { expect, it } from 'vitest';
import { runActor } from '../../../src/runtime/actor.js';
import { DEFAULT_BACKOFF } from '../../../src/runtime/backoff.js';
import { OriginSelector } from '../../../src/sequencer/originSelector.js';
import { SequencerActor } from '../../../src/sequencer/sequencerActor.js';
import { SequencerAdmin } from '../../../src/sequencer/sequencerAdmin.js';
import { SequencerCell } from '../../../src/sequencer/sequencerState.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../support/engineHarness.js';
import {
  GENESIS_REF,
  hashOf,
  l1Block,
  l1InfoDeposit,
  makeBlock,
  TEST_ROLLUP,
} from '../../support/l2Chain.js';
import { ATTRIBUTES } from '../../support/sequencerRig.js';

const busy = new RpcError('engine_newPayload', -32000, 'busy', undefined);

/** A sequencer over a real engine actor that builds one block and then waits for its safe head. */
function sequencerOver(h: EngineHarness) {
  const { clock, log } = h;
  const state = new SequencerCell(false);
  const recorder = {
    active: () => undefined,
    sequencingError: () => undefined,
    sequencerReset: () => undefined,
    inconsistentL1Origin: () => undefined,
  };
  const conductor = {
    isEnabled: false,
    isLeader: async () => true,
    commitUnsafePayload: async () => undefined,
    overrideLeader: () => undefined,
  };
  const l1 = {
    l1BlockRefByNumber: async () => null,
    l1BlockRefByHash: async () => l1Block(0n),
    readAhead: async () => undefined,
  };
  const prepare = async (parent: L2BlockRef) => ({
    ...ATTRIBUTES,
    timestamp: parent.timestamp + TEST_ROLLUP.blockTime,
    transactions: [l1InfoDeposit(l1Block(0n), parent.sequenceNumber + 1n)],
  });
  const engine = h.actor;
  const actor = new SequencerActor(
    { config: TEST_ROLLUP, sealingMs: 50, maxSafeLag: 1n },
    {
      ...{ state, engine, conductor, recorder, clock, log },
      origins: new OriginSelector(TEST_ROLLUP, { l1, l1Head: () => hashOf('head'), clock, log }),
      attributes: { prepare },
      publisher: { publish: () => undefined },
    },
  );
  const store = {
    sequencerStarted: async () => undefined,
    sequencerStopped: async () => undefined,
  };
  const admin = new SequencerAdmin({ state, engine, conductor, store, recorder, log });
  const deps = {
    clock,
    random: () => 0,
    onTemporary: () => undefined,
    onReset: () => undefined,
  };
  return { admin, run: () => runActor(actor, { backoff: DEFAULT_BACKOFF }, deps, h.signal) };
}

it('stops the sequencer though a payload of others fails for ever', async () => {
  const h = await new EngineHarness(DERIVE_OPTIONS).start();
  const foreign = makeBlock(GENESIS_REF, { fork: 'foreign' });
  h.engine.failing.set(foreign.ref.hash, busy);
  void h.actor.addUnsafePayload(foreign.envelope);
  await h.settle();
  // The sealed block goes out, and gets into the engine at the second try.
  h.engine.failNext('newPayload', busy);
  const { admin, run } = sequencerOver(h);
  await admin.init(true);
  const running = run();
  await h.clock.advance(500);
  const stopped = admin.stop(h.signal);
  await h.clock.advance(2_000);
  expect(await stopped).toBe(h.heads.unsafe.hash);
  expect(h.heads.unsafe.number).toBe(1n);
  h.stop.abort();
  await running;
});
