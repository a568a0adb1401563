import { beforeEach, describe, expect, it } from 'vitest';
import type { Vouched } from '../../../../src/follow/blocks/blockFetcher.js';
import { BlockFetcher } from '../../../../src/follow/blocks/blockFetcher.js';
import { FollowMetrics } from '../../../../src/follow/followMetrics.js';
import { decodeL2Ref } from '../../../../src/follow/sources/statusDecoder.js';
import { payloadToBlockRef } from '../../../../src/rollup/l2BlockRef.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import type { ExecutionPayloadEnvelope, PayloadStatusKind } from '../../../../src/types/payload.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeExecutionNode, recordedL2 } from '../../../support/fakeExecutionNode.js';
import { FakeFollowEngine } from '../../../support/fakeFollowEngine.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';
import { at, refsOn } from '../../../support/followWorld.js';
import { recordedConfig } from '../../../support/recordedConfig.js';
import type { Json } from '../../../support/recordedWorld.js';
import { readWorldLines } from '../../../support/recordedWorld.js';

const SIGNAL = new AbortController().signal;
const ANYTHING: Vouched = async () => 'anything';
const CONFIG = recordedConfig('forks');
const REFS = readWorldLines('forks', 'outputs.jsonl.gz').map((line) =>
  decodeL2Ref((line as Json).blockRef, 'blockRef'),
);

function ref(number: number): L2BlockRef {
  const found = REFS[number];
  if (found === undefined) throw new Error(`no recorded block ${number}`);
  return found;
}

let node: FakeExecutionNode;
let engine: FakeFollowEngine;
let clock: FakeClock;
let metrics: FakeMetrics;
let executed: bigint[];
let verdict: PayloadStatusKind;
let fetcher: BlockFetcher;

beforeEach(() => {
  node = new FakeExecutionNode('forks');
  node.tags.latest = 129;
  engine = new FakeFollowEngine();
  clock = new FakeClock();
  metrics = new FakeMetrics();
  executed = [];
  verdict = 'VALID';
  // As the real engine: a block that extends the unsafe head becomes it.
  engine.onPayload = (envelope) => {
    const block = payloadToBlockRef(CONFIG, envelope.executionPayload);
    if (block.parentHash !== engine.heads.get().unsafe.hash) return;
    engine.import(block);
    engine.set({ unsafe: block });
  };
  const newPayload = async (envelope: ExecutionPayloadEnvelope) => {
    executed.push(envelope.executionPayload.blockNumber);
    if (verdict === 'VALID') engine.import(payloadToBlockRef(CONFIG, envelope.executionPayload));
    return { status: verdict, latestValidHash: null, validationError: null };
  };
  fetcher = new BlockFetcher(
    { rpcTimeoutMs: 1_000 },
    { engine, l2: engine, payloads: { newPayload }, clock, metrics: new FollowMetrics(metrics) },
  );
});

/** Our chain is the recorded one up to this height. */
function ourChain(unsafe: number, finalized = 0): void {
  engine.startAt(REFS.slice(0, unsafe + 1), { finalized: ref(finalized) });
}

function inserted(): bigint[] {
  return engine.payloads.map((envelope) => envelope.executionPayload.blockNumber);
}

function numbers(from: number, to: number): bigint[] {
  return Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i));
}

