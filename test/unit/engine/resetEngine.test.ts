import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { BlockId, L2BlockRef } from '../../../src/types/block.js';
import { blockId, isZeroRef } from '../../../src/types/block.js';
import {
  DERIVE_OPTIONS,
  EngineHarness,
  FakeL1,
  followTarget,
} from '../../support/engineHarness.js';
import { FakeEngine } from '../../support/fakeEngine.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, l1Block, makeChain } from '../../support/l2Chain.js';
import { MemorySafeHeads } from '../../support/memorySafeHeads.js';

const chain = makeChain(GENESIS_REF, 60);
const at = (number: number): L2BlockRef => (chain[number - 1] as MadeBlock).ref;
const WHY = new NodeError('ENGINE_FORKCHOICE_INCONSISTENT', 'test', { severity: 'reset' });

let h: EngineHarness;
afterEach(() => h.stop.abort());

function engineAt(tip: number, labels: { safe?: number; finalized?: number } = {}): FakeEngine {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.slice(0, tip).map((b) => b.envelope));
  if (labels.safe !== undefined) engine.safeHash = at(labels.safe).hash;
  if (labels.finalized !== undefined) engine.finalizedHash = at(labels.finalized).hash;
  return engine;
}

class Recorder extends MemorySafeHeads {
  readonly events: string[] = [];

  override async safeHeadUpdated(safe: L2BlockRef, l1: BlockId): Promise<void> {
    this.events.push(`updated ${safe.number} at ${l1.number}`);
    await super.safeHeadUpdated(safe, l1);
  }

  override async safeHeadReset(safe: L2BlockRef): Promise<void> {
    this.events.push(`reset ${isZeroRef(safe) ? 'all' : safe.number}`);
    await super.safeHeadReset(safe);
  }

  /** Entries as if the blocks had become safe with the L1 blocks of the same numbers. */
  static of(...refs: readonly L2BlockRef[]): Recorder {
    const recorder = new Recorder();
    recorder.entries = refs.map((ref) => ({
      l1Block: blockId(l1Block(ref.number)),
      safeHead: blockId(ref),
    }));
    return recorder;
  }
}

describe('start while following', () => {
  it('takes the labels as they are, with pending safe unknown, and sends nothing', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50, { safe: 40, finalized: 30 }) }).start();
    const { unsafe, crossUnsafe, localSafe, safe, finalized, pendingSafe } = h.heads;
    expect([unsafe, crossUnsafe]).toEqual([at(50), at(50)]);
    expect([localSafe, safe, finalized]).toEqual([at(40), at(40), at(30)]);
    expect(isZeroRef(pendingSafe)).toBe(true);
    expect(h.heads).toMatchObject({ isFinalizedProven: true, resetEpoch: 1, elSync: 'none' });
    expect(h.engine.calls).toEqual([]);
    expect(h.log.find('Loaded current L2 heads')).toHaveLength(1);
  });

  it('takes genesis for missing labels', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50) }).start();
    expect([h.heads.safe, h.heads.finalized]).toEqual([GENESIS_REF, GENESIS_REF]);
  });

  it('works without an L1', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50), l1: null }).start();
    expect(h.heads.unsafe).toEqual(at(50));
    await h.actor.follow(followTarget(at(20)), h.signal);
    expect(h.heads.safe).toEqual(at(20));
  });

  it('tries again until the execution layer answers', async () => {
    h = new EngineHarness({}, { engine: engineAt(50) });
    const down = new NodeError('TRANSPORT_FAILED', 'refused', { severity: 'temporary' });
    h.engine.failNext('read', down, 2);
    await h.start();
    expect(h.heads.resetEpoch).toBe(0);
    const queued = h.actor.follow(followTarget(at(20)), h.signal);
    await h.clock.advance(1_000);
    expect(await queued).toMatchObject({ kind: 'ok' });
    expect(h.log.find('Failed to find the L2 heads to start from')).toHaveLength(2);
  });

  it('waits as long after the first failure of a later reset as of the first', async () => {
    h = new EngineHarness({}, { engine: engineAt(50) });
    const down = new NodeError('TRANSPORT_FAILED', 'refused', { severity: 'temporary' });
    h.engine.failNext('read', down, 3);
    await h.start();
    await h.clock.advance(5_000);
    expect(h.heads.resetEpoch).toBe(1);
    h.engine.rewind(40n);
    h.engine.failNext('read', down);
    h.actor.requestReset(WHY);
    await h.settle();
    const delays = h.log
      .find('Failed to find the L2 heads to start from')
      .map((line) => line.fields.delayMs as number);
    expect(delays[2]).toBeGreaterThan(delays[0] as number);
    expect(delays[3]).toBe(delays[0]);
  });

  it('ends the node where finding its heads is a bug', async () => {
    h = new EngineHarness({}, { engine: engineAt(50) });
    h.engine.failNext('read', new TypeError('a bug'));
    await h.start();
    expect(h.failure).toMatchObject({ code: 'UNEXPECTED', severity: 'critical' });
  });

  it('recovers from labels above a rewound chain', async () => {
    const engine = engineAt(50, { safe: 40, finalized: 30 });
    engine.setHead(at(20).hash);
    h = await new EngineHarness({ offsetElSafeSec: 4 }, { engine }).start();
    expect([h.heads.unsafe, h.heads.safe, h.heads.finalized]).toEqual([at(20), at(18), at(18)]);
    expect(h.heads.isFinalizedProven).toBe(false);
  });
});

