import type { L1BlockRef } from '../types/block.js';
import { isZeroRef } from '../types/block.js';
import type { DeriveL1Source } from './ports.js';

/**
 * L1 as derivation may see it with `--verifier.l1-confs`: blocks that do not have `depth` blocks on top of them are not
 * there yet by number. What is asked by hash is known from the chain already. The whole L1 is seen at depth 0, and while
 * the L1 head is not known. op-node `rollup/confdepth/conf_depth.go`.
 */
export function withConfDepth(
  depth: bigint,
  l1: DeriveL1Source,
  l1Head: () => L1BlockRef,
): DeriveL1Source {
  return {
    l1BlockRefByNumber: async (number, signal) =>
      isConfirmed(depth, number, l1Head()) ? l1.l1BlockRefByNumber(number, signal) : null,
    l1BlockRefByHash: (hash, signal) => l1.l1BlockRefByHash(hash, signal),
    l1InfoByHash: (hash, signal) => l1.l1InfoByHash(hash, signal),
    l1ReceiptsByHash: (hash, signal) => l1.l1ReceiptsByHash(hash, signal),
    l1TransactionsByHash: (hash, signal) => l1.l1TransactionsByHash(hash, signal),
  };
}

/** True where a block of that number has `depth` blocks on top of it, up to the L1 head. */
export function isConfirmed(depth: bigint, number: bigint, l1Head: L1BlockRef): boolean {
  return number === 0n || depth === 0n || isZeroRef(l1Head) || number + depth <= l1Head.number;
}