describe('fetching up to a target', () => {
  it('brings a whole chain in from genesis, through every fork, to exactly the target', async () => {
    ourChain(0);
    await fetcher.fetchTo(node.rpc, ref(129), SIGNAL);
    expect(inserted()).toEqual(numbers(1, 129));
    expect(engine.heads.get().unsafe).toEqual(ref(129));
    expect(metrics.value('follow_blocks_inserted_total')).toBe(129);
    expect(executed).toEqual([]);
  });

  it('never has more than one window of blocks under way', async () => {
    ourChain(0);
    const take = engine.onPayload;
    const full = (): number => node.rpc.calls.filter((call) => call.params[1] === true).length;
    const before: number[] = [];
    engine.onPayload = (envelope) => {
      before.push(full() - Number(envelope.executionPayload.blockNumber));
      take(envelope);
    };
    await fetcher.fetchTo(node.rpc, ref(100), SIGNAL);
    expect(Math.max(...before)).toBeLessThan(16);
  });

  it('reads a short gap once, in full', async () => {
    ourChain(100);
    await fetcher.fetchTo(node.rpc, ref(103), SIGNAL);
    expect(inserted()).toEqual(numbers(101, 103));
    expect(node.rpc.calls).toHaveLength(3);
  });

  it('asks nothing for a target that our execution layer has', async () => {
    ourChain(100);
    await fetcher.fetchTo(node.rpc, ref(90), SIGNAL);
    expect(node.rpc.calls).toEqual([]);
  });

  it.each([3, 60])('inserts nothing when a block %i above us links elsewhere', async (gap) => {
    ourChain(40);
    const foreign = recordedL2('adversarial')[42];
    if (foreign === undefined) throw new Error('no block');
    node.replace(42, foreign);
    await expect(fetcher.fetchTo(node.rpc, ref(40 + gap), SIGNAL)).rejects.toMatchObject({
      code: 'FOLLOW_BLOCKS_UNLINKED',
    });
    expect(inserted()).toEqual([]);
  });

  it.each(['input', 'mint', 'sourceHash', 'to', 'gas'])(
    'inserts nothing when the %s of a deposit was changed',
    async (field) => {
      ourChain(40);
      const block = node.block(42);
      const [first, ...rest] = block.transactions;
      const lie =
        field === 'mint' || field === 'gas' ? '0x77' : `${String(first?.[field]).slice(0, -1)}f`;
      const changed = { ...first, [field]: lie } as (typeof rest)[number];
      node.replace(42, { ...block, transactions: [changed, ...rest] });
      await expect(fetcher.fetchTo(node.rpc, ref(44), SIGNAL)).rejects.toMatchObject({
        code: 'ROLLUP_BLOCK_HASH_MISMATCH',
      });
      expect(inserted()).toEqual([]);
    },
  );

  it('inserts nothing of a long gap when one header was changed', async () => {
    ourChain(40);
    node.replace(90, { ...node.block(90), gasUsed: '0x1' } as never);
    await expect(fetcher.fetchTo(node.rpc, ref(120), SIGNAL)).rejects.toMatchObject({
      code: 'ROLLUP_BLOCK_HASH_MISMATCH',
    });
    expect(inserted()).toEqual([]);
  });

  it('stops at a block whose transactions are not those that its linked header names', async () => {
    ourChain(40);
    const block = node.block(60);
    node.replace(60, { ...block, transactions: [...block.transactions, ...block.transactions] });
    await expect(fetcher.fetchTo(node.rpc, ref(100), SIGNAL)).rejects.toMatchObject({
      code: 'ROLLUP_BLOCK_HASH_MISMATCH',
    });
    expect(engine.heads.get().unsafe.number).toBeLessThan(60n);
  });

  it('refuses a target that the block source does not have', async () => {
    ourChain(40);
    node.tags.latest = 43;
    await expect(fetcher.fetchTo(node.rpc, ref(50), SIGNAL)).rejects.toMatchObject({
      code: 'FOLLOW_BLOCK_UNAVAILABLE',
    });
  });

  it('executes blocks beside our unsafe chain without moving our head', async () => {
    const ours = refsOn(ref(100), 8, 'ours');
    engine.startAt([...REFS.slice(0, 101), ...ours], { finalized: ref(90) });
    await fetcher.fetchTo(node.rpc, ref(112), SIGNAL);
    expect(executed).toEqual(numbers(101, 112));
    expect(inserted()).toEqual([]);
    expect(engine.heads.get().unsafe).toEqual(at(ours, 8));
  });

  it('does not go below our finalized head for a fork', async () => {
    const ours = refsOn(ref(100), 8, 'ours');
    engine.startAt([...REFS.slice(0, 101), ...ours], { finalized: at(ours, 2) });
    await expect(fetcher.fetchTo(node.rpc, ref(112), SIGNAL)).rejects.toMatchObject({
      code: 'FOLLOW_BLOCKS_UNLINKED',
    });
    expect(executed).toEqual([]);
  });

  it.each(['INVALID', 'SYNCING', 'ACCEPTED'] as const)(
    'stops when our execution layer answers %s to a block beside our chain',
    async (status) => {
      engine.startAt([...REFS.slice(0, 101), ...refsOn(ref(100), 8, 'ours')], {
        finalized: ref(90),
      });
      verdict = status;
      await expect(fetcher.fetchTo(node.rpc, ref(112), SIGNAL)).rejects.toMatchObject({
        ...{ code: 'FOLLOW_BLOCK_REFUSED', fields: { number: 101n, status } },
      });
      expect(executed).toHaveLength(1);
    },
  );

  it('gives up when our head stands still for half a minute', async () => {
    ourChain(100);
    engine.onPayload = () => undefined;
    const pending = fetcher.fetchTo(node.rpc, ref(103), SIGNAL);
    const settled = expect(pending).rejects.toMatchObject({ code: 'FOLLOW_BLOCK_REFUSED' });
    await clock.advance(20_000);
    // Other heads that move say nothing of the blocks that are waited for.
    engine.set({ safe: ref(95) });
    await clock.advance(10_000);
    await settled;
  });
});

