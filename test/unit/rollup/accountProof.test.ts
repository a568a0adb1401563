import { describe, expect, it } from 'vitest';
import type { ProofRequest } from '../../../src/rollup/accountProof.js';
import { verifyAccountProof } from '../../../src/rollup/accountProof.js';
import type { Json, RecordedL1Block } from '../../support/recordedWorld.js';
import { readWorldL1 } from '../../support/recordedWorld.js';

const SLOT = '0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08';
const entry = readWorldL1('forks')[20] as RecordedL1Block;
const proof = entry.proof as Json & { readonly storageProof: readonly Json[] };
const request: ProofRequest = {
  stateRoot: entry.block.stateRoot as `0x${string}`,
  address: proof.address as `0x${string}`,
  slots: [SLOT],
};
const other = `0x${'12'.repeat(32)}` as const;
const storage = (change: object): Json => ({
  ...proof,
  storageProof: [{ ...proof.storageProof[0], ...change }],
});

describe('verifyAccountProof', () => {
  it('proves the recorded slot in every block of both worlds', () => {
    for (const world of ['forks', 'adversarial']) {
      for (const { block, proof: recorded } of readWorldL1(world)) {
        const stateRoot = block.stateRoot as `0x${string}`;
        const { values } = verifyAccountProof(recorded, { ...request, stateRoot });
        expect(values).toEqual([0x90f79bf6eb2c4f870365e785982e1f101e93b906n]);
      }
    }
  });

  it.each([
    ['another state root', proof, { stateRoot: other }],
    ['another account', proof, { address: `0x${'34'.repeat(20)}` as const }],
    ['another slot', proof, { slots: [other] }],
    ['fewer slots than asked for', { ...proof, storageProof: [] }, {}],
    ['a changed balance', { ...proof, balance: '0x1' }, {}],
    ['a changed storage root', { ...proof, storageHash: other }, {}],
    ['a changed value', storage({ value: '0x1' }), {}],
    ['a value of zero', storage({ value: '0x0' }), {}],
    ['a storage proof without nodes', storage({ proof: [] }), {}],
    ['an account proof without nodes', { ...proof, accountProof: [] }, {}],
    ['nodes that are not hex', { ...proof, accountProof: ['zz'] }, {}],
  ])('refuses %s', (_, json, change) => {
    expect(() => verifyAccountProof(json, { ...request, ...change })).toThrow(
      expect.objectContaining({ code: 'ROLLUP_PROOF_INVALID', severity: 'temporary' }),
    );
  });

  it('takes a proven absence for zero', () => {
    // The nodes towards the recorded slot also prove that a slot on the same path with another end is empty.
    const nodes = proof.storageProof[0]?.proof as readonly string[];
    const root = nodes[0] as string;
    for (let i = 0; i < 64; i++) {
      const slot = `0x${i.toString(16).padStart(64, '0')}` as const;
      const json = { ...proof, storageProof: [{ key: slot, value: '0x0', proof: [root] }] };
      try {
        const { values } = verifyAccountProof(json, { ...request, slots: [slot] });
        expect(values).toEqual([0n]);
        return;
      } catch {
        // That slot exists or its path goes deeper: try the next.
      }
    }
    throw new Error('no slot was provably empty');
  });
});
