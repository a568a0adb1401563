import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFollow } from '../../../src/follow/createFollow.js';
import { decodeL2Ref } from '../../../src/follow/sources/statusDecoder.js';
import { payloadToBlockRef } from '../../../src/rollup/l2BlockRef.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { ZERO_HASH } from '../../../src/types/block.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeExecutionNode, recordedL2 } from '../../support/fakeExecutionNode.js';
import { FakeFollowEngine } from '../../support/fakeFollowEngine.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { FakeMetrics } from '../../support/fakeMetrics.js';
import type { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { statusJson } from '../../support/followStatusJson.js';
import { FakeSource, refsOn } from '../../support/followWorld.js';
import { recordedConfig } from '../../support/recordedConfig.js';
import type { Json } from '../../support/recordedWorld.js';
import { readWorldJson, readWorldLines } from '../../support/recordedWorld.js';

const ROLLUP = readWorldJson('forks', 'rollup.json');
const CONFIG = { ...recordedConfig('forks'), l2ChainId: BigInt(ROLLUP.l2_chain_id as number) };
const REFS = readWorldLines('forks', 'outputs.jsonl.gz').map((line) =>
  decodeL2Ref((line as Json).blockRef, 'blockRef'),
);

function ref(number: number): L2BlockRef {
  const found = REFS[number];
  if (found === undefined) throw new Error(`no recorded block ${number}`);
  return found;
}

/** Every actor of a follower, run until stopped, with an engine that takes what extends its head. */
class Follower {
  readonly clock = new FakeClock();
  readonly engine = new FakeFollowEngine();
  readonly metrics = new FakeMetrics();
  readonly log = new FakeLogger();
  readonly stop = new AbortController();

  /** @param quorum above 0 all of them are followed, else the first. */
  constructor(rpcs: Readonly<Record<string, FakeRpcClient>>, blocksUrl: string | null, quorum = 0) {
    const engine = this.engine;
    engine.startAt(REFS.slice(0, 1), { finalized: ref(0) });
    engine.onPayload = (envelope) => {
      const block = payloadToBlockRef(CONFIG, envelope.executionPayload);
      if (block.parentHash !== engine.heads.get().unsafe.hash) return;
      engine.import(block);
      engine.set({ unsafe: block });
    };
    const sources = quorum > 0 ? Object.keys(rpcs) : Object.keys(rpcs).slice(0, 1);
    const actors = createFollow(
      {
        ...{ pollIntervalMs: 2_000, rpcTimeoutMs: 10_000, sources, quorum },
        ...{ maxLagBlocks: 0, blocksUrl, extendsUnsafe: true, config: CONFIG },
      },
      {
        webSocketFor: null,
        rpcFor: (url) => rpcs[url] as FakeRpcClient,
        ...{ engine, l2: engine, l1: null, clock: this.clock, random: () => 0 },
        payloads: {
          newPayload: async (envelope) => {
            engine.import(payloadToBlockRef(CONFIG, envelope.executionPayload));
            return { status: 'VALID', latestValidHash: null, validationError: null };
          },
        },
        ...{ metrics: this.metrics, log: this.log },
      },
    );
    for (const actor of actors) {
      const run = async (): Promise<void> => {
        while (!this.stop.signal.aborted) await actor.step(this.stop.signal);
      };
      run().catch(() => undefined);
    }
  }
}

let follower: Follower;
let node: FakeExecutionNode;

beforeEach(() => {
  node = new FakeExecutionNode('forks');
  Object.assign(node.tags, { latest: 100, safe: 80, finalized: 40 });
});

afterEach(() => follower.stop.abort());

describe('an execution client as the only source, without an L1', () => {
  it('makes a working node from genesis: blocks, all heads, and the tip', async () => {
    follower = new Follower({ 'http://el:8545': node.rpc }, null);
    await follower.clock.advance(10_000);
    const heads = follower.engine.heads.get();
    expect(heads).toMatchObject({
      ...{ unsafe: ref(100), localSafe: ref(80), safe: ref(80), finalized: ref(40) },
    });
    expect(heads.currentL1.hash).toBe(ZERO_HASH);
    expect(follower.engine.targets.every((target) => target.currentL1 === null)).toBe(true);
  });

  it('keeps up as the labels move, within one poll', async () => {
    follower = new Follower({ 'http://el:8545': node.rpc }, null);
    await follower.clock.advance(10_000);
    Object.assign(node.tags, { latest: 110, safe: 105, finalized: 60 });
    await follower.clock.advance(2_000);
    expect(follower.engine.heads.get()).toMatchObject({
      ...{ unsafe: ref(110), safe: ref(105), finalized: ref(60) },
    });
  });

  it('leaves a fork of its own for the chain of the source', async () => {
    follower = new Follower({ 'http://el:8545': node.rpc }, null);
    await follower.clock.advance(10_000);
    const ours = refsOn(ref(85), 10, 'ours');
    follower.engine.import(...ours);
    follower.engine.set({ unsafe: ours.at(-1) as L2BlockRef });
    Object.assign(node.tags, { latest: 110, safe: 95, finalized: 60 });
    await follower.clock.advance(4_000);
    expect(follower.engine.heads.get()).toMatchObject({ safe: ref(95), unsafe: ref(110) });
    expect(follower.metrics.value('follow_reorgs_total')).toBe(1);
  });

  it('stands still while the source is down, and catches up after', async () => {
    follower = new Follower({ 'http://el:8545': node.rpc }, null);
    await follower.clock.advance(10_000);
    node.fault = new RpcError('any', -32005, 'limit exceeded', undefined);
    Object.assign(node.tags, { latest: 120, safe: 118, finalized: 90 });
    await follower.clock.advance(60_000);
    expect(follower.engine.heads.get().safe).toEqual(ref(80));
    node.fault = null;
    await follower.clock.advance(12_000);
    expect(follower.engine.heads.get()).toMatchObject({ safe: ref(118), finalized: ref(90) });
  });
});

describe('a consensus node as source with a separate block source', () => {
  it('asks the engine for a target only once its blocks are there', async () => {
    const consensus = new FakeSource();
    consensus.config = ROLLUP;
    const heads = { localSafe: ref(80), safe: ref(80), finalized: ref(40), unsafe: ref(80) };
    consensus.raw = statusJson({ ...heads, currentL1: null, headL1: null });
    const rpcs = { 'http://cl:9545': consensus.rpc, 'http://el:8545': node.rpc };
    follower = new Follower(rpcs, 'http://el:8545');
    await follower.clock.advance(5_000);
    const { engine } = follower;
    expect(engine.heads.get()).toMatchObject({ safe: ref(80), unsafe: ref(100) });
    expect(engine.targets[0]?.localSafe).toEqual(ref(80));
    expect(engine.payloads[0]?.executionPayload.blockNumber).toBe(1n);
  });

  it('hands the target to the engine without blocks when the block source keeps failing', async () => {
    const consensus = new FakeSource();
    consensus.config = ROLLUP;
    const heads = { localSafe: ref(80), safe: ref(80), finalized: ref(40), unsafe: ref(80) };
    consensus.raw = statusJson({ ...heads, currentL1: null, headL1: null });
    node.fault = new RpcError('any', -32005, 'limit exceeded', undefined);
    const rpcs = { 'http://cl:9545': consensus.rpc, 'http://el:8545': node.rpc };
    follower = new Follower(rpcs, 'http://el:8545');
    await follower.clock.advance(2_000);
    expect(follower.engine.targets).toEqual([]);
    await follower.clock.advance(10_000);
    expect(follower.engine.targets.at(-1)?.localSafe).toEqual(ref(80));
  });
});

describe('a quorum of execution clients', () => {
  let nodes: FakeExecutionNode[];

  beforeEach(() => {
    nodes = [0, 1, 2].map(() => new FakeExecutionNode('forks'));
    for (const each of nodes) Object.assign(each.tags, { latest: 100, safe: 80, finalized: 40 });
  });

  function started(): Follower {
    const rpcs = Object.fromEntries(nodes.map(({ rpc }, i) => [`http://el-${i}:8545`, rpc]));
    follower = new Follower(rpcs, null, 2);
    return follower;
  }

  function blocksRead(index: number): number {
    const calls = nodes[index]?.rpc.calls ?? [];
    return calls.filter(({ params }) => params[1] === true).length;
  }

  it('takes no block from a source that failed its checks', async () => {
    Object.assign((nodes[0] as FakeExecutionNode).tags, { finalized: 90 });
    const { clock, engine } = started();
    await clock.advance(10_000);
    expect(engine.heads.get()).toMatchObject({ unsafe: ref(100), safe: ref(80) });
    expect([blocksRead(0), blocksRead(1) > 0]).toEqual([0, true]);
  });

  it('leaves a source that does not give its blocks for another', async () => {
    const [first] = nodes;
    const answer = first?.rpc.handlers.eth_getBlockByNumber;
    const handler = (params: readonly unknown[]): unknown =>
      params[1] === true ? null : answer?.(params);
    Object.assign(first?.rpc.handlers as object, { eth_getBlockByNumber: handler });
    const { clock, engine, metrics } = started();
    await clock.advance(10_000);
    expect(engine.heads.get()).toMatchObject({ unsafe: ref(100), safe: ref(80) });
    expect(metrics.value('follow_block_failures_total')).toBe(1);
  });

  it('takes blocks above the safe head up to the height that enough sources have', async () => {
    for (const [i, latest] of [110, 95, 90].entries()) {
      Object.assign((nodes[i] as FakeExecutionNode).tags, { latest });
    }
    const { clock, engine } = started();
    await clock.advance(10_000);
    expect(engine.heads.get()).toMatchObject({ unsafe: ref(95), safe: ref(80) });
  });

  it('takes none above the safe head that others deny, and asks another source', async () => {
    const foreign = recordedL2('adversarial')[100];
    if (foreign === undefined) throw new Error('no block');
    nodes[0]?.replace(100, foreign);
    const { clock, engine, log } = started();
    await clock.advance(10_000);
    expect(engine.heads.get()).toMatchObject({ unsafe: ref(100), safe: ref(80) });
    const refused = log.find('Blocks for the follow target could not be fetched');
    expect(refused.map(({ fields }) => fields?.source)).toEqual(['http://el-0:8545']);
  });
});
