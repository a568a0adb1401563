import { describe, expect, it } from 'vitest';
import { StrictBatchStage } from '../../../../src/derive/stages/strictBatchStage.js';
import {
  deriveConfig,
  l1Block,
  l2Block,
  NEVER,
  numberedHash,
} from '../../../support/deriveFakes.js';
import { legacyTx } from '../../../support/deriveL2.js';
import { BatchStageRig, singularOf, spanOf, spanRange } from '../../../support/deriveStageRig.js';
import { NO_TURN } from '../../../support/sliced.js';

const tx = Uint8Array.of(2, 0xc0);

describe.each(['queue', 'strict'] as const)('batch stage before/from Holocene: %s', (kind) => {
  it('hands out singular batches in order', async () => {
    const rig = new BatchStageRig(kind);
    rig.enter(11);
    rig.previous.push(singularOf(1), singularOf(2));
    expect(await rig.drain()).toEqual(['1 on 10 txs 0 *', '2 on 10 txs 0 *']);
  });

  it('reads past batches from before the safe head', async () => {
    const rig = new BatchStageRig(kind, { safe: 8 });
    rig.stage.reset(l1Block(9));
    rig.enter(9);
    rig.previous.push(singularOf(9));
    expect(await rig.drain()).toEqual([]);
    rig.enter(10);
    expect(await rig.drain()).toEqual([]);
    rig.enter(11);
    expect(await rig.drain()).toEqual([]);
    rig.enter(12);
    rig.previous.push(singularOf(9));
    expect(await rig.drain()).toEqual(['9 on 11 txs 0 *']);
  });

  it('makes empty blocks for an epoch whose window has expired, until the next epoch is due', async () => {
    const rig = new BatchStageRig(kind, { seqWindowSize: 3n });
    for (const l1Number of [11, 12]) {
      rig.enter(l1Number);
      expect(await rig.drain()).toEqual([]);
    }
    rig.enter(13);
    // L1 blocks are 12 seconds apart: five blocks of 2 seconds before the next.
    expect(await rig.drain()).toEqual([1, 2, 3, 4, 5].map((n) => `${n} on 10 txs 0 *`));
    expect(rig.observer.notes).toHaveLength(5);
    expect(rig.observer.notes[0]).toMatchObject({
      message: 'Generating next batch',
      fields: { epoch: { number: 10n }, parent: { number: 0n } },
    });
    rig.enter(14);
    expect(await rig.drain()).toEqual([6, 7, 8, 9, 10, 11].map((n) => `${n} on 11 txs 0 *`));
  });

  it('prefers what the last L1 block of the window brings to empty blocks', async () => {
    const rig = new BatchStageRig(kind, { seqWindowSize: 3n });
    for (const l1Number of [11, 12]) {
      rig.enter(l1Number);
      expect(await rig.drain()).toEqual([]);
    }
    rig.enter(13);
    const old = singularOf(0);
    rig.previous.push(
      old,
      singularOf(1, { transactions: [tx] }),
      old,
      singularOf(2, { transactions: [tx] }),
    );
    expect(await rig.drain()).toEqual([
      '1 on 10 txs 1 *',
      '2 on 10 txs 1 *',
      ...[3, 4, 5].map((n) => `${n} on 10 txs 0 *`),
    ]);
  });

  it('makes one block of an epoch even when the next is due already', async () => {
    const rig = new BatchStageRig(kind, { safe: 0, seqWindowSize: 2n });
    rig.safeHead = l2Block(3, { timestamp: 1050n, l1Origin: l1Block(10) });
    rig.stage.reset(l1Block(10));
    const made: string[] = [];
    for (const l1Number of [11, 12, 13, 14]) {
      rig.enter(l1Number);
      made.push(...(await rig.drain()));
    }
    expect(made).toEqual(['4 on 11 txs 0 *', '5 on 12 txs 0 *']);
  });

  it('keeps a span batch that it could not judge, and goes on after the failure', async () => {
    const rig = new BatchStageRig(kind, { safe: 2 });
    rig.enter(11);
    rig.previous.push(spanRange(1, 4));
    rig.l2Failure = new Error('down');
    await expect(rig.stage.nextBatch(rig.safeHead, NEVER)).rejects.toThrow('down');
    await expect(rig.stage.nextBatch(rig.safeHead, NEVER)).rejects.toThrow('down');
    rig.l2Failure = null;
    rig.lost.add(2n);
    const lost = { code: 'DERIVE_L2_UNAVAILABLE', severity: 'temporary' };
    await expect(rig.stage.nextBatch(rig.safeHead, NEVER)).rejects.toMatchObject(lost);
    rig.lost.clear();
    const all = kind === 'strict' ? ' *' : '';
    expect(await rig.drain()).toEqual([`3 on 10 txs 0${all}`, '4 on 10 txs 0 *']);
    expect(rig.observer.drops).toEqual([]);
  });

  it('reads each safe block once, however many span batches reach back over it and whatever fails', async () => {
    const rig = new BatchStageRig(kind, { safe: 5 });
    for (const l1Number of [11, 12]) {
      rig.enter(l1Number);
      await rig.drain();
    }
    rig.previous.push(spanRange(1, 6), spanRange(1, 7), spanRange(2, 8));
    rig.lost.add(3n);
    await expect(rig.stage.nextBatch(rig.safeHead, NEVER)).rejects.toThrow();
    expect(rig.read).toEqual([5n, 4n, 3n]);
    rig.lost.clear();
    expect(await rig.drain()).toHaveLength(3);
    expect(rig.read).toEqual([5n, 4n, 3n, 3n, 2n, 1n, 6n, 7n]);
  });

  it('asks for a reset when the safe head is on another L1 chain', async () => {
    const rig = new BatchStageRig(kind);
    rig.enter(11);
    rig.safeHead = l2Block(0, { l1Origin: { number: 10n, hash: numberedHash(10, 'c') } });
    rig.previous.push(singularOf(1));
    await expect(rig.stage.nextBatch(rig.safeHead, NEVER)).rejects.toMatchObject({
      code: 'DERIVE_ORIGIN_MISMATCH',
      severity: 'reset',
    });
  });
});

