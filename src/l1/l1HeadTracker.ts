import type { Watch } from '../runtime/watch.js';
import type { Logger } from '../telemetry/logger.js';
import type { L1BlockRef } from '../types/block.js';
import { isZeroRef } from '../types/block.js';
import type { L1Heads } from '../types/l1Heads.js';

export interface L1HeadTrackerDeps {
  readonly heads: Watch<L1Heads>;
  readonly log: Logger;
  /** Metrics: the ref gauges by op-node's name of the head. */
  readonly recordL1Ref: (type: string, ref: L1BlockRef) => void;
  readonly recordReorgDepth: (depth: number) => void;
}

/**
 * Takes the blocks that the L1 labels point at and publishes the changes. It judges nothing: whatever the endpoint
 * calls its head is the head; a jump that is no single step forward is logged as a possible reorg, one that does not
 * go up is counted with its depth. op-node `rollup/status/status.go`.
 */
export class L1HeadTracker {
  constructor(private readonly deps: L1HeadTrackerDeps) {}

  onHead(ref: L1BlockRef): void {
    const { heads, log } = this.deps;
    const old = heads.get().head;
    this.deps.recordL1Ref('l1_head', ref);
    if (isZeroRef(old)) {
      log.info('Received first L1 head signal', { l1_head: ref });
    } else if (old.hash === ref.hash) {
      log.trace('Received L1 head signal that is the same as the current head', { l1_head: ref });
      return;
    } else if (old.hash === ref.parentHash) {
      log.debug('L1 head moved forward', { l1_head: ref });
    } else {
      if (old.number >= ref.number) this.deps.recordReorgDepth(Number(old.number - ref.number));
      log.warn('L1 head signal indicates a possible L1 re-org', {
        old_l1_head: old,
        new_l1_head_parent: ref.parentHash,
        new_l1_head: ref,
      });
    }
    heads.set({ ...heads.get(), head: ref });
  }

  onSafe(ref: L1BlockRef): void {
    const { heads, log } = this.deps;
    this.deps.recordL1Ref('l1_safe', ref);
    if (heads.get().safe.hash === ref.hash) return;
    log.info('New L1 safe block', { l1_safe: ref });
    heads.set({ ...heads.get(), safe: ref });
  }

  onFinalized(ref: L1BlockRef): void {
    const { heads, log } = this.deps;
    this.deps.recordL1Ref('l1_finalized', ref);
    if (heads.get().finalized.hash === ref.hash) return;
    log.info('New L1 finalized block', { l1_finalized: ref });
    heads.set({ ...heads.get(), finalized: ref });
  }
}