describe('start in execution-layer mode', () => {
  const options = { syncMode: 'execution-layer' } as const;

  it('leaves unknown labels unknown and waits for the sync to start', async () => {
    h = await new EngineHarness(options).start();
    expect(h.heads.unsafe).toEqual(GENESIS_REF);
    expect([isZeroRef(h.heads.safe), isZeroRef(h.heads.finalized)]).toEqual([true, true]);
    expect(h.heads.elSync).toBe('willStart');
    expect(h.engine.calls).toEqual([]);
    expect(h.log.find('Loaded current L2 heads')).toHaveLength(1);
  });

  it('leaves the labels alone for derivation too: there is nothing to reset yet', async () => {
    const derive = { ...DERIVE_OPTIONS, syncMode: 'execution-layer' } as const;
    h = await new EngineHarness(derive).start();
    expect(h.heads.elSync).toBe('willStart');
    expect(h.log.messages('warn')).toEqual([]);
  });

  it('takes a finalized block at the tip as proven', async () => {
    const engine = engineAt(50, { safe: 50, finalized: 50 });
    h = await new EngineHarness({ ...options, engineKind: 'reth' }, { engine }).start();
    expect(h.heads).toMatchObject({ finalized: at(50), isFinalizedProven: true });
  });

  it('skips the sync of a geth that has a finalized block', async () => {
    const engine = engineAt(50, { safe: 40, finalized: 30 });
    h = await new EngineHarness(options, { engine }).start();
    expect(h.heads.elSync).toBe('finished');
    expect(h.heads.safe).toEqual(at(40));
  });

  it.each(['reth', 'erigon'] as const)('keeps the sync of %s open', async (engineKind) => {
    const engine = engineAt(50, { safe: 40, finalized: 30 });
    h = await new EngineHarness({ ...options, engineKind }, { engine }).start();
    expect(h.heads.elSync).toBe('willStart');
  });

  it('puts a reset off while the sync runs', async () => {
    h = await new EngineHarness(options).start();
    h.engine.serve(...chain.map((b) => b.envelope));
    await h.actor.follow(followTarget(at(50)), h.signal);
    const sent = h.engine.forkchoices.length;
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.engine.forkchoices).toHaveLength(sent);
    expect(h.engine.syncTarget).toBe(at(50).hash);
  });
});

