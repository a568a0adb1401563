import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import type { EngineMetrics } from './engineMetrics.js';

/**
 * A target that the execution layer works towards is sent to it again this often at most: one that was restarted
 * has forgotten it.
 */
const RESEND_AFTER_MS = 30_000;
/** Without a new block for this long the execution layer is said to be stuck. */
const STALL_AFTER_MS = 60_000;

interface Pursuit {
  readonly target: BlockId;
  readonly sentMs: number;
}

export interface SyncTargetDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: EngineMetrics;
}

/**
 * Remembers the head that the execution layer answered SYNCING for, so that an unchanged target is not sent with
 * every status, and warns when it makes no progress.
 */
export class SyncTarget {
  private pursuit: Pursuit | null = null;
  private progress: { readonly headNumber: bigint; readonly sinceMs: number } | null = null;
  private lastWarnMs: number | null = null;

  constructor(private readonly deps: SyncTargetDeps) {}

  /** The block that the execution layer is syncing to, as far as we told it. */
  get target(): BlockId | null {
    return this.pursuit?.target ?? null;
  }

  /** False while the same target was sent a short time ago. */
  isDue(target: BlockId): boolean {
    const { pursuit } = this;
    if (pursuit === null || !sameBlock(pursuit.target, target)) return true;
    return this.deps.clock.monotonicMs() - pursuit.sentMs >= RESEND_AFTER_MS;
  }

  /** The execution layer answered SYNCING for this target. */
  sent(target: BlockId): void {
    this.pursuit = { target, sentMs: this.deps.clock.monotonicMs() };
  }

  /** The heads moved, or the target no longer matters. */
  clear(): void {
    this.pursuit = null;
    this.progress = null;
    this.lastWarnMs = null;
    this.deps.metrics.recordSyncStalled(false);
  }

  /**
   * Notes the height of the execution layer's chain; warns once a minute while it stands still.
   * @param peerCount asked only for the warning; null where the execution layer does not say.
   */
  async observe(headNumber: bigint, peerCount: () => Promise<number | null>): Promise<void> {
    const nowMs = this.deps.clock.monotonicMs();
    if (this.progress === null || headNumber > this.progress.headNumber) {
      this.progress = { headNumber, sinceMs: nowMs };
      this.lastWarnMs = null;
      this.deps.metrics.recordSyncStalled(false);
      return;
    }
    const standsMs = nowMs - this.progress.sinceMs;
    const isWarnDue = this.lastWarnMs === null || nowMs - this.lastWarnMs >= STALL_AFTER_MS;
    if (standsMs < STALL_AFTER_MS || !isWarnDue) return;
    this.lastWarnMs = nowMs;
    this.deps.metrics.recordSyncStalled(true);
    this.deps.log.warn('Execution layer makes no progress towards the followed head', {
      target: this.target,
      engineHead: headNumber,
      standsMs: Math.round(standsMs),
      peerCount: await peerCount(),
    });
  }
}
