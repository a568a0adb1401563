import { NodeError } from '../../src/errors/nodeError.js';
import { runActor } from '../../src/runtime/actor.js';
import { DEFAULT_BACKOFF } from '../../src/runtime/backoff.js';
import type { Settled } from '../../src/runtime/laneQueue.js';
import { WatchCell } from '../../src/runtime/watch.js';
import { OriginSelector } from '../../src/sequencer/originSelector.js';
import type { InsertedBlock, SequencerEngine, StartedBuild } from '../../src/sequencer/ports.js';
import { SequencerActor, type SequencerOptions } from '../../src/sequencer/sequencerActor.js';
import { SequencerAdmin } from '../../src/sequencer/sequencerAdmin.js';
import { SequencerCell } from '../../src/sequencer/sequencerState.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { sameBlock } from '../../src/types/block.js';
import type { BuildJob, SealedBlock, SealResult } from '../../src/types/building.js';
import { type EngineHeads, UNKNOWN_HEADS } from '../../src/types/engineHeads.js';
import type {
  AttributesWithParent,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
  PayloadInfo,
} from '../../src/types/payload.js';
import { FakeClock } from './fakeClock.js';
import { FakeLogger } from './fakeLogger.js';
import { GENESIS_REF, hashOf, l1Block, TEST_ROLLUP } from './l2Chain.js';

/** A clock whose wall time can be set without time passing. */
export class SettableClock extends FakeClock {
  skewMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.skewMs;
  }
}

type Outcome<T> = Settled<T> | (() => Promise<Settled<T>>);

/** An engine whose answers are queued; without one it does what it is asked. */
export class FakeSequencerEngine implements SequencerEngine {
  readonly heads: WatchCell<EngineHeads>;
  /** What was asked, in order, like `build 1`. */
  readonly calls: string[] = [];
  readonly built: AttributesWithParent[] = [];
  readonly cancelled: PayloadInfo[] = [];
  readonly inserted: SealedBlock[] = [];
  readonly resets: NodeError[] = [];
  readonly next: {
    build: Outcome<StartedBuild>[];
    seal: Outcome<SealResult>[];
    insert: Outcome<InsertedBlock>[];
  } = { build: [], seal: [], insert: [] };
  private jobs = 0;

  constructor(unsafe: L2BlockRef = GENESIS_REF) {
    this.heads = new WatchCell<EngineHeads>({
      ...UNKNOWN_HEADS,
      ...{ unsafe, safe: GENESIS_REF, pendingSafe: GENESIS_REF, finalized: GENESIS_REF },
      resetEpoch: 1,
    });
  }

  move(heads: Partial<EngineHeads>): void {
    this.heads.set({ ...this.heads.get(), ...heads });
  }

  async build(
    attributes: AttributesWithParent,
    _signal: AbortSignal,
    resetEpoch: number,
  ): Promise<Settled<StartedBuild>> {
    const number = attributes.parent.number + 1n;
    this.calls.push(`build ${number}`);
    this.built.push(attributes);
    const queued = await take(this.next.build);
    if (queued !== null) return queued;
    const heads = this.heads.get();
    if (heads.resetEpoch !== resetEpoch || !sameBlock(attributes.parent, heads.unsafe)) {
      return { kind: 'ok', value: { kind: 'stale' } };
    }
    return { kind: 'ok', value: { kind: 'started', job: this.job(attributes) } };
  }

  async seal(job: BuildJob): Promise<Settled<SealResult>> {
    this.calls.push(`seal ${job.parent.number + 1n}`);
    return (
      (await take(this.next.seal)) ?? {
        kind: 'ok',
        value: { kind: 'sealed', ...childOf(job.parent, job.info.id) },
      }
    );
  }

  async cancelBuild(info: PayloadInfo): Promise<Settled<void>> {
    this.cancelled.push(info);
    return { kind: 'ok', value: undefined };
  }

  async insertSealed(block: SealedBlock): Promise<Settled<InsertedBlock>> {
    this.calls.push(`insert ${block.ref.number}`);
    const queued = await take(this.next.insert);
    if (queued !== null) return queued;
    if (block.ref.parentHash !== this.heads.get().unsafe.hash) {
      return { kind: 'ok', value: { kind: 'stale' } };
    }
    this.inserted.push(block);
    this.move({ unsafe: block.ref });
    return { kind: 'ok', value: { kind: 'inserted', ref: block.ref } };
  }

  requestReset(why: NodeError): void {
    this.resets.push(why);
  }

  private job({ attributes, parent }: AttributesWithParent): BuildJob {
    this.jobs += 1;
    const id = `0x${this.jobs.toString(16).padStart(16, '0')}` as const;
    return { info: { id, timestamp: attributes.timestamp }, parent, startedMs: 0 };
  }
}

async function take<T>(queue: Outcome<T>[]): Promise<Settled<T> | null> {
  const outcome = queue.shift();
  if (outcome === undefined) return null;
  return typeof outcome === 'function' ? outcome() : outcome;
}

