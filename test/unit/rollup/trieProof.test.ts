import { createMerkleProof, createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../src/rollup/bytes.js';
import { keccakHash } from '../../../src/rollup/keccak.js';
import { encodeRlp, type RlpItem } from '../../../src/rollup/rlp.js';
import { ProofFault, provenValue } from '../../../src/rollup/trieProof.js';
import { seededRandom } from '../../support/seededRandom.js';

const KEYS = 300;
const random = seededRandom(7);
const bytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));

const int = (below: number): number => Math.floor(random() * below);

/** A proof with one thing done to it. */
function changed(
  proof: readonly Uint8Array[],
  other: readonly Uint8Array[],
): readonly Uint8Array[] {
  const at = int(proof.length);
  const node = Uint8Array.from(proof[at] ?? []);
  const flipped = node.map((byte, place) => (place === at ? byte ^ (1 << int(8)) : byte));
  const ways = [
    proof.toSpliced(at, 1),
    proof.with(at, flipped),
    proof.with(at, node.slice(0, int(node.length))),
    [...proof, bytes(int(60))],
    proof.toReversed(),
    [...proof, ...other],
  ];
  return proof.length === 0 ? other : (ways[int(ways.length)] ?? proof);
}

/** A list as nodes are, or nearly so. */
function anyNode(depth = 0): RlpItem[] {
  const item = (): RlpItem =>
    random() < 0.6 || depth > 2 ? bytes([0, 1, 2, 31, 32, 33][int(6)] ?? 0) : anyNode(depth + 1);
  return Array.from({ length: [2, 17, 2, 3, 0][int(5)] ?? 0 }, item);
}

/** What is proven, or the fault; any other error is one of ours. */
function outcome(root: `0x${string}`, key: Uint8Array, proof: readonly Uint8Array[]) {
  try {
    return provenValue(root, key, proof);
  } catch (thrown) {
    if (thrown instanceof ProofFault) return thrown;
    throw thrown;
  }
}

describe('provenValue', () => {
  /** Values of all lengths: short ones make nodes that stand in their parents. */
  const entries = Array.from(
    { length: KEYS },
    (_, at) => [bytes(20), bytes(1 + (at % 40))] as const,
  );
  let trie: MerklePatriciaTrie;
  let root: `0x${string}`;
  const proofOf = (key: Uint8Array) => createMerkleProof(trie, key);

  beforeAll(async () => {
    trie = await createMPT({ useKeyHashing: true });
    for (const [key, value] of entries) await trie.put(key, value);
    root = bytesToHex(trie.root());
  });

  it('finds every value of a trie that a library made, with the nodes in any order', async () => {
    for (const [key, value] of entries) {
      const proof = await proofOf(key);
      expect(provenValue(root, key, proof)).toEqual(value);
      expect(provenValue(root, key, [bytes(40), ...proof.toReversed()])).toEqual(value);
    }
  });

  it('proves that a key has no value', async () => {
    for (let i = 0; i < KEYS; i++) {
      const key = bytes(20);
      expect(provenValue(root, key, await proofOf(key))).toBeNull();
    }
  });

  it('refuses proofs that lack a node, or have one that was changed', async () => {
    for (const [key] of entries.slice(0, 40)) {
      const proof = await proofOf(key);
      for (const [at, node] of proof.entries()) {
        expect(() => provenValue(root, key, proof.toSpliced(at, 1))).toThrow(ProofFault);
        const changed = Uint8Array.from(node);
        changed.set([(node[0] ?? 0) ^ 1]);
        expect(() => provenValue(root, key, proof.with(at, changed))).toThrow(ProofFault);
      }
    }
  });

  it('says the truth or nothing, whatever is done to a proof', async () => {
    for (let round = 0; round < 100; round++) {
      const [key, value] =
        random() < 0.5 ? (entries[int(KEYS)] ?? [bytes(20), null]) : [bytes(20), null];
      let proof: readonly Uint8Array[] = await proofOf(key);
      for (let changes = 1 + int(3); changes > 0; changes--) {
        proof = changed(proof, await proofOf(bytes(20)));
      }
      const proven = outcome(root, key, proof);
      if (!(proven instanceof ProofFault)) expect(proven).toEqual(value);
    }
  });

  it('knows the shape of every node, whatever the root may name', () => {
    const kinds = new Set<string>();
    for (let round = 0; round < 1_000; round++) {
      const node = random() < 0.1 ? bytes(int(80)) : encodeRlp(anyNode());
      const cut = random() < 0.2 ? node.slice(0, int(node.length)) : node;
      const proven = outcome(keccakHash(cut), bytes(20), [cut]);
      kinds.add(proven === null ? 'none' : proven instanceof ProofFault ? 'fault' : 'value');
    }
    expect(kinds).toEqual(new Set(['none', 'fault']));
  });

  it('refuses the proof of another trie', async () => {
    const [[key] = [bytes(20)]] = entries;
    expect(() => provenValue(`0x${'12'.repeat(32)}`, key, [])).toThrow(ProofFault);
    const proof = await proofOf(key);
    expect(() => provenValue(`0x${'12'.repeat(32)}`, key, proof)).toThrow(ProofFault);
  });
});
