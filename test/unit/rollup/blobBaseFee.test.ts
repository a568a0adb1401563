import { describe, expect, it } from 'vitest';
import { blobBaseFee, cancunBlobBaseFee } from '../../../src/rollup/blobBaseFee.js';

const params = (baseFeeUpdateFraction: bigint) => ({ target: 3n, max: 6n, baseFeeUpdateFraction });
const config = {
  forkTimes: { cancun: 10n, prague: 20n, osaka: 30n, bpo1: 40n, bpo2: 50n },
  blobSchedule: {
    cancun: params(3_338_477n),
    prague: params(5_007_716n),
    bpo1: params(8_346_193n),
    bpo2: params(11_684_671n),
    // Named in the schedule, never activated.
    bpo3: params(1n),
  },
};

describe('blobBaseFee', () => {
  // e ** (excess / fraction) by hand.
  it.each([
    ['Cancun', 10n, 3_194_333n],
    ['Prague', 20n, 21_689n],
    ["Osaka, which keeps Prague's parameters", 30n, 21_689n],
    ['the first parameter-only fork', 40n, 399n],
    ['the newest one', 1_000_000n, 72n],
  ])('follows the schedule: %s', (_, time, fee) => {
    expect(blobBaseFee(config, time, 50_000_000n)).toBe(fee);
  });

  it('is 1 wei without excess, for an L1 without blobs, and unknown before Cancun', () => {
    expect(blobBaseFee(config, 15n, 0n)).toBe(1n);
    expect(blobBaseFee({ forkTimes: {}, blobSchedule: null }, 15n, 9n)).toBe(1n);
    expect(blobBaseFee(config, 9n, 0n)).toBeNull();
  });

  it("has Cancun's parameters for chains that kept them", () => {
    expect(cancunBlobBaseFee(50_000_000n)).toBe(3_194_333n);
    expect(cancunBlobBaseFee(0n)).toBe(1n);
  });
});
