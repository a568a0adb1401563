import { NodeError } from '../../src/errors/nodeError.js';
import type { FollowOptions } from '../../src/follow/createFollow.js';
import { createFollow } from '../../src/follow/createFollow.js';
import type { FollowVerifierPort } from '../../src/follow/ports.js';
import type { FollowStatus } from '../../src/follow/rules/followStatus.js';
import type { Actor } from '../../src/runtime/actor.js';
import { RpcError } from '../../src/transport/ports.js';
import type { L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { ZERO_L2_REF } from '../../src/types/block.js';
import { FakeClock } from './fakeClock.js';
import { FakeFollowEngine } from './fakeFollowEngine.js';
import { FakeFollowL1 } from './fakeFollowL1.js';
import { FakeLogger } from './fakeLogger.js';
import { FakeMetrics } from './fakeMetrics.js';
import { FakeRpcClient } from './fakeRpcClient.js';
import { l2RefJson, statusJson } from './followStatusJson.js';
import { GENESIS_REF, l1Block, makeChain, TEST_ROLLUP } from './l2Chain.js';

/** The refs of a chain on top of a block, lowest first. */
export function refsOn(parent: L2BlockRef, count: number, fork = ''): L2BlockRef[] {
  return makeChain(parent, count, fork).map((block) => block.ref);
}

/** Block `number` of a chain that starts at block 1. */
export function at(chain: readonly L2BlockRef[], number: number): L2BlockRef {
  const ref = number === 0 ? GENESIS_REF : chain[number - 1];
  if (ref === undefined) throw new Error(`chain has no block ${number}`);
  return ref;
}

/** A status with these heads of a chain. */
export function statusOf(
  chain: readonly L2BlockRef[],
  heads: {
    safe: number;
    localSafe?: number;
    finalized?: number;
    currentL1?: L1BlockRef | null;
    headL1?: L1BlockRef;
  },
): FollowStatus {
  const localSafe = at(chain, heads.localSafe ?? heads.safe);
  return {
    currentL1: heads.currentL1 === undefined ? l1Block(50n) : heads.currentL1,
    headL1: heads.headL1 ?? null,
    localSafe,
    safe: at(chain, heads.safe),
    finalized: heads.finalized === undefined ? ZERO_L2_REF : at(chain, heads.finalized),
    unsafe: localSafe,
  };
}

export function rollupConfigJson(): Record<string, unknown> {
  const { genesis, l2ChainId } = TEST_ROLLUP;
  return {
    l2_chain_id: Number(l2ChainId),
    genesis: {
      l1: { hash: genesis.l1.hash, number: Number(genesis.l1.number) },
      l2: { hash: genesis.l2.hash, number: Number(genesis.l2.number) },
    },
  };
}

/** A consensus node that answers what it is told to. */
export class FakeSource {
  status: FollowStatus | null = null;
  /** Thrown by every request while set. */
  fault: Error | null = null;
  /** What it says its blocks are, for output roots; null does not offer the method. */
  chain: readonly L2BlockRef[] | null = null;
  /** Answered instead of the status. */
  raw: unknown;
  config: unknown = rollupConfigJson();
  /** Status requests wait for this. */
  gate: Promise<void> | null = null;
  readonly rpc: FakeRpcClient;

  constructor() {
    this.rpc = new FakeRpcClient({
      optimism_syncStatus: () => this.answer(() => this.statusAnswer()),
      optimism_rollupConfig: () => this.answer(() => this.config),
      optimism_outputAtBlock: ([number]) => this.answer(() => this.output(String(number))),
    });
  }

  /** Clients of WebSockets to it, in order; null refuses them. */
  webSockets: FakeRpcClient[] | null = [];
  /** Another rollup config behind its WebSocket. */
  pushedConfig: unknown;

  webSocket(): FakeRpcClient {
    const client = new FakeRpcClient(
      {
        optimism_rollupConfig: () => {
          if (this.webSockets === null) throw SOURCE_DOWN;
          return this.pushedConfig ?? this.config;
        },
      },
      { canSubscribe: true },
    );
    this.attempts += 1;
    this.webSockets?.push(client);
    return client;
  }

  /** How often a WebSocket was tried. */
  attempts = 0;

  /** Pushes the status on the newest subscription. */
  push(status: unknown = this.statusValue()): void {
    const subscription = this.webSockets?.at(-1)?.subscriptions.at(-1);
    if (subscription === undefined) throw new Error('nobody has subscribed');
    subscription.push(status);
  }

  private answer(make: () => unknown): unknown {
    if (this.fault !== null) throw this.fault;
    return make();
  }

  private statusAnswer(): unknown {
    if (this.gate !== null) return this.gate.then(() => this.statusValue());
    return this.statusValue();
  }

  private statusValue(): unknown {
    if (this.raw !== undefined) return this.raw;
    if (this.status === null) throw new Error('test gave the source no status');
    return statusJson(this.status);
  }

  private output(number: string): unknown {
    if (this.chain === null) {
      throw new RpcError('optimism_outputAtBlock', -32601, 'not offered', undefined);
    }
    const ref = [GENESIS_REF, ...this.chain].find((block) => block.number === BigInt(number));
    if (ref === undefined) {
      throw new RpcError('optimism_outputAtBlock', -32000, 'not found', undefined);
    }
    return { blockRef: l2RefJson(ref) };
  }
}

export const SOURCE_DOWN = new NodeError('TRANSPORT_FAILED', 'source is down', {
  severity: 'temporary',
});

export interface FollowWorldOptions {
  readonly sources?: number;
  readonly hasL1?: boolean;
  readonly options?: Partial<FollowOptions>;
  readonly verifier?: FollowVerifierPort;
  /** Sources are asked to push their status. */
  readonly hasPush?: boolean;
}

/** A follower with fake sources, a fake L1, a fake engine and its own time. */
export class FollowWorld {
  readonly clock = new FakeClock();
  readonly engine = new FakeFollowEngine();
  readonly l1 = new FakeFollowL1();
  readonly log = new FakeLogger();
  readonly metrics = new FakeMetrics();
  readonly sources: FakeSource[];
  readonly stop = new AbortController();
  readonly actors: readonly Actor[];
  readonly intervalMs: number;

  constructor(given: FollowWorldOptions = {}) {
    const { sources = 1, hasL1 = true, options = {}, verifier, hasPush = false } = given;
    this.sources = Array.from({ length: sources }, () => new FakeSource());
    const urls = this.sources.map(
      (_, i) => `http://user:secret@source-${i}:9545/0123456789abcdefkeykey`,
    );
    this.intervalMs = options.pollIntervalMs ?? 2_000;
    this.actors = createFollow(
      {
        ...{ pollIntervalMs: this.intervalMs, rpcTimeoutMs: 10_000, sources: urls, quorum: 0 },
        ...{ maxLagBlocks: 0, blocksUrl: null, extendsUnsafe: true, config: TEST_ROLLUP },
        ...options,
      },
      {
        rpcFor: (url) => this.source(urls.indexOf(url)).rpc,
        webSocketFor: hasPush ? (url) => this.source(urls.indexOf(url)).webSocket() : null,
        engine: this.engine,
        l2: this.engine,
        l1: hasL1 ? this.l1 : null,
        ...(verifier !== undefined && { verifier }),
        payloads: { newPayload: async () => Promise.reject(new Error('not expected')) },
        clock: this.clock,
        random: () => 0,
        metrics: this.metrics,
        log: this.log,
      },
    );
  }

  source(index = 0): FakeSource {
    const source = this.sources[index];
    if (source === undefined) throw new Error(`no source ${index}`);
    return source;
  }

  get heads(): ReturnType<FakeFollowEngine['heads']['get']> {
    return this.engine.heads.get();
  }

  /** One step of the follow actor, with the time that it waits for. */
  async poll(times = 1): Promise<void> {
    for (let i = 0; i < times; i += 1) {
      let isDone = false;
      const step = this.actor.step(this.stop.signal).finally(() => {
        isDone = true;
      });
      await this.clock.advance(0);
      for (let tries = 0; !isDone; tries += 1) {
        if (tries > 1_000) throw new Error('step does not end');
        await this.clock.advance(this.clock.nextTimerInMs ?? 0);
      }
      await step;
    }
  }

  get actor(): Actor {
    const [actor] = this.actors;
    if (actor === undefined) throw new Error('no follow actor');
    return actor;
  }

  /** Polls counted with this result. */
  count(result: string): number {
    return this.metrics.value('follow_source_requests_total', { result }) ?? 0;
  }
}
