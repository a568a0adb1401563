import { type NodeError, toNodeError } from '../errors/nodeError.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Actor } from '../runtime/actor.js';
import { anyOf } from '../runtime/anyOf.js';
import type { Clock } from '../runtime/clock.js';
import type { Settled } from '../runtime/laneQueue.js';
import type { Log } from '../telemetry/logger.js';
import type { L2BlockRef } from '../types/block.js';
import { isZeroRef, parentId, sameBlock } from '../types/block.js';
import type { BuildJob } from '../types/building.js';
import type { EngineHeads } from '../types/engineHeads.js';
import { isInitialElSyncing } from '../types/engineHeads.js';
import type { PayloadAttributes } from '../types/payload.js';
import { HeadObserver } from './headObserver.js';
import { NextAttributes } from './nextAttributes.js';
import type { OriginSelector } from './originSelector.js';
import type {
  BlockPublisher,
  SequencerAttributes,
  SequencerConductor,
  SequencerEngine,
  SequencerRecorder,
} from './ports.js';
import {
  isBeingLeft,
  isSameWork,
  type SealedWork,
  type SequencerCell,
  type SequencerState,
  type SequencerWork,
} from './sequencerState.js';
import { Pause, sealMs, startMs } from './sequencerTiming.js';

/** Longest wait without a look at the clock: it may be set meanwhile. */
const MAX_WAIT_MS = 1_000;
/** After something failed for now. */
const RETRY_MS = 1_000;
/** While the execution layer syncs its own chain. */
const SYNCING_RETRY_MS = 30_000;
export interface SequencerOptions {
  readonly config: RollupConfig;
  /** Milliseconds; 0 or less is the default. */
  readonly sealingMs: number;
  /** Most L2 blocks between the safe and the unsafe head; 0 is no limit. */
  readonly maxSafeLag: bigint;
}

export interface SequencerDeps {
  readonly state: SequencerCell;
  readonly engine: SequencerEngine;
  readonly origins: Pick<OriginSelector, 'find' | 'prefetch'>;
  readonly attributes: SequencerAttributes;
  readonly conductor: Pick<SequencerConductor, 'commitUnsafePayload'>;
  readonly publisher: BlockPublisher;
  readonly recorder: Pick<
    SequencerRecorder,
    'sequencingError' | 'sequencerReset' | 'inconsistentL1Origin'
  >;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Builds the unsafe chain: one block at a time on the engine's unsafe head, started one block time before it is due,
 * sealed shortly before it is due, at once when it is late. A sealed block goes to the conductor, then to peers, then
 * into our engine; that it could not be inserted never makes a second block of its height. Inputs: the engine's heads
 * and the state that the admin methods change, as Watches. Run by the supervisor, a piece of work a step.
 * Failure: temporary ones are waited out here; an L1 origin that is gone leaves `step` as a reset; critical ones end
 * the node. op-node `rollup/sequencing/sequencer.go`.
 */
export class SequencerActor implements Actor {
  readonly name = 'sequencer';
  private readonly pause: Pause;
  private readonly observer: HeadObserver;
  private readonly attributes: NextAttributes;

  constructor(
    private readonly options: SequencerOptions,
    private readonly deps: SequencerDeps,
  ) {
    const { config, maxSafeLag } = options;
    const blockTimeMs = Number(config.blockTime) * 1000;
    this.pause = new Pause(deps.clock);
    this.observer = new HeadObserver({ blockTimeMs, maxSafeLag }, { ...deps, pause: this.pause });
    this.attributes = new NextAttributes(config, deps);
  }

  async step(signal: AbortSignal): Promise<void> {
    const heads = this.observer.look(signal);
    const state = this.deps.state.get();
    const waitMs = this.waitMs(state, heads);
    if (waitMs > 0) return this.wait(state, heads, waitMs, signal);
    const { work } = state;
    if (work === null) return this.start(heads, state.isRecovering, signal);
    if (work.kind === 'building') return this.seal(work.job, signal);
    return work.kind === 'published' ? this.insert(work, signal) : this.commit(work, signal);
  }

  /** Milliseconds until there is something to do; 0 or less is now. */
  private waitMs({ isActive, work }: SequencerState, heads: EngineHeads): number {
    const { clock } = this.deps;
    const cannot = isZeroRef(heads.unsafe) || isInitialElSyncing(heads) || isBeingLeft(work, heads);
    if (!isActive || cannot) return MAX_WAIT_MS;
    if (this.observer.isStalled && (work === null || work.kind === 'building')) return MAX_WAIT_MS;
    const heldMs = this.pause.leftMs;
    if (work !== null && work.kind !== 'building') return heldMs;
    const { blockTime } = this.options.config;
    const { sealingMs } = this.options;
    const dueMs =
      work === null ? startMs(heads.unsafe) : sealMs(work.job.parent, { blockTime, sealingMs });
    return Math.max(heldMs, dueMs - clock.nowMs());
  }

  private async wait(
    state: SequencerState,
    heads: EngineHeads,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, engine, state: cell } = this.deps;
    await anyOf<unknown>(
      [
        (s) => clock.sleep(Math.min(waitMs, MAX_WAIT_MS), s),
        (s) => engine.heads.changed(heads, s),
        (s) => cell.changed(state, s),
      ],
      signal,
    );
  }

