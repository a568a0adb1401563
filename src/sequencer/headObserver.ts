import type { Log } from '../telemetry/logger.js';
import type { L2BlockRef } from '../types/block.js';
import { isZeroRef, sameBlock } from '../types/block.js';
import type { BuildJob } from '../types/building.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { OriginSelector } from './originSelector.js';
import type { SequencerEngine, SequencerRecorder } from './ports.js';
import { buildsOn, isSameWork, type SequencerCell, type SequencerWork } from './sequencerState.js';
import type { Pause } from './sequencerTiming.js';

export interface HeadObserverOptions {
  readonly blockTimeMs: number;
  /** Most L2 blocks between the safe and the unsafe head; 0 is no limit. */
  readonly maxSafeLag: bigint;
}

export interface HeadObserverDeps {
  readonly state: SequencerCell;
  readonly engine: Pick<SequencerEngine, 'heads' | 'cancelBuild'>;
  readonly origins: Pick<OriginSelector, 'prefetch'>;
  readonly pause: Pause;
  readonly recorder: Pick<SequencerRecorder, 'sequencerReset'>;
  readonly log: Log;
}

/**
 * What moved heads mean for the sequencer: work that does not build on the unsafe head any more is dropped, a chain
 * that others make is left alone for a block time, and a safe head that lags too far stalls it.
 */
export class HeadObserver {
  private seen: EngineHeads | null = null;
  private wasActive = false;
  private lagsBehind = false;
  private ownHead: L2BlockRef | null = null;

  constructor(
    private readonly options: HeadObserverOptions,
    private readonly deps: HeadObserverDeps,
  ) {}

  /** True while the safe head lags more than allowed, as of the last look. */
  get isStalled(): boolean {
    return this.lagsBehind;
  }

  /** The block that we are about to make the unsafe head: when it gets there, that is no news. */
  expectOwn(block: L2BlockRef): void {
    this.ownHead = block;
  }

  /** Takes note of the newest heads, and returns them. */
  look(signal: AbortSignal): EngineHeads {
    const heads = this.deps.engine.heads.get();
    const { seen } = this;
    this.observeStart(heads);
    if (seen === heads) return heads;
    this.seen = heads;
    const { work, isActive } = this.deps.state.get();
    const hasMoved = seen === null || !sameBlock(seen.unsafe, heads.unsafe);
    // The first heads that the engine finds are where it begins, and no reset.
    const before = seen === null || isZeroRef(seen.unsafe) ? null : seen;
    if (before !== null && before.resetEpoch !== heads.resetEpoch) this.onReset(signal);
    else if (before !== null && hasMoved) this.onMoved(before, heads);
    this.observeMove(before, heads);
    // A block that is out waits for the end of the move: where that came to nothing, there must be no other beside it.
    const isLeft = heads.movingTo !== null && work?.kind !== 'published';
    if (work !== null && (isLeft || !buildsOn(work, heads.unsafe))) {
      this.drop(work, heads.unsafe, signal);
    }
    this.observeLag(heads);
    if (isActive && hasMoved && !isZeroRef(heads.unsafe)) {
      void this.deps.origins.prefetch(heads.unsafe, signal);
    }
    return heads;
  }

  private observeStart({ elSync }: EngineHeads): void {
    const { isActive } = this.deps.state.get();
    const isStart = isActive && !this.wasActive;
    if (isStart) this.deps.pause.end();
    if (isStart && elSync === 'willStart') {
      this.deps.log.warn(
        'Sequencer waits for the sync of the execution layer, which an unsafe payload starts',
      );
    }
    this.wasActive = isActive;
  }

  private onMoved(before: EngineHeads, { unsafe, pendingSafe, safe }: EngineHeads): void {
    const { pause, log } = this.deps;
    if (this.ownHead !== null && sameBlock(unsafe, this.ownHead)) {
      pause.end();
      return;
    }
    if (this.wasActive && unsafe.number <= before.unsafe.number) {
      log.error('Unsafe chain was replaced under the sequencer', {
        before: before.unsafe,
        unsafe,
        safe,
      });
    }
    // Derivation or a followed source makes the chain now: the next block is theirs if it comes within a block time.
    if (sameBlock(unsafe, pendingSafe) || sameBlock(unsafe, safe)) this.holdBlockTime();
    else if (unsafe.number > before.unsafe.number) pause.end();
  }

  /** The followed chain is another than the one that our blocks are on: no more of them, till we are there. */
  private observeMove(before: EngineHeads | null, { movingTo, unsafe }: EngineHeads): void {
    const wasMoving = before !== null && before.movingTo !== null;
    if (!this.wasActive || wasMoving === (movingTo !== null)) return;
    const { log } = this.deps;
    if (movingTo === null) log.info('Sequencer goes on', { unsafe });
    else
      log.warn('Sequencer rests until the engine is on the followed chain', { unsafe, movingTo });
  }

  private onReset(signal: AbortSignal): void {
    const { state, log, recorder } = this.deps;
    const { work, isActive } = state.get();
    this.holdBlockTime();
    if (!isActive) return;
    log.error('Sequencer encountered reset signal, aborting work');
    recorder.sequencerReset();
    if (work?.kind === 'building') this.abandon(work.job, signal);
    log.info('Engine reset confirmed, sequencer may continue');
  }

  private drop(work: SequencerWork, unsafe: L2BlockRef, signal: AbortSignal): void {
    const { state, log } = this.deps;
    if (!isSameWork(state.get().work, work)) return;
    if (work.kind === 'building') {
      log.debug('Dropping stale block-building job', { parent: work.job.parent, unsafe });
      this.abandon(work.job, signal);
      return;
    }
    state.drop();
    if (sameBlock(work.block.ref, unsafe)) return;
    log.warn('Dropped sealed block, sequencing pre-state is different', {
      block: work.block.ref,
      unsafe,
    });
  }

  private abandon(job: BuildJob, signal: AbortSignal): void {
    const { state, engine } = this.deps;
    state.drop();
    void engine.cancelBuild(job.info, signal);
  }

  private observeLag({ safe, unsafe }: EngineHeads): void {
    const { maxSafeLag } = this.options;
    const lagsBehind = maxSafeLag > 0n && safe.number + maxSafeLag <= unsafe.number;
    if (lagsBehind === this.lagsBehind) return;
    this.lagsBehind = lagsBehind;
    const fields = { head: unsafe, safe, max_lag: maxSafeLag };
    if (lagsBehind) {
      const message = 'sequencer has fallen behind safe head by more than lag, stalling';
      this.deps.log.warn(message, fields);
    } else this.deps.log.info('safe head caught up, resuming sequencing', fields);
  }

  private holdBlockTime(): void {
    this.deps.pause.hold(this.options.blockTimeMs);
  }
}