describe('safe-head records at the end of the sync of the execution layer', () => {
  const other = makeChain(at(20), 30, 'other').map((b) => b.ref);
  const left = (number: number): L2BlockRef => other[number - 21] as L2BlockRef;
  /** The execution layer has finalized nothing, has all blocks up to 50, and gets the next one. */
  async function synced(safeHeads: MemorySafeHeads, offsetElSafeSec = 20): Promise<void> {
    const options = { ...DERIVE_OPTIONS, syncMode: 'execution-layer', offsetElSafeSec } as const;
    h = await new EngineHarness(options, { engine: engineAt(50, {}), safeHeads }).start();
    h.actor.addUnsafePayload((chain[50] as MadeBlock).envelope);
    await h.settle();
    expect(h.heads).toMatchObject({ elSync: 'finished', unsafe: at(51) });
  }

  it('are all kept, and derivation goes on from the newest, where that is on the synced chain', async () => {
    const safeHeads = Recorder.of(at(5), at(10), at(15));
    const { entries } = safeHeads;
    await synced(safeHeads);
    expect(h.heads.safe.number).toBeLessThanOrEqual(15n);
    expect(h.engine.forkchoices[0]).toMatchObject({ safeBlockHash: at(15).hash });
    expect(safeHeads.events).not.toContain('reset all');
    expect(entries.slice(0, -1)).toEqual(safeHeads.entries.slice(0, 2));
  });

  it('are cut at the one near the offset where only later ones have left it', async () => {
    const safeHeads = Recorder.of(at(10), at(20), at(42), left(45));
    await synced(safeHeads);
    expect(safeHeads.events[0]).toBe('reset 42');
    expect(h.engine.forkchoices[0]).toMatchObject({ safeBlockHash: at(42).hash });
  });

  it('are dropped where the one near the offset has left it as well', async () => {
    const safeHeads = Recorder.of(at(10), left(25), left(40));
    await synced(safeHeads, 60);
    expect(safeHeads.events[0]).toBe('reset all');
    expect(h.engine.forkchoices[0]).toMatchObject({ safeBlockHash: at(21).hash });
  });

  it('are dropped where they cannot be read', async () => {
    const safeHeads = Recorder.of(at(10));
    let isBroken = true;
    safeHeads.lastEntry = async () => {
      if (!isBroken) return null;
      isBroken = false;
      throw new Error('bad page');
    };
    await synced(safeHeads);
    expect(safeHeads.events[0]).toBe('reset all');
    expect(h.log.messages('warn')).toContain('Clearing safe head db after EL sync');
  });
});

describe('start and reset for derivation', () => {
  it('finds the forkchoice, sends it, and truncates the safe-head records', async () => {
    const safeHeads = new Recorder();
    const engine = engineAt(60, { safe: 55, finalized: 3 });
    h = await new EngineHarness(DERIVE_OPTIONS, { engine, safeHeads }).start();
    expect(h.heads.safe).toEqual(at(26));
    expect(h.heads.pendingSafe).toEqual(at(26));
    expect(h.engine.forkchoices).toEqual([
      {
        headBlockHash: at(60).hash,
        safeBlockHash: at(26).hash,
        finalizedBlockHash: at(3).hash,
      },
    ]);
    expect(safeHeads.events).toEqual(['reset 26']);
  });

  it('records genesis at L1 block 0 where the reset reaches it', async () => {
    const safeHeads = new Recorder();
    h = await new EngineHarness(DERIVE_OPTIONS, { safeHeads }).start();
    expect(safeHeads.events).toEqual(['reset 0', 'updated 0 at 0']);
  });

  it('drops all safe-head records where the safe head is beyond the newest of them', async () => {
    const safeHeads = Recorder.of(at(10), at(20));
    const engine = engineAt(60, { safe: 55, finalized: 22 });
    h = await new EngineHarness(DERIVE_OPTIONS, { engine, safeHeads }).start();
    expect(h.heads.safe.number).toBeGreaterThan(20n);
    expect(safeHeads.events.slice(0, 1)).toEqual(['reset all']);
    expect(safeHeads.entries).toEqual([]);
  });

  it('resets on request, once, and clears what derivation had queued', async () => {
    const engine = engineAt(60, { safe: 55, finalized: 3 });
    h = new EngineHarness(DERIVE_OPTIONS, { engine });
    const queued = h.actor.synchronize(h.signal);
    h.actor.requestReset(WHY);
    h.actor.requestReset(WHY);
    expect(await queued).toEqual({ kind: 'superseded' });
    await h.start();
    await h.settle();
    expect(h.heads.resetEpoch).toBe(2);
    expect(h.metrics.value('engine_resets_total')).toBe(1);
    expect(isZeroRef(h.heads.currentL1)).toBe(true);
  });

  it('finds the forkchoice by L1 once the sync of the execution layer is over', async () => {
    h = await new EngineHarness({ ...DERIVE_OPTIONS, syncMode: 'execution-layer' }).start();
    for (const { envelope } of chain.slice(0, 5)) h.actor.addUnsafePayload(envelope);
    await h.settle();
    expect(h.heads.elSync).toBe('finished');
    expect(h.heads.resetEpoch).toBe(2);
    expect(h.heads.unsafe).toEqual(at(5));
  });
});

