import type { BlobParams, L1ChainConfig } from './l1ChainConfig.js';

const CANCUN: BlobParams = { target: 3n, max: 6n, baseFeeUpdateFraction: 3_338_477n };
const PRAGUE: BlobParams = { target: 6n, max: 9n, baseFeeUpdateFraction: 5_007_716n };
const BPO1: BlobParams = { target: 10n, max: 15n, baseFeeUpdateFraction: 8_346_193n };
const BPO2: BlobParams = { target: 14n, max: 21n, baseFeeUpdateFraction: 11_684_671n };
const SCHEDULE = { cancun: CANCUN, prague: PRAGUE, osaka: PRAGUE, bpo1: BPO1, bpo2: BPO2 };

/** L1 chains whose rules are built in: Mainnet, Sepolia, Holesky, Hoodi; go-ethereum `params/config.go`. */
const KNOWN: readonly L1ChainConfig[] = [
  {
    chainId: 1n,
    forkTimes: {
      cancun: 1_710_338_135n,
      prague: 1_746_612_311n,
      osaka: 1_764_798_551n,
      bpo1: 1_765_290_071n,
      bpo2: 1_767_747_671n,
    },
    blobSchedule: SCHEDULE,
  },
  {
    chainId: 11_155_111n,
    forkTimes: {
      cancun: 1_706_655_072n,
      prague: 1_741_159_776n,
      osaka: 1_760_427_360n,
      bpo1: 1_761_017_184n,
      bpo2: 1_761_607_008n,
    },
    blobSchedule: SCHEDULE,
  },
  {
    chainId: 17_000n,
    forkTimes: {
      cancun: 1_707_305_664n,
      prague: 1_740_434_112n,
      osaka: 1_759_308_480n,
      bpo1: 1_759_800_000n,
      bpo2: 1_760_389_824n,
    },
    blobSchedule: SCHEDULE,
  },
  {
    chainId: 560_048n,
    forkTimes: {
      cancun: 0n,
      prague: 1_742_999_832n,
      osaka: 1_761_677_592n,
      bpo1: 1_762_365_720n,
      bpo2: 1_762_955_544n,
    },
    blobSchedule: SCHEDULE,
  },
];

/** The built-in rules of that L1, or null: then `--rollup.l1-chain-config` is needed. op-node `op-service/eth/config.go`. */
export function knownL1Chain(chainId: bigint): L1ChainConfig | null {
  return KNOWN.find((chain) => chain.chainId === chainId) ?? null;
}

/** Sepolia and Holesky had the blob schedule bug of Pectra. */
const CHAINS_WITH_BLOB_SCHEDULE_BUG: readonly bigint[] = [11_155_111n, 17_000n];

/**
 * True where the L2 began before Prague on an L1 that had the bug, and no `pectra_blob_schedule_time` is set.
 * Spec: protocol/pectra-blob-schedule; op-node `rollup/types.go` ProbablyMissingPectraBlobSchedule.
 */
export function isMissingPectraBlobSchedule(
  l1ChainId: bigint,
  l2GenesisTime: bigint,
  pectraBlobScheduleTime: bigint | undefined,
): boolean {
  if (pectraBlobScheduleTime !== undefined) return false;
  if (!CHAINS_WITH_BLOB_SCHEDULE_BUG.includes(l1ChainId)) return false;
  const prague = knownL1Chain(l1ChainId)?.forkTimes.prague;
  return prague !== undefined && prague >= l2GenesisTime;
}