describe('extending our unsafe head', () => {
  it('fetches what the source has above it, one window at a time', async () => {
    ourChain(100);
    await expect(fetcher.extend(node.rpc, ANYTHING, SIGNAL)).resolves.toBe(16);
    await expect(fetcher.extend(node.rpc, ANYTHING, SIGNAL)).resolves.toBe(13);
    await expect(fetcher.extend(node.rpc, ANYTHING, SIGNAL)).resolves.toBe(0);
    expect(engine.heads.get().unsafe).toEqual(ref(129));
  });

  it('leaves our unsafe chain alone where the source has another', async () => {
    const ours = refsOn(ref(100), 3, 'ours');
    engine.startAt([...REFS.slice(0, 101), ...ours], { finalized: ref(90) });
    await expect(fetcher.extend(node.rpc, ANYTHING, SIGNAL)).resolves.toBe(0);
    expect(inserted()).toEqual([]);
  });

  it('stops where a block does not extend the one before', async () => {
    ourChain(40);
    const foreign = recordedL2('adversarial')[43];
    if (foreign === undefined) throw new Error('no block');
    node.replace(43, foreign);
    await expect(fetcher.extend(node.rpc, ANYTHING, SIGNAL)).resolves.toBe(2);
    expect(engine.heads.get().unsafe).toEqual(ref(42));
  });

  describe('with the word of others', () => {
    const vouchedAt =
      (top: number, hash = ref(top).hash): Vouched =>
      async (height) => ({ hash, number: height < BigInt(top) ? height : BigInt(top) });

    it('goes no higher than they have', async () => {
      ourChain(100);
      await expect(fetcher.extend(node.rpc, vouchedAt(103), SIGNAL)).resolves.toBe(3);
      await expect(fetcher.extend(node.rpc, vouchedAt(103), SIGNAL)).resolves.toBe(0);
      expect(engine.heads.get().unsafe).toEqual(ref(103));
    });

    it('takes nothing while they have no block in common', async () => {
      ourChain(100);
      await expect(fetcher.extend(node.rpc, async () => null, SIGNAL)).resolves.toBe(0);
      expect(inserted()).toEqual([]);
    });

    it('refuses a source that has another block than they', async () => {
      ourChain(100);
      const other = vouchedAt(103, ref(90).hash);
      await expect(fetcher.extend(node.rpc, other, SIGNAL)).rejects.toMatchObject({
        ...{ code: 'FOLLOW_BLOCKS_UNLINKED', fields: { number: 103n, vouched: ref(90).hash } },
      });
      expect(inserted()).toEqual([]);
    });
  });
});
