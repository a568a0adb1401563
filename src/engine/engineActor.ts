import { NodeError, toNodeError } from '../errors/nodeError.js';
import { linkSignals } from '../runtime/abort.js';
import type { Actor } from '../runtime/actor.js';
import { Backoff, DEFAULT_BACKOFF } from '../runtime/backoff.js';
import type { Random } from '../runtime/clock.js';
import type { LaneRun, LaneSpec, Settled } from '../runtime/laneQueue.js';
import { LaneQueue } from '../runtime/laneQueue.js';
import type { WatchReader } from '../runtime/watch.js';
import type { BlockId, L2BlockRef } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import type { BuildJob, ConsolidateResult, SealedBlock, SealResult } from '../types/building.js';
import type { EngineHeads } from '../types/engineHeads.js';
import { isInitialElSyncing, isLedElsewhere } from '../types/engineHeads.js';
import type { ExternalResult } from '../types/externalBlock.js';
import type { FollowResult, FollowTarget } from '../types/followTarget.js';
import type {
  AttributesAhead,
  AttributesWithParent,
  DerivedAttributes,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
  PayloadInfo,
} from '../types/payload.js';
import { AheadJob } from './aheadJob.js';
import { ElSyncOffer } from './elSyncOffer.js';
import { EngineStore } from './engineStore.js';
import { ForkWatch } from './forkWatch.js';
import { expectHeld } from './lostHead.js';
import { MAX_UNSAFE_PAYLOADS_BYTES } from './payloadQueue.js';
import type { EngineSafeHeadRecorder } from './ports.js';
import { initializeEngine, resetEngine, startState } from './resetEngine.js';
import { SafeHeadRecords } from './safeHeadRecords.js';
import { SyncTarget } from './syncTarget.js';
import type { EngineOptions, EngineTaskContext } from './taskContext.js';
import type { BuildResult } from './tasks/build.js';
import { build } from './tasks/build.js';
import { consolidate } from './tasks/consolidate.js';
import { cancelBlock, commitBlock, openBlock, sealBlock } from './tasks/externalBlock.js';
import type { FinalizeResult } from './tasks/finalize.js';
import { finalize } from './tasks/finalize.js';
import { follow } from './tasks/follow.js';
import type { InsertResult } from './tasks/insert.js';
import { insert } from './tasks/insert.js';
import type { InsertBuiltResult } from './tasks/insertBuilt.js';
import { insertOwn } from './tasks/insertBuilt.js';
import { offerHead } from './tasks/offerHead.js';
import { refuseAttributes } from './tasks/refuseAttributes.js';
import { restoreBackup } from './tasks/restoreBackup.js';
import { cancelBuild, seal } from './tasks/seal.js';
import { synchronize } from './tasks/synchronize.js';
import type { Stale, TriedOnce } from './triedOnce.js';
import { once } from './triedOnce.js';
import { UnbuiltAttributes } from './unbuiltAttributes.js';
import { UnsafeInserter } from './unsafeInserter.js';

export type EngineLane =
  | 'control'
  | 'seal'
  | 'build'
  | 'commit'
  | 'insert'
  | 'follow'
  | 'consolidate'
  | 'finalize';

/**
 * Highest priority first: a sealed block is worth most while it is fresh. `control` wakes the actor for a reset, and goes
 * back to a replaced unsafe head. `commit` inserts blocks that were built here, `insert` those of others, which so never
 * stand before our own. Capacities: the sequencer has one job at a time and may cancel it; unsafe payloads wait in their
 * own queue, one of them is here; of follow targets and finalized heads only the newest counts; derivation submits one
 * block at a time, with one synchronization behind it.
 */