/** The child of a block; another fork name gives another block. Its L1 origin is its parent's. */
export function childOf(parent: L2BlockRef, fork: string): SealedBlock {
  const ref: L2BlockRef = {
    hash: hashOf(`child ${fork} of ${parent.hash}`),
    number: parent.number + 1n,
    parentHash: parent.hash,
    timestamp: parent.timestamp + TEST_ROLLUP.blockTime,
    l1Origin: parent.l1Origin,
    sequenceNumber: parent.sequenceNumber + 1n,
  };
  const executionPayload = { blockHash: ref.hash, transactions: ['0x7e'] };
  return { ref, envelope: { executionPayload } as unknown as ExecutionPayloadEnvelope };
}

export const ATTRIBUTES: Omit<PayloadAttributes, 'timestamp'> = {
  prevRandao: hashOf('randao'),
  suggestedFeeRecipient: `0x${'00'.repeat(20)}`,
  transactions: ['0x7e'],
  noTxPool: true,
  gasLimit: 30_000_000n,
};

/** What a task of the engine ended with. */
export const ok = <T>(value: T): Settled<T> => ({ kind: 'ok', value });

/** A temporary failure as the engine reports it. */
export function unavailable(
  code: 'ENGINE_CALL_FAILED' | 'ENGINE_EL_SYNCING' = 'ENGINE_CALL_FAILED',
) {
  const error = new NodeError(code, 'not now', { severity: 'temporary' });
  return { kind: 'ok', value: { kind: 'unavailable', error } } as const;
}

/** The sequencer over fakes, run as the node runs it. Block times are two seconds; the genesis is at the clock's start. */
export class SequencerRig {
  readonly clock = new SettableClock(Number(GENESIS_REF.timestamp) * 1000);
  readonly log = new FakeLogger();
  readonly engine: FakeSequencerEngine;
  readonly state = new SequencerCell(false);
  readonly published: Hash[] = [];
  readonly committed: Hash[] = [];
  readonly stored: string[] = [];
  /** L1 blocks that were read ahead. */
  readonly ahead: L1BlockRef[] = [];
  readonly counts = { errors: 0, resets: 0, origins: 0, active: false };
  /** Run before a commit resolves. */
  onCommit: () => Promise<void> = async () => undefined;
  onStore: () => Promise<void> = async () => undefined;
  leader: () => Promise<boolean> = async () => true;
  /** L1 as it is; what throws or is missing is so for the sequencer. */
  l1ByNumber: (number: bigint) => Promise<L1BlockRef | null> = async (number) =>
    number === 0n ? l1Block(0n) : null;
  prepare: (parent: L2BlockRef) => Promise<PayloadAttributes> = async (parent) => ({
    ...ATTRIBUTES,
    timestamp: parent.timestamp + TEST_ROLLUP.blockTime,
  });
  readonly admin: SequencerAdmin;
  readonly actor: SequencerActor;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(options: Partial<SequencerOptions> = {}, engine = new FakeSequencerEngine()) {
    this.engine = engine;
    const { clock, log, state, counts } = this;
    const recorder = {
      active: (isActive: boolean) => {
        counts.active = isActive;
      },
      sequencingError: () => (counts.errors += 1),
      sequencerReset: () => (counts.resets += 1),
      inconsistentL1Origin: () => (counts.origins += 1),
    };
    const conductor = {
      isEnabled: true,
      isLeader: () => this.leader(),
      commitUnsafePayload: async ({ executionPayload }: ExecutionPayloadEnvelope) => {
        await this.onCommit();
        this.committed.push(executionPayload.blockHash);
      },
      overrideLeader: () => undefined,
    };
    const l1 = {
      l1BlockRefByNumber: (number: bigint) => this.l1ByNumber(number),
      l1BlockRefByHash: async () => l1Block(0n),
      readAhead: async (origin: L1BlockRef) => void this.ahead.push(origin),
    };
    this.actor = new SequencerActor(
      { config: TEST_ROLLUP, sealingMs: 50, maxSafeLag: 0n, ...options },
      {
        ...{ state, engine, conductor, recorder, clock, log },
        origins: new OriginSelector(options.config ?? TEST_ROLLUP, {
          l1,
          l1Head: () => hashOf('head'),
          clock,
          log,
        }),
        attributes: { prepare: (parent) => this.prepare(parent) },
        publisher: {
          publish: ({ executionPayload }) => {
            this.published.push(executionPayload.blockHash);
          },
        },
      },
    );
    const store = {
      sequencerStarted: async () => {
        await this.onStore();
        this.stored.push('started');
      },
      sequencerStopped: async () => {
        await this.onStore();
        this.stored.push('stopped');
      },
    };
    this.admin = new SequencerAdmin({ ...{ state, engine, conductor, store, recorder, log } });
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Starts the actor's loop; with `isActive` it sequences. */
  async start(isActive = true): Promise<this> {
    await this.admin.init(isActive);
    const deps = {
      clock: this.clock,
      random: () => 0.5,
      onTemporary: () => undefined,
      onReset: (error: NodeError) => this.engine.requestReset(error),
    };
    this.running = runActor(this.actor, { backoff: DEFAULT_BACKOFF }, deps, this.signal);
    await this.clock.flush();
    return this;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Number of the unsafe head. */
  get head(): number {
    return Number(this.engine.heads.get().unsafe.number);
  }
}
