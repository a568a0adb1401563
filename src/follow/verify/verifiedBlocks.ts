import { NodeError } from '../../errors/nodeError.js';
import type { L2BlockRef } from '../../types/block.js';
import { isZeroRef } from '../../types/block.js';

/** What is verified of the followed chain, as far as a verifier has to remember it. Nothing before `begin`. */
export class VerifiedBlocks {
  private last: L2BlockRef | null = null;
  /** Ended its batch: an invalid batch takes the blocks after this one along. */
  private concluded: L2BlockRef | null = null;
  /** The highest block known to be both verified (or where verification began) and final. */
  private anchor: L2BlockRef | null = null;

  /** The last one. @throws NodeError DERIVE_INVARIANT, critical, before a start. */
  get tip(): L2BlockRef {
    if (this.last !== null) return this.last;
    throw new NodeError('DERIVE_INVARIANT', 'verification has not begun', { severity: 'critical' });
  }

  /** Null before a start. */
  get tipOrNull(): L2BlockRef | null {
    return this.last;
  }

  begin(ref: L2BlockRef): void {
    this.last = ref;
    this.concluded = ref;
    this.anchor ??= ref;
  }

  /** @param finalized our finalized head, on the same chain; the all-zero ref where there is none. */
  advance(ref: L2BlockRef, isConcluding: boolean, finalized: L2BlockRef): void {
    this.last = ref;
    if (isConcluding) this.concluded = ref;
    if (!isZeroRef(finalized)) this.anchor = lower(finalized, ref);
  }

  /** The last batch does not count: back to where the one before it ended. */
  dropBatch(): void {
    this.last = this.concluded;
  }

  /** Where to start over: as high as no reorg reaches, and no higher than what is verified. Null before a start. */
  restart(finalized: L2BlockRef, isTipOurs: boolean): L2BlockRef | null {
    const { last } = this;
    if (last !== null && isTipOurs && !isZeroRef(finalized)) this.anchor = lower(finalized, last);
    return this.anchor;
  }
}

function lower(a: L2BlockRef, b: L2BlockRef): L2BlockRef {
  return a.number <= b.number ? a : b;
}
