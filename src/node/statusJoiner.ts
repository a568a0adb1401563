import { anyOf } from '../runtime/anyOf.js';
import type { WatchReader } from '../runtime/watch.js';
import type { L1BlockRef } from '../types/block.js';
import { isZeroRef, ZERO_L1_REF } from '../types/block.js';
import type { DerivedL1 } from '../types/derivedL1.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { L1Heads } from '../types/l1Heads.js';
import type { SyncStatus } from '../types/syncStatus.js';

export interface StatusJoinerDeps {
  readonly heads: WatchReader<EngineHeads>;
  readonly l1: WatchReader<L1Heads>;
  /** How far derivation has come; null where nothing derives: then the engine's snapshot says it. */
  readonly derivedL1: WatchReader<DerivedL1> | null;
}

/**
 * Joins the L2 heads and the L1 labels into one sync status, on demand: the same object as long as neither changed,
 * so that readers can keep what they made of it. While following, `current_l1` and the safe heads come from one engine
 * snapshot; while deriving, all L1 data before `current_l1` is in the safe heads, as it moves on only after them, and is
 * unknown from a reset of the engine until derivation has begun again.
 * op-node `rollup/status/status.go`; `current_l1_finalized` is the finalized L1 block there too.
 */
export class StatusJoiner {
  private readonly deps: StatusJoinerDeps;
  private heads: EngineHeads | null = null;
  private l1: L1Heads | null = null;
  private currentL1: L1BlockRef | null = null;
  private joined: SyncStatus | null = null;

  constructor(deps: StatusJoinerDeps) {
    this.deps = deps;
  }

  get(): SyncStatus {
    const heads = this.deps.heads.get();
    const l1 = this.deps.l1.get();
    const currentL1 = this.currentL1Beside(heads);
    const isSame = heads === this.heads && l1 === this.l1 && currentL1 === this.currentL1;
    if (this.joined !== null && isSame) return this.joined;
    this.heads = heads;
    this.l1 = l1;
    this.currentL1 = currentL1;
    const isSought = !isZeroRef(heads.sought);
    this.joined = {
      currentL1,
      currentL1Finalized: l1.finalized,
      headL1: l1.head,
      safeL1: l1.safe,
      finalizedL1: l1.finalized,
      unsafeL2: isSought ? heads.sought : heads.unsafe,
      safeL2: heads.safe,
      finalizedL2: heads.finalized,
      pendingSafeL2: heads.pendingSafe,
      crossUnsafeL2: heads.crossUnsafe,
      localSafeL2: heads.localSafe,
    };
    return this.joined;
  }

  /** Resolves with the status as soon as it is not `seen`. @throws NodeError ABORTED */
  async changed(seen: SyncStatus, signal: AbortSignal): Promise<SyncStatus> {
    const { heads, l1, derivedL1 } = this.deps;
    for (let status = this.get(); ; status = this.get()) {
      if (status !== seen) return status;
      const waits = [changeOf(heads), changeOf(l1)];
      await anyOf(derivedL1 === null ? waits : [...waits, changeOf(derivedL1)], signal);
    }
  }

  private currentL1Beside(heads: EngineHeads): L1BlockRef {
    const derived = this.deps.derivedL1?.get();
    if (derived === undefined) return heads.currentL1;
    return derived.resetEpoch === heads.resetEpoch ? derived.currentL1 : ZERO_L1_REF;
  }
}

/** A wait for the next value. */
function changeOf<T>(watch: WatchReader<T>): (signal: AbortSignal) => Promise<void> {
  const seen = watch.get();
  return async (signal) => void (await watch.changed(seen, signal));
}
