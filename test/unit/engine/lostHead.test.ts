import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PEER_SYNC_MS } from '../../../src/engine/lostHead.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import type { AttributesWithParent } from '../../../src/types/payload.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../support/engineHarness.js';
import { FakeEngine } from '../../support/fakeEngine.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, l1InfoDeposit, makeBlock, makeChain } from '../../support/l2Chain.js';

const TIP = 60;
const HELD = 55;
const chain = makeChain(GENESIS_REF, TIP);
const block = (number: number): MadeBlock => chain[number - 1] as MadeBlock;
const at = (number: number): L2BlockRef => block(number).ref;
const SYNCING = { status: 'SYNCING', latestValidHash: null, validationError: null } as const;

/** What the sequencer asks for next: the child of that block. */
function childOf(parent: L2BlockRef): AttributesWithParent {
  return {
    parent,
    derivedFrom: null,
    concluding: false,
    attributes: {
      timestamp: parent.timestamp + 2n,
      prevRandao: parent.hash,
      suggestedFeeRecipient: '0x4200000000000000000000000000000000000011',
      transactions: [l1InfoDeposit({ ...at(1), ...parent.l1Origin }, parent.sequenceNumber + 1n)],
      noTxPool: true,
      gasLimit: 30_000_000n,
    },
  };
}

describe('an execution layer that comes back without our unsafe head', () => {
  let h: EngineHarness;
  let engine: FakeEngine;

  beforeEach(async () => {
    engine = new FakeEngine();
    engine.importAsHead(...chain.map(({ envelope }) => envelope));
    engine.safeHash = at(40).hash;
    engine.finalizedHash = at(30).hash;
    h = await new EngineHarness(DERIVE_OPTIONS, { engine }).start();
    expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 1 });
    engine.rewind(BigInt(HELD));
  });
  afterEach(() => h.stop.abort());

  const remember = (from: number) => {
    for (const { ref, envelope } of chain.slice(from - 1))
      engine.remembered.set(ref.hash, envelope);
  };
  const build = async () => {
    void h.actor.build(childOf(at(TIP)), h.signal);
    await h.settle();
  };

  it('gets the blocks back that we remember, and no head of ours has moved', async () => {
    remember(HELD + 1);
    await build();
    expect(engine.head).toEqual(at(TIP));
    expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 2 });
    expect(h.log.find('Execution layer is back at our unsafe head')).toHaveLength(1);
    expect(await h.actor.build(childOf(at(TIP)), h.signal)).toMatchObject({
      value: { kind: 'started' },
    });
  });

  it('is taken as it is where a block is not remembered', async () => {
    remember(HELD + 2);
    await build();
    expect(h.heads).toMatchObject({ unsafe: at(HELD), resetEpoch: 2 });
    expect(engine.head).toEqual(at(HELD));
  });

  it.each([
    ['does not take', () => engine.invalid.add(at(HELD + 1).hash)],
    [
      'refuses the shape of',
      () => engine.failing.set(at(HELD + 1).hash, new RpcError('newPayload', -32602, 'no', null)),
    ],
  ])('is taken as it is where it %s a block given back', async (_, refuse) => {
    remember(HELD + 1);
    refuse();
    await build();
    expect(h.heads.unsafe).toEqual(at(HELD));
    expect(engine.calls.filter(({ method }) => method === 'newPayload')).toHaveLength(1);
  });

  it('gets them back where it kept a block and lost what that made: as its head it is executed again', async () => {
    remember(HELD + 1);
    const { newPayload } = engine;
    engine.import(block(HELD + 1).envelope);
    engine.newPayload = async (envelope, signal) => {
      const isChild = envelope.executionPayload.parentHash === at(HELD + 1).hash;
      const isExecuted = engine.head.number > HELD;
      if (isChild && !isExecuted) return { ...SYNCING, status: 'ACCEPTED' };
      return newPayload.call(engine, envelope, signal);
    };
    await build();
    expect(engine.head).toEqual(at(TIP));
    expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 2 });
  });

  it('is asked again where it has taken them and does not make the last one its head at once', async () => {
    remember(HELD + 1);
    const { newPayload } = engine;
    engine.newPayload = async (envelope, signal) => {
      const isLast = envelope.executionPayload.blockHash === at(TIP).hash;
      if (isLast) engine.failNext('forkchoiceUpdated', new RpcError('fcu', -38002, 'no', null));
      return newPayload.call(engine, envelope, signal);
    };
    await build();
    expect(h.heads.resetEpoch).toBe(1);
    await h.clock.advance(2_000);
    await h.settle();
    expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 2 });
  });

  it('may get them from its peers', async () => {
    engine.peers = 2;
    engine.serve(...chain.map(({ envelope }) => envelope));
    await build();
    expect(engine.syncTarget).toBe(at(TIP).hash);
    expect(h.heads.resetEpoch).toBe(1);
    engine.completeSync();
    await h.clock.advance(1_000);
    await h.settle();
    expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 2 });
  });

  it('has half a minute for that', async () => {
    engine.peers = 2;
    await build();
    await h.clock.advance(PEER_SYNC_MS - 1_000);
    expect(h.heads.resetEpoch).toBe(1);
    await h.clock.advance(2_000);
    await h.settle();
    expect(h.heads).toMatchObject({ unsafe: at(HELD), resetEpoch: 2 });
  });

  it('is found out by a sealed block and by a payload on that head, too', async () => {
    remember(HELD + 1);
    const next = makeBlock(at(TIP));
    void h.actor.insertSealed(next, null, h.signal);
    await h.settle();
    expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 2 });
    expect(await h.actor.insertSealed(next, null, h.signal)).toMatchObject({
      value: { kind: 'inserted' },
    });
    engine.rewind(BigInt(HELD));
    engine.remembered.set(next.ref.hash, next.envelope);
    h.actor.addUnsafePayload(makeBlock(next.ref).envelope);
    await h.settle();
    expect(h.heads.resetEpoch).toBe(3);
    expect(h.heads.unsafe.number).toBeGreaterThanOrEqual(next.ref.number);
  });
});

