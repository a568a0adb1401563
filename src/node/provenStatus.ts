import type { WatchReader } from '../runtime/watch.js';
import type { L2BlockRef } from '../types/block.js';
import type { Proven } from '../types/proven.js';
import type { SyncStatus } from '../types/syncStatus.js';

export interface ProvenStatusDeps {
  readonly status: Pick<WatchReader<SyncStatus>, 'get'>;
  readonly proven: Pick<WatchReader<Proven>, 'get'>;
}

/**
 * What of a verifying follower's status it would answer for itself: `current_l1` is that of its own derivation, and no safe
 * or finalized head is above what is proven. The same object as long as nothing changed.
 */
export class ProvenStatus {
  private status: SyncStatus | null = null;
  private proven: Proven | null = null;
  private limited: SyncStatus | null = null;

  constructor(private readonly deps: ProvenStatusDeps) {}

  get(): SyncStatus {
    const status = this.deps.status.get();
    const proven = this.deps.proven.get();
    const isSame = status === this.status && proven === this.proven;
    if (this.limited !== null && isSame) return this.limited;
    this.status = status;
    this.proven = proven;
    const upTo = (head: L2BlockRef) => (head.number < proven.safe.number ? head : proven.safe);
    this.limited = {
      ...status,
      currentL1: proven.currentL1,
      safeL2: upTo(status.safeL2),
      localSafeL2: upTo(status.localSafeL2),
      finalizedL2: upTo(status.finalizedL2),
    };
    return this.limited;
  }
}