  private async start(
    { unsafe: parent, resetEpoch }: EngineHeads,
    isRecovering: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, log } = this.deps;
    const prepared = await this.prepare(parent, isRecovering, signal);
    if (prepared === null || !this.mayBuildOn(parent, signal)) return;
    const settled = await engine.build(
      { attributes: prepared, parent, concluding: false, derivedFrom: null },
      signal,
      resetEpoch,
    );
    if (settled.kind !== 'ok') return this.onUnsettled(settled);
    const { value } = settled;
    switch (value.kind) {
      case 'started':
        if (!this.mayBuildOn(parent, signal)) {
          log.warn(
            'Canceling stale block-building job that was just started, as target to build onto has changed',
            { stale: parent, job_id: value.job.info.id, job_timestamp: value.job.info.timestamp },
          );
          void engine.cancelBuild(value.job.info, signal);
        } else this.deps.state.take({ kind: 'building', job: value.job });
        return;
      case 'invalid':
        log.error('Cannot sequence invalid payload attributes', {
          attributes_parent: parent,
          timestamp: prepared.timestamp,
          err: value.reason,
        });
        return this.failBlock();
      case 'stale':
        return;
      case 'unavailable':
        return this.backOff(value.error);
    }
  }

  /** The attributes of the next block, or null where that has to wait. */
  private async prepare(
    parent: L2BlockRef,
    isRecovering: boolean,
    signal: AbortSignal,
  ): Promise<PayloadAttributes | null> {
    try {
      return await this.attributes.prepare(parent, isRecovering, signal);
    } catch (thrown) {
      const error = toNodeError(thrown);
      if (signal.aborted || error.severity === 'critical') throw error;
      if (error.severity === 'reset') {
        // Asked for once: the engine takes its time, and another look would find the same.
        this.pause.hold(Number(this.options.config.blockTime) * 1000);
        throw error;
      }
      this.backOff(error);
      return null;
    }
  }

  private async seal(job: BuildJob, signal: AbortSignal): Promise<void> {
    const { engine, log } = this.deps;
    const settled = await engine.seal(job, signal);
    if (settled.kind !== 'ok') return this.onUnsettled(settled);
    this.observer.look(signal);
    const { work } = this.deps.state.get();
    if (work?.kind !== 'building' || work.job !== job) return;
    const { value } = settled;
    const payload = { payloadID: job.info.id, timestamp: job.info.timestamp };
    if (value.kind !== 'sealed') {
      const what = value.kind === 'expired' ? 'temporarily could not' : 'could not';
      log.error(`Sequencer ${what} seal block`, { ...payload, err: value.reason });
      return this.failBlock();
    }
    const { ref, envelope } = value;
    log.info('Sequencer sealed block', {
      payloadID: job.info.id,
      block: ref,
      parent: parentId(ref),
      txs: envelope.executionPayload.transactions.length,
      time: ref.timestamp,
    });
    const sealed = { kind: 'sealed', block: { envelope, ref }, startedMs: job.startedMs } as const;
    return this.commit(sealed, signal);
  }

  /** Nobody sees the block before the conductor has it. */
  private async commit(sealed: SealedWork, signal: AbortSignal): Promise<void> {
    const { conductor, publisher, log } = this.deps;
    const { envelope } = sealed.block;
    this.deps.state.take({ ...sealed, kind: 'committing' });
    try {
      await conductor.commitUnsafePayload(envelope, signal);
    } catch (thrown) {
      if (isSameWork(this.deps.state.get().work, sealed)) this.deps.state.take(sealed);
      const error = toNodeError(thrown);
      if (signal.aborted || error.severity !== 'temporary') throw error;
      log.error('failed to commit unsafe payload to conductor', { err: error.message });
      return this.backOff(error);
    }
    this.observer.look(signal);
    if (!isSameWork(this.deps.state.get().work, sealed)) return;
    publisher.publish(envelope);
    const published: SealedWork = { ...sealed, kind: 'published' };
    this.deps.state.take(published);
    return this.insert(published, signal);
  }

  private async insert(work: SealedWork, signal: AbortSignal): Promise<void> {
    const { engine, log } = this.deps;
    const { block, startedMs } = work;
    this.observer.expectOwn(block.ref);
    const settled = await engine.insertSealed(block, startedMs, signal);
    if (settled.kind !== 'ok') return this.pause.hold(RETRY_MS);
    const { value } = settled;
    switch (value.kind) {
      case 'inserted':
        log.info('Sequencer inserted block', { block: block.ref, parent: parentId(block.ref) });
        return this.finish(work);
      case 'invalid':
        log.error('Sequencer could not insert payload', { block: block.ref, err: value.reason });
        return this.failBlock();
      case 'stale':
        if (this.observer.look(signal).movingTo !== null) return;
        log.warn('Dropped sealed block, sequencing pre-state is different', { block: block.ref });
        return this.finish(work);
      case 'unavailable':
        return this.backOff(value.error);
    }
  }

  private finish(work: SequencerWork): void {
    if (isSameWork(this.deps.state.get().work, work)) this.deps.state.drop();
  }

  /** The engine was reset, refused to take one more task, or stops: what was begun is void. */
  private onUnsettled(settled: Exclude<Settled<unknown>, { readonly kind: 'ok' }>): void {
    this.deps.state.drop();
    if (settled.kind === 'failed') this.backOff(settled.error);
    else this.pause.hold(RETRY_MS);
  }

  private failBlock(): void {
    this.deps.recorder.sequencingError();
    this.deps.state.drop();
    this.pause.hold(Number(this.options.config.blockTime) * 1000);
  }

  private backOff(error: NodeError): void {
    this.deps.log.error('Engine failed temporarily, backing off sequencer', {
      err: error.message,
      code: error.code,
    });
    this.pause.hold(error.code === 'ENGINE_EL_SYNCING' ? SYNCING_RETRY_MS : RETRY_MS);
  }

  /** False when the sequencer was stopped, or the head moved or is being left, while something was waited for. */
  private mayBuildOn(parent: L2BlockRef, signal: AbortSignal): boolean {
    const { unsafe, movingTo } = this.observer.look(signal);
    return this.deps.state.get().isActive && movingTo === null && sameBlock(unsafe, parent);
  }
}
