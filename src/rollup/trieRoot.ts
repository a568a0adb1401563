import type { Hash } from '../types/block.js';
import { bigintToBytes } from './bytes.js';
import { keccak, keccakHash } from './keccak.js';
import { encodeRlpList, encodeRlpString } from './rlp.js';
import type { Sliced } from './slices.js';
import { whole } from './slices.js';

/** Root of a trie without entries: keccak256 of the RLP empty string. */
export const EMPTY_TRIE_ROOT: Hash =
  '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';

interface Entry {
  /** One nibble a byte. */
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}

const EMPTY_STRING = Uint8Array.of(0x80);
/** Nodes shorter than a hash stand in their parent themselves. */
const HASH_BYTES = 32;

/**
 * Root of the Merkle Patricia trie that maps rlp(index) to each value, as headers hold it for transactions, receipts
 * and withdrawals. The keys are known and sorted up front, so the trie is folded from its leaves without ever being
 * stored: about five times as fast as inserting 1000 values into a general trie.
 * go-ethereum `core/types/hashing.go` DeriveSha.
 */
export function orderedTrieRoot(values: readonly Uint8Array[]): Hash {
  return whole(slicedTrieRoot(values));
}

/** As `orderedTrieRoot`, in slices: a full block's root takes a tenth of a second and more. */
export function* slicedTrieRoot(values: readonly Uint8Array[]): Sliced<Hash> {
  if (values.length === 0) return EMPTY_TRIE_ROOT;
  const entries: Entry[] = [];
  for (let position = 0; position < values.length; position++) {
    if (position % ENTRIES_PER_SLICE === ENTRIES_PER_SLICE - 1) yield;
    const index = indexAt(position, values.length);
    const value = values[index];
    if (value !== undefined) entries.push({ path: indexPath(index), value });
  }
  return keccakHash(yield* foldNode(new Folding(entries), 0, entries.length, 0));
}

/** About a millisecond's. */
const ENTRIES_PER_SLICE = 500;
/** The last index that is its own encoding; the next ones have a byte in front, as 0 has, whose is the lowest of those. */
const LAST_PLAIN_INDEX = 127;

/** The index whose key is at this position in the order of keys: 1 to 127, 0, then all others. */
function indexAt(position: number, count: number): number {
  const zeroAt = Math.min(count - 1, LAST_PLAIN_INDEX);
  if (position === zeroAt) return 0;
  return position < zeroAt ? position + 1 : position;
}

/** About a millisecond's bytes to hash; every node costs as much as some more. */
const BYTES_PER_SLICE = 128 * 1024;
const NODE_BYTES = 512;

/** The entries that are folded, and the work since the last slice. */
class Folding {
  private bytes = 0;

  constructor(private readonly entries: readonly Entry[]) {}

  at(index: number): Entry {
    const entry = this.entries[index];
    if (entry === undefined) throw new RangeError(`no trie entry ${index}`);
    return entry;
  }

  /** Counts a node. @returns true when the slice is over. */
  isSliceOver(node: Uint8Array): boolean {
    this.bytes += node.length + NODE_BYTES;
    if (this.bytes < BYTES_PER_SLICE) return false;
    this.bytes = 0;
    return true;
  }
}

function indexPath(index: number): Uint8Array {
  const key = encodeRlpString(bigintToBytes(BigInt(index)));
  const path = new Uint8Array(key.length * 2);
  key.forEach((byte, i) => {
    path[i * 2] = byte >> 4;
    path[i * 2 + 1] = byte & 0x0f;
  });
  return path;
}

/** The encoded node over entries [from, to), which share their first `depth` nibbles. No key is a prefix of another. */
function* foldNode(folding: Folding, from: number, to: number, depth: number): Sliced<Uint8Array> {
  const first = folding.at(from);
  const last = folding.at(to - 1);
  if (to - from === 1) {
    return encodeRlpList([
      encodeRlpString(compactPath(first.path.subarray(depth), true)),
      encodeRlpString(first.value),
    ]);
  }
  let shared = depth;
  while (first.path[shared] === last.path[shared]) shared++;
  if (shared > depth) {
    return encodeRlpList([
      encodeRlpString(compactPath(first.path.subarray(depth, shared), false)),
      nodeReference(yield* foldNode(folding, from, to, shared)),
    ]);
  }
  const members: Uint8Array[] = new Array<Uint8Array>(17).fill(EMPTY_STRING);
  for (let start = from; start < to; ) {
    const nibble = folding.at(start).path[depth] ?? 0;
    let end = start + 1;
    while (end < to && folding.at(end).path[depth] === nibble) end++;
    const node = yield* foldNode(folding, start, end, depth + 1);
    members[nibble] = nodeReference(node);
    if (folding.isSliceOver(node)) yield;
    start = end;
  }
  return encodeRlpList(members);
}

function nodeReference(node: Uint8Array): Uint8Array {
  return node.length < HASH_BYTES ? node : encodeRlpString(keccak(node));
}

/** Hex-prefix encoding: flag nibble (2 = leaf, 1 = odd length), then the nibbles two a byte. */
function compactPath(nibbles: Uint8Array, isLeaf: boolean): Uint8Array {
  const isOdd = nibbles.length % 2 === 1;
  const flag = (isLeaf ? 2 : 0) + (isOdd ? 1 : 0);
  const all = isOdd ? [flag, ...nibbles] : [flag, 0, ...nibbles];
  const bytes = new Uint8Array(all.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = ((all[i * 2] ?? 0) << 4) | (all[i * 2 + 1] ?? 0);
  return bytes;
}
