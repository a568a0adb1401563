import type { Hash } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import { isInitialElSyncing } from '../types/engineHeads.js';

/** Time without a gossip payload after which following may start or feed the execution layer's sync. */
const QUIET_MS = 30_000;

/**
 * Keeps the follower quiet while the engine does its initial execution-layer sync, whose target gossip sets. Where no
 * payload comes for a while the gate opens, and the follow target starts that sync: else both would wait for ever.
 * op-node `rollup/driver/driver.go` followUpstream. Differs: op-node never starts the sync from a follow target.
 */
export class ElSyncGate {
  private lastActivityMs: number | null = null;
  private lastUnsafe: Hash | null = null;
  private ownTarget: Hash | null = null;
  private isEscaped = false;

  /** Whether a poll may happen now. Call it before each one. @param nowMs monotonic. */
  isOpen(heads: EngineHeads, nowMs: number): boolean {
    if (!isInitialElSyncing(heads)) {
      this.lastActivityMs = null;
      this.isEscaped = false;
      return true;
    }
    const { hash } = heads.unsafe;
    const isPayload = hash !== this.lastUnsafe && hash !== this.ownTarget;
    if (this.lastActivityMs === null || isPayload) {
      this.lastActivityMs = nowMs;
      this.isEscaped = false;
    }
    this.lastUnsafe = hash;
    if (nowMs - this.lastActivityMs >= QUIET_MS) this.isEscaped = true;
    return this.isEscaped;
  }

  /** The target that was handed to the engine: an unsafe head that becomes it is no sign of gossip. */
  noteTarget(hash: Hash): void {
    this.ownTarget = hash;
  }
}
