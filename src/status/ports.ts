import type { EngineHeads } from '../types/engineHeads.js';
import type { SyncStatus } from '../types/syncStatus.js';

/** The heads as the node reports them. */
export interface StatusHeadsPort {
  get(): SyncStatus;
}

/** Where the execution client's own sync stands. */
export interface StatusEnginePort {
  get(): Pick<EngineHeads, 'elSync'>;
}

/** The L1 block that verification reads; all-zero until it has begun. */
export interface StatusProvenPort {
  get(): { readonly currentL1: SyncStatus['currentL1'] };
}
