import type { L1BlockRef } from '../../types/block.js';
import type { DeriveL1Source } from '../ports.js';

/**
 * L1 as derivation may see it with `--verifier.l1-confs`: blocks that do not have `depth` blocks on top of them are not
 * there yet by number. What is asked by hash is known from the chain already. The whole L1 is seen at depth 0. op-node
 * `rollup/confdepth/conf_depth.go`. Differs: op-node sees the whole L1 while the L1 head is not known, and so derives
 * past the depth at a start; nothing is confirmed here before a head tells.
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

/** True where a block of that number has `depth` blocks on top of it, up to the L1 head (number 0 while not known). */
export function isConfirmed(depth: bigint, number: bigint, l1Head: L1BlockRef): boolean {
  return number === 0n || depth === 0n || number + depth <= l1Head.number;
}
