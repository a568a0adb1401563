import type { Hex } from 'viem';
import type { Address, BlockId, Hash } from '../types/block.js';

/** The system config at genesis; op-node `op-service/eth` SystemConfig. */
export interface SystemConfig {
  readonly batcherAddr: Address;
  readonly overhead: Hash;
  readonly scalar: Hash;
  readonly gasLimit: bigint;
  /** From Holocene: denominator and elasticity, u32 BE each; 8 bytes. */
  readonly eip1559Params: Hex;
  /** From Isthmus: scalar (u32 BE) and constant (u64 BE) in the last 12 of 32 bytes. */
  readonly operatorFeeParams: Hash;
  /** From Jovian. */
  readonly minBaseFee: bigint;
  /** From Jovian; u16. */
  readonly daFootprintGasScalar: number;
}

export interface AltDaConfig {
  readonly daChallengeAddress: Address;
  readonly daCommitmentType: string;
  readonly daChallengeWindow: bigint;
  readonly daResolveWindow: bigint;
}

/** EIP-1559 constants of the chain; op-geth `params.OptimismConfig`. */
export interface ChainOpConfig {
  readonly eip1559Elasticity: bigint;
  readonly eip1559Denominator: bigint;
  readonly eip1559DenominatorCanyon: bigint | null;
}

/** Fork activation times in L2 (Unix) seconds; absent means never. Bedrock is active from genesis. */
export interface ForkTimes {
  readonly regolith?: bigint;
  readonly canyon?: bigint;
  readonly delta?: bigint;
  readonly ecotone?: bigint;
  readonly fjord?: bigint;
  readonly granite?: bigint;
  readonly holocene?: bigint;
  /** Optional fork of the L1 base fee schedule; Sepolia chains only. By L1 time. */
  readonly pectraBlobSchedule?: bigint;
  readonly isthmus?: bigint;
  readonly jovian?: bigint;
  readonly karst?: bigint;
  /** Was planned, and is still named in some places, as interop. */
  readonly lagoon?: bigint;
}

/** The parsed rollup config; op-node `rollup/types.go`. Checked by `checkRollupConfig`. */
export interface RollupConfig {
  readonly genesis: {
    readonly l1: BlockId;
    readonly l2: BlockId;
    /** Unix seconds. */
    readonly l2Time: bigint;
    readonly systemConfig: SystemConfig;
  };
  /** Seconds. */
  readonly blockTime: bigint;
  /** Seconds; before Fjord. */
  readonly maxSequencerDrift: bigint;
  /** L1 blocks. */
  readonly seqWindowSize: bigint;
  /** L1 blocks; before Granite. */
  readonly channelTimeout: bigint;
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly forks: ForkTimes;
  readonly batchInboxAddress: Address;
  readonly depositContractAddress: Address;
  readonly l1SystemConfigAddress: Address;
  readonly altDa: AltDaConfig | null;
  readonly chainOpConfig: ChainOpConfig | null;
  /** Karst's upgrade gas stays in the gas limit until the next gas limit update. */
  readonly keepKarstUpgradeGas: boolean;
}