describe('reset of a deriving node', () => {
  it('keeps the proven finalized block although the execution layer lost its label', async () => {
    const engine = engineAt(60, { safe: 55, finalized: 3 });
    h = await new EngineHarness(DERIVE_OPTIONS, { engine }).start();
    await h.actor.finalize(at(20), h.signal);
    expect(h.heads.finalized).toEqual(at(20));
    h.engine.finalizedHash = null;
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.heads).toMatchObject({ finalized: at(20), isFinalizedProven: true, resetEpoch: 2 });
  });
});

describe('reset while following', () => {
  it('goes by the labels where the execution layer does not take our heads', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50, { safe: 40, finalized: 30 }) }).start();
    const inconsistent = new RpcError('fcu', -38002, 'Invalid forkchoice state', undefined);
    h.engine.failNext('forkchoiceUpdated', inconsistent);
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.heads).toMatchObject({ safe: at(40), finalized: at(30), resetEpoch: 2 });
    expect(h.engine.forkchoices).toHaveLength(2);
    expect(h.failure).toBeNull();
  });

  it('gives up an unproven finalized block with the chain that it was on', async () => {
    const engine = engineAt(50, { safe: 40, finalized: 30 });
    engine.setHead(at(20).hash);
    h = await new EngineHarness({ offsetElSafeSec: 4 }, { engine }).start();
    expect(h.heads).toMatchObject({ finalized: at(18), isFinalizedProven: false });
    const other = makeChain(at(10), 40, 'other');
    engine.rewind(10n);
    engine.importAsHead(...other.map((b) => b.envelope));
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.heads).toMatchObject({ unsafe: other.at(-1)?.ref, finalized: GENESIS_REF });
    expect(h.heads.resetEpoch).toBe(2);
  });

  it('keeps our heads although the execution layer lost its labels in a restart', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50, { safe: 10, finalized: 5 }) }).start();
    const target = followTarget(at(40), { finalized: at(30), currentL1: l1Block(12n) });
    await h.actor.follow(target, h.signal);
    h.engine.safeHash = at(5).hash;
    h.engine.finalizedHash = at(5).hash;
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.heads.resetEpoch).toBe(2);
    expect([h.heads.safe, h.heads.finalized]).toEqual([at(40), at(30)]);
    expect(h.heads.currentL1).toEqual(l1Block(12n));
    expect(h.engine.safeHash).toBe(at(40).hash);
  });

  it('goes down with an execution layer that lost its blocks, and L1 progress with it', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50, { safe: 10, finalized: 5 }) }).start();
    const target = followTarget(at(40), { finalized: at(30), currentL1: l1Block(12n) });
    await h.actor.follow(target, h.signal);
    h.engine.rewind(20n);
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.heads.unsafe).toEqual(at(20));
    expect(h.heads.finalized.number).toBeLessThanOrEqual(20);
    expect(isZeroRef(h.heads.currentL1)).toBe(true);
  });

  describe('of a node that sequences', () => {
    const OPTIONS = { startFrom: 'l1Walk' } as const;

    it('keeps the followed heads although the walk over L1 origins ends below them', async () => {
      const engine = engineAt(50, { safe: 10, finalized: 5 });
      h = await new EngineHarness(OPTIONS, { engine }).start();
      await h.actor.follow(followTarget(at(40), { currentL1: l1Block(12n) }), h.signal);
      h.actor.requestReset(WHY);
      await h.settle();
      expect([h.heads.resetEpoch, h.heads.unsafe]).toEqual([2, at(50)]);
      expect([h.heads.localSafe, h.heads.safe]).toEqual([at(40), at(40)]);
      expect(h.heads.currentL1).toEqual(l1Block(12n));
    });

    it('goes below them where their L1 origins are gone, and says nothing of L1 until followed again', async () => {
      const engine = engineAt(50, { safe: 10, finalized: 5 });
      h = await new EngineHarness(OPTIONS, { engine }).start();
      await h.actor.follow(followTarget(at(40), { currentL1: l1Block(12n) }), h.signal);
      const { number: from } = at(30).l1Origin;
      for (let number = from; number < 20n; number += 1n) h.l1.forks.set(number, 'reorg');
      h.actor.requestReset(WHY);
      await h.settle();
      expect(h.heads.resetEpoch).toBe(2);
      expect(h.heads.unsafe.number).toBeLessThan(30n);
      expect(h.heads.safe.number).toBeLessThanOrEqual(Number(h.heads.unsafe.number));
      expect(isZeroRef(h.heads.currentL1)).toBe(true);
    });
  });

  it('keeps safe and finalized where the execution layer lost blocks above them only', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50, { safe: 10, finalized: 5 }) }).start();
    const target = followTarget(at(40), { finalized: at(30) });
    await h.actor.follow(target, h.signal);
    h.engine.rewind(45n);
    h.engine.safeHash = at(5).hash;
    h.engine.finalizedHash = at(5).hash;
    h.actor.requestReset(WHY);
    await h.settle();
    expect([h.heads.unsafe, h.heads.safe, h.heads.finalized]).toEqual([at(45), at(40), at(30)]);
    expect(h.heads.resetEpoch).toBe(2);
  });

  it('calls an execution layer back that left our chain but still holds it', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50, { safe: 40, finalized: 30 }) }).start();
    const other = makeChain(at(20), 40, 'other');
    h.engine.importAsHead(...other.map((b) => b.envelope));
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.engine.head).toEqual(at(50));
    expect([h.heads.unsafe, h.heads.finalized]).toEqual([at(50), at(30)]);
    expect(h.heads.resetEpoch).toBe(2);
  });

  it('takes no chain that lacks our proven finalized block', async () => {
    h = await new EngineHarness({}, { engine: engineAt(50, { safe: 40, finalized: 30 }) }).start();
    const other = makeChain(at(20), 40, 'other');
    h.engine.rewind(20n);
    h.engine.importAsHead(...other.map((b) => b.envelope));
    h.actor.requestReset(WHY);
    await h.settle();
    expect([h.heads.unsafe, h.heads.finalized]).toEqual([at(50), at(30)]);
    expect(h.heads.resetEpoch).toBe(1);
    expect(h.log.lines.some((l) => l.fields.code === 'ENGINE_FINALIZED_CONFLICT')).toBe(true);
  });
});