const LANES: readonly LaneSpec<EngineLane>[] = [
  { name: 'control', capacity: 1, overflow: 'replaceOldest' },
  { name: 'seal', capacity: 4, overflow: 'refuse' },
  { name: 'build', capacity: 4, overflow: 'refuse' },
  { name: 'commit', capacity: 4, overflow: 'refuse' },
  { name: 'insert', capacity: 4, overflow: 'refuse' },
  { name: 'follow', capacity: 1, overflow: 'replaceOldest' },
  { name: 'consolidate', capacity: 4, overflow: 'refuse' },
  { name: 'finalize', capacity: 1, overflow: 'replaceOldest' },
];

/** Who sets the safe heads decides which lanes there are: a follow source or derivation, never both. */
function lanesOf({ followEnabled }: EngineOptions): readonly LaneSpec<EngineLane>[] {
  const absent: readonly EngineLane[] = followEnabled ? ['consolidate', 'finalize'] : ['follow'];
  return LANES.filter(({ name }) => !absent.includes(name));
}

/** A reset makes what these were about void; unsafe payloads and finality still count after it. */
const LANES_CLEARED_BY_RESET: readonly EngineLane[] = ['seal', 'build', 'follow', 'consolidate'];

export interface EngineActorDeps
  extends Omit<
    EngineTaskContext,
    'options' | 'records' | 'store' | 'syncTarget' | 'unbuilt' | 'aheadJob'
  > {
  /** Null where nothing is recorded. */
  readonly safeHeads: EngineSafeHeadRecorder | null;
  readonly random: Random;
}

/**
 * Owns the execution layer: the only part of the node that changes its forkchoice. Work comes in as tasks on priority
 * lanes (Seal > Build > Commit > Insert > Follow > Consolidate > Finalize); one runs at a time, each settles once. First it
 * loads the heads; a task that fails with severity reset makes it find the forkchoice again before any other runs.
 * Publishes all heads in one snapshot. Failure: temporary ones are retried here with back-off; only critical ones
 * leave `step`.
 */
export class EngineActor implements Actor {
  readonly name = 'engine';
  private readonly ctx: EngineTaskContext;
  private readonly laneNames: readonly EngineLane[];
  private readonly lanes: LaneQueue<EngineLane>;
  private readonly inserter: UnsafeInserter;
  private readonly elSyncOffer: ElSyncOffer;
  private readonly prepareBackoff: Backoff;
  private isInitialized = false;
  private resetDue: NodeError | null = null;
  private isRestoring = false;
  /** Ends the insertions that are not tied to a caller. */
  private readonly stopping = linkSignals();

  constructor(options: EngineOptions, deps: EngineActorDeps) {
    const { random, safeHeads, ...shared } = deps;
    this.ctx = {
      ...shared,
      options,
      records: new SafeHeadRecords(options.rollup.genesis.l2, { ...shared, recorder: safeHeads }),
      store: new EngineStore(startState(options), {
        ...shared,
        forks: new ForkWatch(options.rollup, shared.log),
      }),
      syncTarget: new SyncTarget(shared),
      unbuilt: new UnbuiltAttributes(),
      aheadJob: new AheadJob(),
    };
    const lanes = lanesOf(options);
    this.laneNames = lanes.map(({ name }) => name);
    this.lanes = new LaneQueue({ lanes, backoff: DEFAULT_BACKOFF }, { clock: deps.clock, random });
    this.prepareBackoff = new Backoff(DEFAULT_BACKOFF, random);
    this.elSyncOffer = new ElSyncOffer({ ctx: this.ctx, offer: () => this.offerHead() });
    this.inserter = new UnsafeInserter(
      { maxBytes: MAX_UNSAFE_PAYLOADS_BYTES },
      {
        ctx: this.ctx,
        random,
        submit: (envelope, head) => this.insertUnsafe(envelope, head),
      },
    );
  }

  /** Every head in one snapshot; a new object after each change. */
  get heads(): WatchReader<EngineHeads> {
    return this.ctx.store.published;
  }

