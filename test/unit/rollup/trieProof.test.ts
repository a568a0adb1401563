import { createMerkleProof, createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesToHex } from '../../../src/rollup/bytes.js';
import { ProofFault, provenValue } from '../../../src/rollup/trieProof.js';
import { seededRandom } from '../../support/seededRandom.js';

const KEYS = 300;
const random = seededRandom(7);
const bytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));

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

  it('refuses the proof of another trie', async () => {
    const [[key] = [bytes(20)]] = entries;
    expect(() => provenValue(`0x${'12'.repeat(32)}`, key, [])).toThrow(ProofFault);
    const proof = await proofOf(key);
    expect(() => provenValue(`0x${'12'.repeat(32)}`, key, proof)).toThrow(ProofFault);
  });
});
