import type { Watch, WatchReader } from '../runtime/watch.js';
import { WatchCell } from '../runtime/watch.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { ForkchoiceState } from '../types/payload.js';
import type { EngineMetrics } from './engineMetrics.js';
import type { EngineState } from './engineState.js';
import { clearBackup, sameForkchoice } from './engineState.js';
import type { ForkWatch } from './forkWatch.js';

export interface EngineStoreDeps {
  readonly log: Logger;
  readonly metrics: EngineMetrics;
  readonly forks: Pick<ForkWatch, 'seen'>;
}

/**
 * Holds the one engine state and publishes its heads. Only engine tasks write to it, one at a time, but for the move that
 * the follower tells of; readers get consistent snapshots, and a new one only where something in it changed.
 */
export class EngineStore {
  private current: EngineState;
  private readonly cell: Watch<EngineHeads>;
  /** Told from outside at any time: a state that a running task made before does not undo it. */
  private movingTo: BlockId | null = null;

  constructor(
    initial: EngineState,
    private readonly deps: EngineStoreDeps,
  ) {
    this.current = initial;
    this.cell = new WatchCell(initial.heads);
  }

  get state(): EngineState {
    return this.current;
  }

  get heads(): EngineHeads {
    return this.current.heads;
  }

  get published(): WatchReader<EngineHeads> {
    return this.cell;
  }

  commit(next: EngineState): void {
    const before = this.current;
    const { movingTo } = this;
    const isTold = next.heads.movingTo === movingTo;
    this.current = isTold ? next : { ...next, heads: { ...next.heads, movingTo } };
    this.deps.metrics.recordHeads(before, this.current);
    const { unsafe } = this.current.heads;
    if (!sameBlock(before.heads.unsafe, unsafe)) this.deps.forks.seen(unsafe);
    if (!sameHeads(before.heads, this.current.heads)) this.cell.set(this.current.heads);
  }

  /** What the follower leads the execution layer to, or null. The same block again changes nothing. */
  noteMove(to: BlockId | null): void {
    if (this.movingTo?.hash === to?.hash) return;
    this.movingTo = to;
    this.commit(this.current);
  }

  /** The execution layer has accepted `forkchoice`: `next` becomes the state, and progress is logged. */
  commitForkchoice(next: EngineState, forkchoice: ForkchoiceState): void {
    const before = this.current;
    const accepted = { ...next, lastForkchoice: forkchoice };
    this.commit(isConsolidated(next.heads) ? clearBackup(accepted) : accepted);
    if (sameForkchoice(before.lastForkchoice, forkchoice)) return;
    this.logProgress(before, this.current);
  }

  /** What the execution layer holds is no longer known: the next forkchoice is sent in any case. */
  forgetForkchoice(): void {
    this.current = { ...this.current, lastForkchoice: null };
  }

  private logProgress(before: EngineState, after: EngineState): void {
    const reason = progressReason(before, after);
    if (reason === null) return;
    const { heads, backupUnsafe } = after;
    this.deps.log.info('Sync progress', {
      reason,
      l2_finalized: idText(heads.finalized),
      l2_safe: idText(heads.safe),
      l2_pending_safe: idText(heads.pendingSafe),
      l2_unsafe: idText(heads.unsafe),
      l2_backup_unsafe: idText(backupUnsafe),
      l2_time: heads.unsafe.timestamp,
    });
  }
}

/** `hash:number`, as op-node logs block ids. */
export function idText(ref: BlockId): string {
  return `${ref.hash}:${ref.number}`;
}

function isConsolidated(heads: EngineHeads): boolean {
  return sameBlock(heads.unsafe, heads.safe) && sameBlock(heads.safe, heads.pendingSafe);
}

function sameHeads(a: EngineHeads, b: EngineHeads): boolean {
  const keys = Object.keys(a) as (keyof EngineHeads)[];
  return keys.every((key) => a[key] === b[key]);
}

/** op-node logSyncProgressMaybe: the first head that moved names the reason. */
function progressReason(before: EngineState, after: EngineState): string | null {
  const moved = (key: 'finalized' | 'safe' | 'unsafe' | 'pendingSafe'): boolean =>
    !sameBlock(before.heads[key], after.heads[key]);
  if (moved('finalized')) return 'finalized block';
  if (moved('safe')) {
    const wasAtTip = sameBlock(before.heads.safe, before.heads.unsafe);
    return wasAtTip ? 'derived safe block from L1' : 'consolidated block with L1';
  }
  if (moved('unsafe')) return 'new chain head block';
  if (moved('pendingSafe')) return 'pending new safe block';
  return sameBlock(before.backupUnsafe, after.backupUnsafe) ? null : 'new backup unsafe block';
}