it('an execution layer that left for another branch is called back', async () => {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.map(({ envelope }) => envelope));
  const h = await new EngineHarness(DERIVE_OPTIONS, { engine }).start();
  engine.importAsHead(...makeChain(at(20), TIP, 'other').map(({ envelope }) => envelope));
  h.actor.requestReset(new NodeError('DERIVE_L1_REORG', 'test', { severity: 'reset' }));
  await h.settle();
  expect(engine.head).toEqual(at(TIP));
  expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 2 });
  // It still has the blocks: none is given to it.
  expect(engine.calls.filter(({ method }) => method === 'newPayload')).toEqual([]);
  h.stop.abort();
});

it('an execution layer that holds our head loses nothing by a reset', async () => {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.map(({ envelope }) => envelope));
  const h = await new EngineHarness(DERIVE_OPTIONS, { engine }).start();
  h.actor.requestReset(new NodeError('DERIVE_L1_REORG', 'test', { severity: 'reset' }));
  await h.settle();
  expect(h.heads).toMatchObject({ unsafe: at(TIP), resetEpoch: 2 });
  expect(h.log.find('Execution layer lost our unsafe head')).toEqual([]);
  h.stop.abort();
});

it('an execution layer in its first own sync has lost nothing', async () => {
  const options = { ...DERIVE_OPTIONS, syncMode: 'execution-layer' } as const;
  const h = await new EngineHarness(options).start();
  h.actor.addUnsafePayload(block(9).envelope);
  await h.settle();
  expect(h.heads).toMatchObject({ elSync: 'started', unsafe: at(9), resetEpoch: 1 });
  h.actor.addUnsafePayload(block(10).envelope);
  await h.settle();
  expect(h.heads).toMatchObject({ unsafe: at(10), resetEpoch: 1 });
  expect(h.log.find('Deriver system is resetting')).toEqual([]);
  h.stop.abort();
});

it('an execution layer that holds our head and syncs is waited for', async () => {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.map(({ envelope }) => envelope));
  const h = await new EngineHarness(DERIVE_OPTIONS, { engine }).start();
  engine.answerNext('forkchoiceUpdated', SYNCING);
  expect(await h.actor.build(childOf(at(TIP)), h.signal)).toMatchObject({
    value: { kind: 'unavailable', error: { code: 'ENGINE_EL_SYNCING' } },
  });
  expect(h.heads.resetEpoch).toBe(1);
  h.stop.abort();
});
