import { keccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import { payloadOf } from '../../../conformance/payload.js';
import { rawTransaction } from '../../../conformance/rawTransaction.js';
import { recordedWorld } from '../../../devnet/followRig.js';

describe.each(['forks', 'adversarial'] as const)('payloads of world %s', (name) => {
  const world = recordedWorld(name);

  it('encodes each transaction to the bytes that its hash is of', () => {
    const all = world.l2.flatMap((block) => block.transactions);
    expect(new Set(all.map((tx) => tx.type))).toEqual(new Set(['0x0', '0x1', '0x2', '0x7e']));
    for (const tx of all) expect(keccak256(rawTransaction(tx))).toBe(tx.hash);
  });

  it('has the fields of the block’s fork and no others', () => {
    const fields = (number: number) => {
      const block = world.l2[number];
      if (!block) throw new Error('not recorded');
      return Object.keys(payloadOf(block, world.rollup).executionPayload);
    };
    const { ecotone_time = 0, isthmus_time = 0 } = world.rollup;
    world.l2.forEach((block, number) => {
      const time = Number(block.timestamp);
      expect(fields(number).includes('blobGasUsed')).toBe(time >= ecotone_time);
      expect(fields(number).includes('withdrawalsRoot')).toBe(time >= isthmus_time);
    });
  });
});
