import type { Hex } from 'viem';

/** 32-byte hash, lower-case hex with 0x. */
export type Hash = Hex;
/** 20-byte address, lower-case hex with 0x. */
export type Address = Hex;
/** Block label of the execution layer's JSON-RPC. op-node calls `latest` "unsafe". */
export type BlockLabel = 'latest' | 'safe' | 'finalized';

export interface BlockId {
  readonly hash: Hash;
  readonly number: bigint;
}

/** An L1 block as op-node's `eth.L1BlockRef`. `timestamp` is in Unix seconds. */
export interface L1BlockRef extends BlockId {
  readonly parentHash: Hash;
  readonly timestamp: bigint;
}

/** An L2 block as op-node's `eth.L2BlockRef`: what its header and its L1 info transaction say. */
export interface L2BlockRef extends BlockId {
  readonly parentHash: Hash;
  readonly timestamp: bigint;
  readonly l1Origin: BlockId;
  /** Distance to the first block of the same epoch. */
  readonly sequenceNumber: bigint;
}

/** Blocks by height, as somebody sees the chain; null and absent both mean that they do not have or say it. */
export type BlocksByNumber = ReadonlyMap<bigint, L2BlockRef | null>;

export const ZERO_HASH: Hash = `0x${'0'.repeat(64)}`;

/** The "not known" value: op-node reports it as an all-zero ref. */
export const ZERO_L1_REF: L1BlockRef = {
  hash: ZERO_HASH,
  number: 0n,
  parentHash: ZERO_HASH,
  timestamp: 0n,
};

/** The "not known" value: op-node reports it as an all-zero ref. */
export const ZERO_L2_REF: L2BlockRef = {
  ...ZERO_L1_REF,
  l1Origin: { hash: ZERO_HASH, number: 0n },
  sequenceNumber: 0n,
};

/** True for the "not known" value. A real block never has an all-zero hash. */
export function isZeroRef(ref: BlockId): boolean {
  return ref.hash === ZERO_HASH;
}

/** True when both name the same block. The hash alone decides: it commits to the number. */
export function sameBlock(a: BlockId, b: BlockId): boolean {
  return a.hash === b.hash;
}

/** False where a chain's head has gone another way than one step forward: what was read of it before may be of another branch. */
export function continues(head: L1BlockRef, before: L1BlockRef): boolean {
  return head.hash === before.hash || head.parentHash === before.hash;
}

/** True when all fields say the same: the hash commits to them, but who names a hash may say anything beside it. */
export function sameRef(a: L2BlockRef, b: L2BlockRef): boolean {
  return (
    sameBlock(a, b) &&
    a.number === b.number &&
    a.parentHash === b.parentHash &&
    a.timestamp === b.timestamp &&
    a.l1Origin.hash === b.l1Origin.hash &&
    a.l1Origin.number === b.l1Origin.number &&
    a.sequenceNumber === b.sequenceNumber
  );
}

/** The block that this one builds on. */
export function parentId(ref: L2BlockRef): BlockId {
  return { hash: ref.parentHash, number: ref.number - 1n };
}

/** Hash and number only, for logs and parent links. */
export function blockId(ref: BlockId): BlockId {
  return { hash: ref.hash, number: ref.number };
}
