import type { L1BlockRef, L2BlockRef } from './block.js';

/** What `optimism_syncStatus` reports; op-node `op-service/eth/sync_status.go`. All-zero refs mean "not known". */
export interface SyncStatus {
  readonly currentL1: L1BlockRef;
  readonly currentL1Finalized: L1BlockRef;
  readonly headL1: L1BlockRef;
  readonly safeL1: L1BlockRef;
  readonly finalizedL1: L1BlockRef;
  readonly unsafeL2: L2BlockRef;
  readonly safeL2: L2BlockRef;
  readonly finalizedL2: L2BlockRef;
  readonly pendingSafeL2: L2BlockRef;
  readonly crossUnsafeL2: L2BlockRef;
  readonly localSafeL2: L2BlockRef;
}