describe('a reset that is asked for while another runs', () => {
  it('is that one: the heads are found once, and again only for who asks after it', async () => {
    const l1 = new FakeL1();
    h = await new EngineHarness(DERIVE_OPTIONS, { engine: engineAt(50), l1 }).start();
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const read = l1.l1BlockRefByHash.bind(l1);
    const byNumber = l1.l1BlockRefByNumber.bind(l1);
    l1.l1BlockRefByNumber = async (number) => {
      await held;
      return byNumber(number);
    };
    l1.l1BlockRefByHash = async (hash) => {
      await held;
      return read(hash);
    };
    h.actor.requestReset(WHY);
    await h.settle();
    const meanwhile = h.actor.synchronize(h.signal);
    h.actor.requestReset(WHY);
    h.actor.requestReset(WHY);
    expect(await meanwhile).toEqual({ kind: 'superseded' });
    expect(h.heads.resetEpoch).toBe(1);
    letGo();
    await h.settle();
    expect(h.heads.resetEpoch).toBe(2);
    expect(h.log.find('Deriver system is resetting')).toHaveLength(1);
    expect(h.metrics.value('engine_resets_total')).toBe(1);
    expect(await h.actor.synchronize(h.signal)).toMatchObject({ kind: 'ok' });
    h.actor.requestReset(WHY);
    await h.settle();
    expect(h.heads.resetEpoch).toBe(3);
  });
});