  /**
   * Asks for the heads of a checked status; a newer target supersedes one that still waits. With unsafe blocks that are
   * dropped go the payloads that wait to be put on top of them.
   */
  follow(target: FollowTarget, signal: AbortSignal): Promise<Settled<FollowResult>> {
    const run = async (taskSignal: AbortSignal): Promise<FollowResult> => {
      const result = await follow(this.ctx, target, taskSignal);
      const isTaken = result.kind === 'applied' || result.kind === 'unchanged';
      if (isTaken && target.dropsUnsafe === true) this.inserter.clear();
      return result;
    };
    return this.lanes.submit('follow', run, signal);
  }

  /**
   * Tells what the follower is leading the execution layer to, null when that is over: until then no block of our own is
   * started or inserted. At once, whatever runs.
   */
  noteMove(to: BlockId | null): void {
    this.ctx.store.noteMove(to);
  }

  /**
   * Takes an unsafe block, from gossip, RPC or the followed source: inserted when it fits, in order.
   * @returns when it is inserted or dropped, or has to wait for something. Never rejects.
   */
  addUnsafePayload(envelope: ExecutionPayloadEnvelope): Promise<void> {
    return this.inserter.add(envelope);
  }

  /** The lowest waiting payload beyond missing blocks, for who asks peers for them; null without a gap. */
  get firstBeyondGap(): ExecutionPayloadEnvelope | null {
    return this.inserter.firstBeyondGap;
  }

  /** Moves finalized forward to a safe block; a newer call supersedes one that still waits. */
  finalize(ref: L2BlockRef, signal: AbortSignal): Promise<Settled<FinalizeResult>> {
    return this.lanes.submit('finalize', (s) => finalize(this.ctx, ref, s), signal);
  }

  /**
   * Makes the next derived block pending safe, by consolidation or by building it.
   * @param resetEpoch that the attributes were derived in: after a reset since then they are stale, although they may
   * fit the heads by chance. Without it any epoch does.
   * @param ahead makes the attributes that are expected next; without it each building job waits for its attributes.
   */
  consolidate(
    derived: DerivedAttributes,
    signal: AbortSignal,
    resetEpoch?: number,
    ahead?: AttributesAhead,
  ): Promise<Settled<ConsolidateResult>> {
    const run = async (taskSignal: AbortSignal): Promise<ConsolidateResult> => {
      const isOld = resetEpoch !== undefined && this.heads.get().resetEpoch !== resetEpoch;
      return isOld ? { kind: 'stale' } : consolidate(this.ctx, derived, taskSignal, ahead);
    };
    return this.lanes.submit('consolidate', run, signal);
  }

  /**
   * Starts a block of our own sequencer on our unsafe head. Tried once: its time passes, so who sequences decides what
   * comes after a temporary failure. Invalid attributes are settled as op-node does: see `refuseAttributes`.
   * @param resetEpoch that the attributes were made in: after a reset since then they are stale, as their L1 origin may be.
   * Without it any epoch does.
   */
  build(
    attributes: AttributesWithParent,
    signal: AbortSignal,
    resetEpoch?: number,
  ): Promise<Settled<TriedOnce<BuildResult>>> {
    const run = async (taskSignal: AbortSignal): Promise<BuildResult | Stale> => {
      const heads = this.heads.get();
      const isOld = resetEpoch !== undefined && heads.resetEpoch !== resetEpoch;
      const isLeft = heads.movingTo !== null;
      if (isOld || isLeft || !sameBlock(attributes.parent, heads.unsafe)) return { kind: 'stale' };
      const result = await build(this.ctx, attributes, taskSignal);
      if (result.kind === 'invalid') {
        // One that has left our chain meanwhile calls invalid whatever builds on it, and will be led back.
        await expectHeld(this.ctx, attributes.parent, taskSignal);
        refuseAttributes(this.ctx, attributes, result.reason);
      }
      return result;
    };
    return this.lanes.submit('build', (s) => once(() => run(s)), signal);
  }

