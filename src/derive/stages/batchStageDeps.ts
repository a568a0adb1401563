import { NodeError } from '../../errors/nodeError.js';
import type { Turn } from '../../rollup/slices.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { Batch, SingularBatch } from '../codec/batch.js';
import type { DeriveL2Source, DeriveObserver } from '../ports.js';
import type { OriginWindow } from './originWindow.js';
import type { Pull } from './pull.js';

/** The stage before: batches as they come out of channels. */
export interface BatchProvider {
  readonly origin: L1BlockRef;
  nextBatch(signal: AbortSignal): Promise<Pull<Batch>>;
  /** The next batch where it is at hand and a singular one: then `nextBatch` gives this very object. Nothing changes. */
  peek(): SingularBatch | null;
  flush(): void;
}

export interface BatchStageDeps {
  readonly previous: BatchProvider;
  readonly l2: Pick<DeriveL2Source, 'l2BlockRefByNumber' | 'payloadByNumber'>;
  readonly observer: DeriveObserver;
  readonly turn: Turn;
}

/** The L1 blocks read so far and the safe head's origin are not of one chain. */
export function originConflict(window: OriginWindow, parent: L2BlockRef): NodeError {
  const [epoch] = window.l1Blocks;
  return new NodeError(
    'DERIVE_ORIGIN_MISMATCH',
    'buffered L1 chain epoch does not match safe head origin',
    {
      severity: 'reset',
      fields: { epoch: epoch?.hash ?? null, parent: parent.number, origin: parent.l1Origin.hash },
    },
  );
}
