import type { L1ChainConfig } from './l1ChainConfig.js';
import { BLOB_FORKS } from './l1ChainConfig.js';

/** The lowest blob base fee, in wei; EIP-4844 MIN_BASE_FEE_PER_BLOB_GAS. Also where L1 has no blobs at all. */
export const MIN_BLOB_BASE_FEE = 1n;

/** EIP-4844 BLOB_BASE_FEE_UPDATE_FRACTION of Cancun. */
const CANCUN_UPDATE_FRACTION = 3_338_477n;

/**
 * Blob base fee in wei of an L1 block by the parameters of the newest fork that is active and has its own.
 * @param time the L1 block's, Unix seconds.
 * @returns null when no fork of the schedule is active at that time: the config does not fit the chain.
 * EIP-4844, EIP-7840, EIP-7892; op-geth `consensus/misc/eip4844`.
 */
export function blobBaseFee(
  config: Pick<L1ChainConfig, 'forkTimes' | 'blobSchedule'>,
  time: bigint,
  excessBlobGas: bigint,
): bigint | null {
  const { forkTimes, blobSchedule } = config;
  // An OP Stack chain as L1: it has the header field, but no blobs.
  if (blobSchedule === null) return MIN_BLOB_BASE_FEE;
  let fraction: bigint | null = null;
  for (const fork of BLOB_FORKS) {
    const at = forkTimes[fork];
    const params = blobSchedule[fork];
    if (at !== undefined && time >= at && params !== undefined) {
      fraction = params.baseFeeUpdateFraction;
    }
  }
  return fraction === null ? null : fakeExponential(MIN_BLOB_BASE_FEE, excessBlobGas, fraction);
}

/**
 * Blob base fee with Cancun's parameters whatever the time: what chains with `pectra_blob_schedule_time` went on with
 * after their L1 had activated Pectra. Spec: protocol/pectra-blob-schedule.
 */
export function cancunBlobBaseFee(excessBlobGas: bigint): bigint {
  return fakeExponential(MIN_BLOB_BASE_FEE, excessBlobGas, CANCUN_UPDATE_FRACTION);
}

/** factor * e ** (numerator / denominator) in whole numbers, by EIP-4844's Taylor series. */
function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let output = 0n;
  let term = factor * denominator;
  for (let i = 1n; term > 0n; i++) {
    output += term;
    term = (term * numerator) / denominator / i;
  }
  return output / denominator;
}