  /** Takes the block of a building job; it is not inserted yet. */
  seal(job: BuildJob, signal: AbortSignal): Promise<Settled<SealResult>> {
    return this.lanes.submit('seal', (s) => seal(this.ctx, job, s), signal);
  }

  /** Ends a building job that is not wanted any more. */
  cancelBuild(info: PayloadInfo, signal: AbortSignal): Promise<Settled<void>> {
    return this.lanes.submit('build', (s) => cancelBuild(this.ctx, info, s), signal);
  }

  /**
   * Inserts a sealed block of our own sequencer as the child of our unsafe head. Tried once, as `build`. While the execution
   * layer is led to that very block it may be nowhere else than here.
   * @param startedMs monotonic start of its job; null when it is not known.
   */
  insertSealed(
    block: SealedBlock,
    startedMs: number | null,
    signal: AbortSignal,
  ): Promise<Settled<TriedOnce<InsertBuiltResult>>> {
    const run = async (taskSignal: AbortSignal): Promise<InsertBuiltResult | Stale> => {
      const heads = this.heads.get();
      const { unsafe } = heads;
      if (sameBlock(block.ref, unsafe)) return { kind: 'inserted', ref: unsafe };
      const isLeft = isLedElsewhere(heads, block.ref);
      if (isLeft || block.ref.parentHash !== unsafe.hash) return { kind: 'stale' };
      return insertOwn(this.ctx, block, startedMs, taskSignal);
    };
    return this.lanes.submit('commit', (s) => once(() => run(s)), signal);
  }

  /** Tells the execution layer the heads that consolidation moved. */
  synchronize(signal: AbortSignal): Promise<Settled<'applied' | 'unchanged' | 'syncing'>> {
    return this.lanes.submit('consolidate', (s) => synchronize(this.ctx, s), signal);
  }

  /** For who builds blocks through this node: see `openBlock`. Each of these is tried once. */
  openBlock(
    parent: BlockId,
    attributes: PayloadAttributes,
    signal: AbortSignal,
  ): Promise<Settled<ExternalResult<PayloadInfo>>> {
    const run = (s: AbortSignal) => openBlock(this.ctx, parent, attributes, s);
    return this.lanes.submit('build', run, signal);
  }

  cancelBlock(info: PayloadInfo, signal: AbortSignal): Promise<Settled<ExternalResult<null>>> {
    return this.lanes.submit('build', (s) => cancelBlock(this.ctx, info, s), signal);
  }

  sealBlock(
    info: PayloadInfo,
    signal: AbortSignal,
  ): Promise<Settled<ExternalResult<ExecutionPayloadEnvelope>>> {
    return this.lanes.submit('seal', (s) => sealBlock(this.ctx, info, s), signal);
  }

  commitBlock(
    envelope: ExecutionPayloadEnvelope,
    signal: AbortSignal,
  ): Promise<Settled<ExternalResult<null>>> {
    return this.lanes.submit('commit', (s) => commitBlock(this.ctx, envelope, s), signal);
  }

  /**
   * Finds the forkchoice again before the next task; `heads.resetEpoch` rises when that is done. One that is asked for while
   * another waits or runs is that one: each reset makes those ask for it whose work it drops, and who contradicts its
   * outcome as well asks again.
   */
  requestReset(why: NodeError): void {
    this.resetDue ??= why;
    this.lanes.clear(
      LANES_CLEARED_BY_RESET.filter((name) => this.laneNames.includes(name)),
      why,
    );
    void this.lanes.submit('control', async () => undefined, this.stopping.signal);
  }

  async step(signal: AbortSignal): Promise<void> {
    if (!this.isInitialized || this.resetDue !== null) return this.prepare(signal);
    void this.restoreBackup();
    const wasElSyncing = isInitialElSyncing(this.heads.get());
    const run = await this.lanes.runNext(signal);
    this.recordRun(run);
    this.inserter.pump();
    this.elSyncOffer.observe();
    if (run.kind === 'failed') this.onFailed(run.error);
    if (wasElSyncing && !isInitialElSyncing(this.heads.get())) this.onElSynced();
  }