describe('BatchQueue', () => {
  it('keeps early batches until their turn and drops those that are wrong by then', async () => {
    const rig = new BatchStageRig('queue');
    rig.enter(11);
    rig.previous.push(singularOf(3), singularOf(2), singularOf(2, { transactions: [tx] }));
    expect(await rig.drain()).toEqual([]);
    rig.previous.push(singularOf(1));
    expect(await rig.drain()).toEqual([1, 2, 3].map((n) => `${n} on 10 txs 0 *`));
    expect(rig.observer.drops).toEqual(['Dropping batch: past batch']);
    expect(rig.observer.notes[0]).toMatchObject({
      message: 'Found next batch',
      fields: { batch_type: 'SingularBatch', txs: 0 },
    });
  });

  it('takes the first of two batches for the same block', async () => {
    const rig = new BatchStageRig('queue');
    rig.enter(11);
    rig.previous.push(singularOf(2), singularOf(2, { transactions: [tx] }), singularOf(1));
    expect(await rig.drain()).toEqual(['1 on 10 txs 0 *', '2 on 10 txs 0 *']);
  });

  it('concludes a span batch with its last block only', async () => {
    const rig = new BatchStageRig('queue');
    rig.enter(11);
    rig.previous.push(spanRange(1, 3));
    expect(await rig.drain()).toEqual(['1 on 10 txs 0', '2 on 10 txs 0', '3 on 10 txs 0 *']);
  });

  it.each(['queue', 'strict'] as const)(
    'shows what comes next of an open span batch, and changes nothing: %s',
    async (kind) => {
      const rig = new BatchStageRig(kind);
      rig.enter(11);
      rig.previous.push(spanRange(1, 3), singularOf(4));
      expect(rig.stage.peek(l2Block(0))).toBeNull();
      await rig.pull();
      // Not of a block that it would not be handed out for.
      expect(rig.stage.peek(l2Block(0))).toBeNull();
      const shown = rig.stage.peek(l2Block(1));
      expect(shown).toMatchObject({ parentHash: l2Block(1).hash, timestamp: l2Block(2).timestamp });
      const next = await rig.stage.nextBatch(l2Block(1), NEVER);
      expect(typeof next === 'string' ? next : next.batch).toBe(shown);
      rig.safeHead = l2Block(2);
      rig.stage.peek(l2Block(2));
      await rig.pull();
      // What must be read first is not told.
      expect(rig.stage.peek(l2Block(3))).toBeNull();
      expect(await rig.pull()).toMatchObject({ block: '4 on 10 txs 0' });
    },
  );

  it.each(['queue', 'strict'] as const)(
    'shows what comes next of the channel: %s',
    async (kind) => {
      const rig = new BatchStageRig(kind);
      rig.enter(11);
      const batches = [1, 2, 3].map((number) => singularOf(number));
      rig.previous.push(...batches);
      rig.previous.peek = () => batches[Number(rig.safeHead.number)] ?? null;
      await rig.pull();
      expect(rig.stage.peek(l2Block(1))).toBe(batches[1]);
      expect(rig.stage.peek(l2Block(1, { hash: l2Block(7).hash }))).toBeNull();
      expect(rig.stage.peek(l2Block(1, { timestamp: 9_999n }))).toBeNull();
      expect(await rig.drain()).toHaveLength(2);
    },
  );

  it('tells nothing where batches wait that are early', async () => {
    const rig = new BatchStageRig('queue');
    rig.enter(11);
    rig.previous.push(singularOf(1), singularOf(3));
    rig.previous.peek = () => singularOf(2);
    await rig.pull();
    expect(rig.stage.peek(l2Block(1))).toEqual(singularOf(2));
    await rig.drain();
    expect(rig.stage.peek(l2Block(1))).toBeNull();
  });

  it('drops the rest of a span batch when its last block was not applied', async () => {
    const rig = new BatchStageRig('queue');
    rig.enter(11);
    rig.previous.push(spanRange(1, 3));
    await rig.pull();
    rig.safeHead = l2Block(0);
    expect(await rig.drain()).toEqual([]);
  });

  it('drops a span batch with one invalid block as a whole', async () => {
    const rig = new BatchStageRig('queue');
    rig.enter(11);
    rig.previous.push(
      spanOf([singularOf(1), singularOf(2, { epochNumber: 11n, epochHash: l1Block(11).hash })]),
    );
    expect(await rig.drain()).toEqual([]);
    expect(rig.observer.drops).toEqual(['Dropping batch: before its L1 origin']);
  });

  it('waits for L1 where a batch cannot be judged yet', async () => {
    const rig = new BatchStageRig('queue', { safe: 5 });
    rig.previous.push(singularOf(6));
    expect(await rig.drain()).toEqual([]);
    rig.enter(11);
    expect(await rig.drain()).toEqual(['6 on 11 txs 0 *']);
  });

  it('must not be flushed', () => {
    expect(() => new BatchStageRig('queue').stage.flush()).toThrow(
      expect.objectContaining({ code: 'DERIVE_INVARIANT' }),
    );
  });
});

