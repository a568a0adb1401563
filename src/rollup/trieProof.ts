import { fromRlp } from 'viem/utils';
import type { Hash } from '../types/block.js';
import { bytesToHex } from './bytes.js';
import { keccak, keccakHash } from './keccak.js';

/** A decoded node, or a part of one. */
type Item = Uint8Array | readonly Item[];

const BRANCH_ITEMS = 17;
/** First nibble of a short node's path: the path is odd; the node is a leaf. */
const ODD = 1;
const LEAF = 2;

/** Nodes that do not prove anything about the key. */
export class ProofFault extends Error {}

/**
 * The value that a trie has under keccak256(key), shown by the nodes on the way to it, in any order; others are ignored.
 * Every node counts only if its hash is the one that the root, or a node above it, names: so all are of that trie.
 * A walk of forty lines, since the library for tries brings 10 MiB of other things that a node would keep.
 * Spec: yellow paper, appendix D; go-ethereum `trie/proof.go` VerifyProof.
 * @returns null when the nodes prove that there is none.
 * @throws ProofFault when they prove neither.
 */
export function provenValue(
  root: Hash,
  key: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array | null {
  const nodes = new Map(proof.map((node) => [keccakHash(node), node]));
  let path = nibbles(keccak(key));
  let node = nodeOf(nodes, root);
  for (;;) {
    const [next, rest] = step(node, path);
    if (next instanceof Uint8Array && (next.length === 0 || rest === null)) {
      return next.length === 0 ? null : next;
    }
    if (rest === null) throw new ProofFault('a value is no string');
    // A node shorter than a hash stands in its parent itself.
    node = next instanceof Uint8Array ? nodeOf(nodes, bytesToHex(next)) : next;
    path = rest;
  }
}

const NOTHING = new Uint8Array(0);

/**
 * One node down.
 * @returns what is found there, empty when nothing is, and the rest of the path; null behind a value.
 */
function step(node: readonly Item[], path: Uint8Array): readonly [Item, Uint8Array | null] {
  const [first, second] = node;
  if (node.length === BRANCH_ITEMS) {
    const [nibble] = path;
    // Keys are hashes and all of one length: no path ends at a branch.
    if (nibble === undefined) throw new ProofFault('a path ends at a branch');
    return [node[nibble] ?? NOTHING, path.subarray(1)];
  }
  if (node.length !== 2 || !(first instanceof Uint8Array) || second === undefined) {
    throw new ProofFault('a node is none of a trie');
  }
  const encoded = nibbles(first);
  const flags = encoded[0] ?? 0;
  const own = encoded.subarray((flags & ODD) === 0 ? 2 : 1);
  const isLeaf = (flags & LEAF) !== 0;
  if (!isLeaf && own.length === 0) throw new ProofFault('a node leads nowhere');
  const isOnPath = own.every((nibble, at) => nibble === path[at]);
  if (!isOnPath || (isLeaf && own.length !== path.length)) return [NOTHING, null];
  return [second, isLeaf ? null : path.subarray(own.length)];
}

function nodeOf(nodes: ReadonlyMap<Hash, Uint8Array>, hash: Hash): readonly Item[] {
  const bytes = nodes.get(hash);
  if (bytes === undefined) throw new ProofFault('a node is missing');
  const node = decoded(bytes);
  if (node instanceof Uint8Array) throw new ProofFault('a node is no list');
  return node;
}

function decoded(bytes: Uint8Array): Item {
  try {
    return fromRlp(bytes, 'bytes');
  } catch (cause) {
    throw new ProofFault('a node is no RLP', { cause });
  }
}

function nibbles(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: bytes.length * 2 }, (_, at) => {
    const byte = bytes[at >> 1] ?? 0;
    return at % 2 === 0 ? byte >> 4 : byte & 0xf;
  });
}