  /** Refuses new work, settles what waits as aborted; resolves when the running task has ended. */
  async close(): Promise<void> {
    this.inserter.stop();
    this.elSyncOffer.stop();
    this.stopping.abort();
    await this.lanes.close();
  }

  /** One try to load or find the heads; after a failure it waits before it returns. */
  private async prepare(signal: AbortSignal): Promise<void> {
    try {
      if (this.isInitialized) await this.reset(signal);
      else await initializeEngine(this.ctx, signal);
    } catch (thrown) {
      await this.onPrepareFailed(toNodeError(thrown), signal);
      return;
    }
    this.isInitialized = true;
    this.prepareBackoff.reset();
    this.inserter.pump();
    this.elSyncOffer.observe();
  }

  /** One try to insert a payload of others, where it is still for our unsafe head. */
  private insertUnsafe(
    envelope: ExecutionPayloadEnvelope,
    head: L2BlockRef,
  ): Promise<Settled<TriedOnce<InsertResult>>> {
    const run = async (signal: AbortSignal): Promise<InsertResult> =>
      sameBlock(head, this.heads.get().unsafe)
        ? insert(this.ctx, envelope, signal)
        : { kind: 'stale' };
    return this.lanes.submit('insert', (s) => once(() => run(s)), this.stopping.signal);
  }

  private offerHead(): Promise<Settled<void>> {
    return this.lanes.submit('insert', (s) => offerHead(this.ctx, s), this.stopping.signal);
  }

  /** Before all else, once it is due; while it fails for now the lanes go on. */
  private async restoreBackup(): Promise<void> {
    if (this.isRestoring || !this.ctx.store.state.isBackupDue) return;
    this.isRestoring = true;
    const run = (s: AbortSignal) => restoreBackup(this.ctx, s);
    await this.lanes.submit('control', run, this.stopping.signal);
    this.isRestoring = false;
  }

  private async reset(signal: AbortSignal): Promise<void> {
    const why = this.resetDue;
    this.ctx.log.warn('Deriver system is resetting', { err: why?.message, code: why?.code });
    await resetEngine(this.ctx, signal);
    this.resetDue = null;
    this.ctx.metrics.recordReset();
  }

  private async onPrepareFailed(error: NodeError, signal: AbortSignal): Promise<void> {
    if (error.severity === 'critical' || signal.aborted) throw error;
    const delayMs = this.prepareBackoff.nextDelayMs();
    this.ctx.log.warn('Failed to find the L2 heads to start from', {
      err: error.message,
      code: error.code,
      delayMs,
    });
    await this.ctx.clock.sleep(delayMs, signal);
  }

  /** Derivation and sequencing need heads whose L1 origins have been checked; while syncing there were none. */
  private onElSynced(): void {
    if (this.ctx.options.startFrom !== 'l1Walk') return;
    const why = 'EL sync is over: the starting forkchoice can be found';
    this.requestReset(new NodeError('ENGINE_NOT_READY', why, { severity: 'reset' }));
  }

  private onFailed(error: NodeError): void {
    if (error.severity === 'critical') throw error;
    this.requestReset(error);
  }

  private recordRun(run: LaneRun<EngineLane>): void {
    const { metrics, log } = this.ctx;
    metrics.recordRun(run.lane, run.kind);
    for (const name of this.laneNames) {
      metrics.recordLane(name, this.lanes.depth(name), this.lanes.oldestAgeMs(name));
    }
    if (run.kind !== 'retry') return;
    log.warn('Engine temporary error', {
      lane: run.lane,
      err: run.error.message,
      code: run.error.code,
      attempt: run.attempt,
      delayMs: run.delayMs,
    });
  }
}
