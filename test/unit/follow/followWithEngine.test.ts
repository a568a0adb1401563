import { afterEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../../src/engine/taskContext.js';
import { createFollow } from '../../../src/follow/createFollow.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { ZERO_HASH, ZERO_L2_REF } from '../../../src/types/block.js';
import type { EngineHeads } from '../../../src/types/engineHeads.js';
import { EngineHarness } from '../../support/engineHarness.js';
import { FakeEngine } from '../../support/fakeEngine.js';
import { FakeFollowL1 } from '../../support/fakeFollowL1.js';
import { FakeSource, SOURCE_DOWN, statusOf } from '../../support/followWorld.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, l1Block, makeChain, TEST_ROLLUP } from '../../support/l2Chain.js';

const CHAIN = makeChain(GENESIS_REF, 40);
const LATE = [...CHAIN.slice(0, 22), ...makeChain(refAt(CHAIN, 22), 18, 'late')];
const FORK = [...CHAIN.slice(0, 12), ...makeChain(refAt(CHAIN, 12), 28, 'fork')];

function refAt(chain: readonly MadeBlock[], number: number): L2BlockRef {
  const block = chain[number - 1];
  if (block === undefined) throw new Error(`no block ${number}`);
  return block.ref;
}

function refs(chain: readonly MadeBlock[]): L2BlockRef[] {
  return chain.map((block) => block.ref);
}

/** The engine of the node over a fake execution client, followed by the real actors of follow mode. */
class Node {
  readonly source = new FakeSource();
  readonly l1 = new FakeFollowL1();
  readonly harness: EngineHarness;
  /** Every published snapshot of heads. */
  readonly snapshots: EngineHeads[] = [];

  constructor(execution: FakeEngine, options: Partial<EngineOptions> = {}) {
    this.harness = new EngineHarness(options, { engine: execution });
  }

  async start(): Promise<this> {
    const { harness } = this;
    await harness.start();
    const actors = createFollow(
      {
        ...{ pollIntervalMs: 2_000, rpcTimeoutMs: 10_000, sources: ['http://source'], quorum: 0 },
        ...{ maxLagBlocks: 0, blocksUrl: null, extendsUnsafe: true, config: TEST_ROLLUP },
      },
      {
        webSocketFor: null,
        rpcFor: () => this.source.rpc,
        ...{ engine: harness.actor, l2: harness.engine, l1: this.l1, payloads: harness.engine },
        ...{ clock: harness.clock, random: () => 0, metrics: harness.metrics, log: harness.log },
      },
    );
    this.run(async () => {
      let seen = harness.heads;
      for (;;) {
        seen = await harness.actor.heads.changed(seen, harness.signal);
        this.snapshots.push(seen);
      }
    });
    for (const actor of actors) {
      this.run(async () => {
        while (!harness.signal.aborted) await actor.step(harness.signal);
      });
    }
    await harness.settle();
    return this;
  }

  async poll(times = 1): Promise<void> {
    for (let i = 0; i < times; i += 1) {
      await this.harness.clock.advance(2_000);
      await this.harness.settle();
    }
  }

  count(result: string): number {
    return this.harness.metrics.value('follow_source_requests_total', { result }) ?? 0;
  }

  private run(work: () => Promise<void>): void {
    work().catch(() => undefined);
  }
}

/** An execution client at block 30 of the chain, with these labels. */
function executionAt30(safe = 10, finalized = 5): FakeEngine {
  const execution = new FakeEngine();
  execution.importAsHead(...CHAIN.slice(0, 30).map((block) => block.envelope));
  execution.safeHash = refAt(CHAIN, safe).hash;
  execution.finalizedHash = refAt(CHAIN, finalized).hash;
  return execution;
}

function imported(execution: FakeEngine, chain: readonly MadeBlock[]): void {
  execution.import(...chain.map((block) => block.envelope));
}

let node: Node;
afterEach(() => node.harness.stop.abort());

async function following(
  execution: FakeEngine,
  options: Partial<EngineOptions> = {},
): Promise<Node> {
  node = new Node(execution, options);
  node.source.status = statusOf(refs(CHAIN), { safe: 20, finalized: 8 });
  return node.start();
}

describe('following with the real engine', () => {
  it('sends all heads of a status in one forkchoice update, and none for an unchanged status', async () => {
    const { harness } = await following(executionAt30());
    expect(harness.heads).toMatchObject({
      unsafe: refAt(CHAIN, 30),
      safe: refAt(CHAIN, 20),
      finalized: refAt(CHAIN, 8),
      currentL1: l1Block(50n),
    });
    const sent = harness.engine.forkchoices.length;
    expect(harness.engine.forkchoices.at(-1)).toEqual({
      headBlockHash: refAt(CHAIN, 30).hash,
      safeBlockHash: refAt(CHAIN, 20).hash,
      finalizedBlockHash: refAt(CHAIN, 8).hash,
    });
    await node.poll(3);
    expect(harness.engine.forkchoices).toHaveLength(sent);
    expect(node.count('success')).toBe(4);
  });

  it('publishes current_l1 only in the snapshot of its safe heads', async () => {
    await following(executionAt30());
    node.source.status = statusOf(refs(CHAIN), { safe: 21, finalized: 8, currentL1: l1Block(53n) });
    await node.poll();
    node.source.status = statusOf(refs(CHAIN), { safe: 21, finalized: 8, currentL1: l1Block(54n) });
    await node.poll();
    const seen = node.snapshots.map((heads) => [heads.safe.number, heads.currentL1.number]);
    expect(seen).toContainEqual([21n, 53n]);
    expect(seen).toContainEqual([21n, 54n]);
    expect(seen).not.toContainEqual([20n, 53n]);
    expect(seen).not.toContainEqual([21n, 50n]);
  });

  it('reorgs an unsafe chain that forked above the safe head', async () => {
    const { harness } = await following(executionAt30());
    imported(harness.engine, LATE);
    node.source.status = statusOf(refs(LATE), { safe: 25, finalized: 8 });
    await node.poll();
    expect(harness.heads).toMatchObject({ unsafe: refAt(LATE, 25), safe: refAt(LATE, 25) });
    expect(harness.engine.head).toEqual(refAt(LATE, 25));
    expect(harness.metrics.value('follow_reorgs_total')).toBe(1);
  });

  it('refuses a fork below the safe head, and takes it when our L1 lost what that head rested on', async () => {
    const { harness } = await following(executionAt30());
    imported(harness.engine, FORK);
    node.source.status = statusOf(refs(FORK), { safe: 25, finalized: 8, currentL1: l1Block(49n) });
    await node.poll(3);
    expect(node.count('conflict')).toBe(3);
    expect(harness.heads).toMatchObject({ safe: refAt(CHAIN, 20), currentL1: l1Block(50n) });
    node.l1.reorg(50n, 'b');
    await node.poll();
    expect(harness.heads).toMatchObject({
      ...{ unsafe: refAt(FORK, 25), safe: refAt(FORK, 25), finalized: refAt(CHAIN, 8) },
      currentL1: l1Block(49n),
    });
  });

  it('finds with its own blocks the fork that a status does not show, and takes it after an L1 reorg', async () => {
    const { harness } = await following(executionAt30());
    imported(harness.engine, FORK);
    node.source.status = statusOf(refs(FORK), { safe: 35, finalized: 8, currentL1: l1Block(49n) });
    await node.poll(3);
    expect(node.count('conflict')).toBe(3);
    expect(harness.heads).toMatchObject({ unsafe: refAt(CHAIN, 30), safe: refAt(CHAIN, 20) });
    node.l1.reorg(50n, 'b');
    await node.poll();
    expect(harness.heads).toMatchObject({ unsafe: refAt(FORK, 35), safe: refAt(FORK, 35) });
  });

  it('lowers the safe head to the other chain when that chain is shorter', async () => {
    const { harness } = await following(executionAt30());
    imported(harness.engine, FORK);
    node.l1.reorg(50n, 'b');
    node.source.status = statusOf(refs(FORK), { safe: 14, finalized: 8, currentL1: l1Block(49n) });
    await node.poll();
    expect(harness.heads).toMatchObject({ unsafe: refAt(FORK, 14), safe: refAt(FORK, 14) });
    expect(harness.engine.safeHash).toBe(refAt(FORK, 14).hash);
  });

  it('lets all reported heads stand while the execution layer syncs to a target, and moves them with it', async () => {
    const { harness } = await following(executionAt30());
    const epoch = harness.heads.resetEpoch;
    harness.engine.serve(...CHAIN.map((block) => block.envelope));
    node.source.status = statusOf(refs(CHAIN), {
      safe: 38,
      finalized: 20,
      currentL1: l1Block(60n),
    });
    await node.poll(3);
    expect(node.count('success')).toBe(4);
    expect(harness.heads).toMatchObject({
      ...{ unsafe: refAt(CHAIN, 30), safe: refAt(CHAIN, 20), currentL1: l1Block(50n) },
    });
    expect(harness.heads.resetEpoch).toBe(epoch);
    harness.engine.completeSync();
    await node.poll(2);
    expect(harness.heads).toMatchObject({
      unsafe: refAt(CHAIN, 38),
      safe: refAt(CHAIN, 38),
      finalized: refAt(CHAIN, 20),
      currentL1: l1Block(60n),
    });
  });

  it('tells from the first status on that the execution layer is led to another chain, until it is there', async () => {
    const { harness } = await following(executionAt30());
    harness.engine.serve(...LATE.map((block) => block.envelope));
    node.source.status = statusOf(refs(LATE), { safe: 22, localSafe: 25, finalized: 8 });
    const before = node.snapshots.length;
    await node.poll();
    const told = node.snapshots.slice(before);
    // Before the engine was asked for anything: nothing was built on the chain that is left.
    expect(told.map(({ movingTo }) => movingTo?.number)).toEqual([25n]);
    expect(harness.heads).toMatchObject({ unsafe: refAt(CHAIN, 30), localSafe: refAt(CHAIN, 20) });
    await node.poll(5);
    expect(harness.heads.movingTo?.hash).toBe(refAt(LATE, 25).hash);
    const until = node.snapshots.length;
    harness.engine.completeSync();
    await node.poll();
    expect(harness.heads).toMatchObject({ unsafe: refAt(LATE, 25), movingTo: null });
    // The execution layer was there before our heads: till these are, what is left is not built on.
    const over = node.snapshots.slice(until).filter(({ movingTo }) => movingTo === null);
    expect(over.map(({ unsafe }) => unsafe.hash)).toEqual([refAt(LATE, 25).hash]);
  });

  it.each([20, 22, 24])(
    'keeps our unsafe blocks when the source is back on our chain, at %i, after the execution layer has left it',
    async (safe) => {
      const { harness } = await following(executionAt30());
      harness.engine.serve(...LATE.map((block) => block.envelope));
      node.source.status = statusOf(refs(LATE), { safe: 22, localSafe: 25, finalized: 8 });
      await node.poll();
      harness.engine.completeSync();
      expect(harness.engine.head).toEqual(refAt(LATE, 25));
      node.source.status = statusOf(refs(CHAIN), { safe, finalized: 8 });
      await node.poll();
      expect(harness.heads).toMatchObject({ unsafe: refAt(CHAIN, 30), movingTo: null });
      expect(harness.engine.head).toEqual(refAt(CHAIN, 30));
    },
  );

  it('tells of no move where a lower safe head after an L1 reorg leaves our own chain as it is', async () => {
    const { harness } = await following(executionAt30());
    node.l1.reorg(50n, 'b');
    const currentL1 = l1Block(50n, 'b');
    node.source.status = statusOf(refs(CHAIN), { safe: 15, finalized: 8, currentL1 });
    await node.poll();
    expect(harness.heads).toMatchObject({ unsafe: refAt(CHAIN, 30), safe: refAt(CHAIN, 15) });
    expect(node.snapshots.filter(({ movingTo }) => movingTo !== null)).toEqual([]);
  });

  it('tells of no move to a block that has become ours while the status was read', async () => {
    const { harness } = await following(executionAt30());
    let open = (): void => undefined;
    node.source.gate = new Promise((resolve) => {
      open = resolve;
    });
    node.source.status = statusOf(refs(CHAIN), { safe: 31, finalized: 8 });
    await node.poll();
    for (const { envelope } of CHAIN.slice(30, 33)) await harness.actor.addUnsafePayload(envelope);
    expect(harness.heads.unsafe).toEqual(refAt(CHAIN, 33));
    open();
    await harness.settle();
    expect(harness.heads).toMatchObject({ unsafe: refAt(CHAIN, 33), safe: refAt(CHAIN, 31) });
    expect(node.snapshots.filter(({ movingTo }) => movingTo !== null)).toEqual([]);
  });

  it('comes to the target also when the source has gone silent', async () => {
    const { harness } = await following(executionAt30());
    harness.engine.serve(...LATE.map((block) => block.envelope));
    node.source.status = statusOf(refs(LATE), { safe: 22, localSafe: 25, finalized: 8 });
    await node.poll();
    node.source.fault = SOURCE_DOWN;
    await node.poll(5);
    expect(harness.heads.movingTo?.number).toBe(25n);
    harness.engine.completeSync();
    await node.poll(5);
    expect(harness.heads).toMatchObject({ unsafe: refAt(LATE, 25), movingTo: null });
  });

  it('restores the forkchoice when the execution layer calls the target invalid', async () => {
    const { harness } = await following(executionAt30());
    imported(harness.engine, LATE);
    harness.engine.invalid.add(refAt(LATE, 25).hash);
    node.source.status = statusOf(refs(LATE), { safe: 25, finalized: 8 });
    await node.poll();
    expect(node.count('error_invalid_state')).toBe(1);
    expect(harness.heads).toMatchObject({ unsafe: refAt(CHAIN, 30), safe: refAt(CHAIN, 20) });
    expect(harness.engine.forkchoices.at(-1)?.headBlockHash).toBe(refAt(CHAIN, 30).hash);
    node.source.status = statusOf(refs(CHAIN), { safe: 22, finalized: 8 });
    await node.poll();
    expect(harness.heads.safe).toEqual(refAt(CHAIN, 22));
  });

  it('starts the sync of a fresh execution layer itself when no payload comes', async () => {
    const execution = new FakeEngine();
    execution.serve(...CHAIN.map((block) => block.envelope));
    const { harness } = await following(execution, {
      syncMode: 'execution-layer',
      offsetElSafeSec: 30,
    });
    await node.poll(14);
    expect(node.source.rpc.calls).toEqual([]);
    await node.poll(2);
    expect(execution.syncTarget).toBe(refAt(CHAIN, 20).hash);
    expect(execution.forkchoices.at(-1)?.finalizedBlockHash).toBe(ZERO_HASH);
    execution.completeSync();
    await node.poll(16);
    expect(harness.heads).toMatchObject({
      elSync: 'finished',
      safe: refAt(CHAIN, 20),
      finalized: refAt(CHAIN, 8),
      isFinalizedProven: true,
    });
  });

  it('lets a restart out of a lasting conflict, but not below the finalized head', async () => {
    const execution = executionAt30(20, 8);
    imported(execution, FORK);
    node = new Node(execution);
    node.source.status = statusOf(refs(FORK), { safe: 16, finalized: 10 });
    const { harness } = await node.start();
    expect(harness.heads).toMatchObject({ safe: refAt(FORK, 16), finalized: refAt(FORK, 10) });
    expect(harness.log.find('Follow status replaces our safe head')).toHaveLength(1);
    harness.stop.abort();

    const finalized = executionAt30(20, 14);
    imported(finalized, FORK);
    node = new Node(finalized);
    node.source.status = statusOf(refs(FORK), { safe: 16, finalized: 10 });
    await node.start();
    expect(node.harness.heads.safe).toEqual(refAt(CHAIN, 20));
    expect(node.count('finalized_conflict')).toBe(1);
  });

  it('stands still through every kind of lie, and goes on with the truth', async () => {
    const { harness } = await following(executionAt30());
    imported(harness.engine, FORK);
    const good = statusOf(refs(CHAIN), { safe: 24, finalized: 8 });
    const before = harness.heads;
    const lies = [
      { ...good, finalized: refAt(CHAIN, 25) },
      { ...good, safe: refAt(CHAIN, 26) },
      { ...good, safe: ZERO_L2_REF },
      { ...good, localSafe: ZERO_L2_REF },
      { ...good, safe: ZERO_L2_REF, localSafe: ZERO_L2_REF },
      { ...good, currentL1: l1Block(50n, 'lie') },
      { ...good, localSafe: { ...refAt(CHAIN, 24), l1Origin: l1Block(8n, 'lie') } },
      { ...good, localSafe: { ...refAt(CHAIN, 24), sequenceNumber: 99n } },
      statusOf(refs(FORK), { safe: 20, finalized: 8 }),
      { ...good, finalized: { ...refAt(CHAIN, 7), number: 8n } },
      statusOf(refs(CHAIN), { safe: 15, finalized: 8 }),
    ];
    for (const lie of lies) {
      node.source.status = lie;
      await node.poll();
      expect(harness.heads).toEqual(before);
    }
    for (const raw of [null, 'garbage', { safe_l2: {} }, []]) {
      node.source.raw = raw;
      await node.poll(5);
      expect(harness.heads).toEqual(before);
    }
    node.source.raw = undefined;
    node.source.status = good;
    await node.poll(8);
    expect(harness.heads.safe).toEqual(refAt(CHAIN, 24));
    expect(harness.failure).toBeNull();
  });
});