describe('StrictBatchStage', () => {
  it('flushes the channel at an invalid batch, but not at an old one', async () => {
    const rig = new BatchStageRig('strict', { safe: 2 });
    rig.enter(11);
    rig.previous.push(singularOf(1), singularOf(3), singularOf(5), singularOf(4));
    expect(await rig.drain()).toEqual(['3 on 10 txs 0 *', '4 on 10 txs 0 *']);
    expect(rig.observer.drops).toEqual([
      'Dropping past singular batch: past batch',
      'Dropping invalid singular batch, flushing channel: future batch',
    ]);
    expect(rig.previous.flushed).toBe(1);
  });

  it('concludes each block of a span batch', async () => {
    const rig = new BatchStageRig('strict');
    rig.enter(11);
    rig.previous.push(spanRange(1, 2));
    expect(await rig.drain()).toEqual(['1 on 10 txs 0 *', '2 on 10 txs 0 *']);
    expect(rig.observer.notes).toEqual([
      {
        message: 'Found next valid span batch',
        fields: expect.objectContaining({ batch_type: 'SpanBatch', block_count: 2, txs: 0 }),
      },
    ]);
  });

  it('keeps the valid blocks of a span batch before its first invalid one', async () => {
    const rig = new BatchStageRig('strict');
    rig.enter(11);
    const early = { epochNumber: 11n, epochHash: l1Block(11).hash };
    rig.previous.push(spanOf([singularOf(1), singularOf(2, early), singularOf(3, early)]));
    expect(await rig.drain()).toEqual(['1 on 10 txs 0 *']);
    expect(rig.observer.drops).toEqual([
      'Dropping invalid singular batch, flushing channel: before its L1 origin',
    ]);
    expect(rig.previous.flushed).toBe(1);
  });

  it('drops a span batch with a bad prefix and flushes its channel; an old one without', async () => {
    const rig = new BatchStageRig('strict', { safe: 3 });
    rig.enter(11);
    rig.previous.push(spanRange(1, 3));
    expect(await rig.drain()).toEqual([]);
    expect(rig.previous.flushed).toBe(0);
    rig.previous.push(spanOf([singularOf(4, { parentHash: numberedHash(1n << 200n, 'b') })]));
    expect(await rig.drain()).toEqual([]);
    expect(rig.observer.drops).toEqual([
      'Dropping past span batch: past batch',
      'Dropping invalid span batch, flushing channel: parent hash',
    ]);
    expect(rig.previous.flushed).toBe(1);
  });

  it('drops a span batch that reaches beyond the known L1 blocks, without a flush', async () => {
    const rig = new BatchStageRig('strict', { safe: 3 });
    rig.enter(11);
    rig.previous.push(spanRange(4, 13));
    expect(await rig.drain()).toEqual([]);
    expect(rig.observer.drops).toEqual(['Undecided span batch: more L1 blocks needed']);
    expect(rig.previous.flushed).toBe(0);
  });

  it('drops a span batch whose new blocks go back behind the safe head, at once', async () => {
    const rig = new BatchStageRig('strict', { safe: 8 });
    rig.stage.reset(l1Block(10));
    for (const l1Number of [10, 11, 12]) {
      rig.enter(l1Number);
      await rig.drain();
    }
    const back = { epochNumber: 10n, epochHash: l1Block(10).hash };
    const blocks = [5, 6, 7, 8, 9].map((number) => singularOf(number, back));
    rig.previous.push(
      spanOf([...blocks, singularOf(10, { epochNumber: 11n, epochHash: l1Block(11).hash })]),
    );
    expect(await rig.drain()).toEqual([]);
    expect(rig.observer.drops).toEqual([
      'Dropping invalid span batch, flushing channel: overlapped origin',
    ]);
    expect(rig.previous.flushed).toBe(1);
  });

  it('compares what is safe already before it hands out what is new, and flushes the channel at a difference', async () => {
    const legacy = legacyTx();
    const rig = new BatchStageRig('strict', { safe: 3 });
    rig.enter(11);
    rig.safeTransactions.set(2n, [legacy]);
    const sameAsSafe = [1, 2, 3, 4].map((number) =>
      singularOf(number, { transactions: number === 2 ? [legacy] : [] }),
    );
    rig.previous.push(spanRange(1, 4), spanOf(sameAsSafe), spanRange(2, 5), singularOf(5));
    // Block 2 was replaced, or is of another batch: what the first and the third batch say of later ones is void.
    expect(await rig.drain()).toEqual(['4 on 10 txs 0 *', '5 on 10 txs 0 *']);
    expect(rig.observer.drops).toEqual([
      'Dropping invalid span batch, flushing channel: overlapped transaction count',
      'Dropping invalid span batch, flushing channel: overlapped transaction count',
    ]);
    expect(rig.previous.flushed).toBe(2);
  });

  it('drops the open span batch when flushed', async () => {
    const rig = new BatchStageRig('strict');
    rig.enter(11);
    rig.previous.push(spanRange(1, 3));
    await rig.pull();
    rig.stage.flush();
    expect(await rig.drain()).toEqual([]);
  });

  it('goes on with the L1 blocks that the batch queue has seen', async () => {
    const rig = new BatchStageRig('queue');
    rig.enter(11);
    await rig.drain();
    const { previous, observer, stage } = rig;
    const l2 = { l2BlockRefByNumber: async () => null, payloadByNumber: async () => null };
    const deps = { previous, l2, observer, turn: NO_TURN };
    const strict = new StrictBatchStage(deriveConfig(), deps, stage.window);
    rig.enter(12);
    previous.push(singularOf(1));
    expect(await strict.nextBatch(l2Block(0), NEVER)).toMatchObject({ concluding: true });
    expect(strict.window.l1Blocks).toEqual([l1Block(10), l1Block(11), l1Block(12)]);
  });

  it('is in an impossible state with fewer than two L1 blocks', async () => {
    const rig = new BatchStageRig('strict');
    rig.stage.reset(l1Block(11));
    rig.enter(11);
    await expect(rig.stage.nextBatch(l2Block(0), NEVER)).rejects.toMatchObject({
      code: 'DERIVE_INVARIANT',
      severity: 'critical',
    });
  });
});
