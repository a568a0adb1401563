import { NodeError } from '../../errors/nodeError.js';
import { blobBaseFee, cancunBlobBaseFee, MIN_BLOB_BASE_FEE } from '../../rollup/blobBaseFee.js';
import { hexToBytes } from '../../rollup/bytes.js';
import { depositSourceHash, encodeDepositTx, L1_INFO_DOMAIN } from '../../rollup/depositTx.js';
import { isActive } from '../../rollup/forks.js';
import type { L1ChainConfig } from '../../rollup/l1ChainConfig.js';
import type { L1BlockInfo } from '../../rollup/l1Info.js';
import { encodeL1Info, l1InfoFormatAt } from '../../rollup/l1Info.js';
import type { RollupConfig, SystemConfig } from '../../rollup/rollupConfig.js';
import { ecotoneScalars, operatorFee } from '../../rollup/systemConfig.js';
import type { L1HeaderInfo } from '../../types/l1Block.js';

const DEPOSITOR = address('deaddeaddeaddeaddeaddeaddeaddeaddead0001');
const L1_BLOCK_CONTRACT = address('4200000000000000000000000000000000000015');
const REGOLITH_GAS = 1_000_000n;
const BEDROCK_GAS = 150_000_000n;
/** What a DA footprint scalar of zero in the system config stands for. Spec: protocol/jovian. */
const DEFAULT_DA_FOOTPRINT_SCALAR = 400;

/** What an L1 info transaction is made of. */
export interface L1InfoInput {
  readonly l1: L1HeaderInfo;
  readonly systemConfig: SystemConfig;
  /** Distance of the L2 block to the first block of its epoch. */
  readonly sequenceNumber: bigint;
  /** The L2 block's. */
  readonly timestamp: bigint;
}

/**
 * The first transaction of an L2 block, encoded: a deposit that tells the L1Block contract about the L1 origin.
 * Spec: protocol/deposits, "L1 Attributes Deposited Transaction"; op-node `rollup/derive/l1_block_info.go`.
 * @throws NodeError critical: ROLLUP_SYSTEM_CONFIG_INVALID for an unusable fee scalar,
 * DERIVE_BLOB_SCHEDULE_MISSING where the L1 chain config does not fit.
 */
export function l1InfoTx(
  config: RollupConfig,
  l1Config: L1ChainConfig,
  input: L1InfoInput,
): Uint8Array {
  const { l1, sequenceNumber, timestamp } = input;
  const format = l1InfoFormatAt(config, timestamp);
  const info = {
    ...baseInfo(input),
    ...(format === 'bedrock' ? {} : ecotoneInfo(config, l1Config, input)),
  };
  const isRegolith = isActive(config, 'regolith', timestamp);
  return encodeDepositTx({
    sourceHash: depositSourceHash(L1_INFO_DOMAIN, bytes(l1.hash), sequenceNumber),
    from: DEPOSITOR,
    to: L1_BLOCK_CONTRACT,
    mint: 0n,
    value: 0n,
    gas: isRegolith ? REGOLITH_GAS : BEDROCK_GAS,
    isSystemTx: !isRegolith,
    data: bytes(encodeL1Info(format, info)),
  });
}

function baseInfo({ l1, systemConfig, sequenceNumber }: L1InfoInput): L1BlockInfo {
  const { scalar, constant } = operatorFee(systemConfig.operatorFeeParams);
  return {
    number: l1.number,
    time: l1.timestamp,
    baseFee: l1.baseFee,
    blockHash: l1.hash,
    sequenceNumber,
    batcherAddr: systemConfig.batcherAddr,
    l1FeeOverhead: systemConfig.overhead,
    l1FeeScalar: systemConfig.scalar,
    blobBaseFee: 0n,
    baseFeeScalar: 0,
    blobBaseFeeScalar: 0,
    operatorFeeScalar: scalar,
    operatorFeeConstant: constant,
    daFootprintGasScalar: systemConfig.daFootprintGasScalar || DEFAULT_DA_FOOTPRINT_SCALAR,
  };
}

function ecotoneInfo(
  config: RollupConfig,
  l1Config: L1ChainConfig,
  { l1, systemConfig }: L1InfoInput,
): Pick<L1BlockInfo, 'blobBaseFee' | 'baseFeeScalar' | 'blobBaseFeeScalar'> {
  const scalars = ecotoneScalars(systemConfig.scalar);
  if (scalars === null) {
    throw new NodeError('ROLLUP_SYSTEM_CONFIG_INVALID', 'unexpected system config scalar', {
      severity: 'critical',
      fields: { scalar: systemConfig.scalar },
    });
  }
  return { ...scalars, blobBaseFee: l1BlobBaseFee(config, l1Config, l1) };
}

function l1BlobBaseFee(config: RollupConfig, l1Config: L1ChainConfig, l1: L1HeaderInfo): bigint {
  if (l1.excessBlobGas === null) return MIN_BLOB_BASE_FEE;
  const fixTime = config.forks.pectraBlobSchedule;
  if (fixTime !== undefined && !isActive(config, 'pectraBlobSchedule', l1.timestamp)) {
    return cancunBlobBaseFee(l1.excessBlobGas);
  }
  const fee = blobBaseFee(l1Config, l1.timestamp, l1.excessBlobGas);
  if (fee !== null) return fee;
  throw new NodeError(
    'DERIVE_BLOB_SCHEDULE_MISSING',
    'the L1 chain config has no blob parameters for an L1 block that has blobs',
    { severity: 'critical', fields: { l1Number: l1.number, timestamp: l1.timestamp } },
  );
}

function address(digits: string): Uint8Array {
  return bytes(`0x${digits}`);
}

function bytes(hex: string): Uint8Array {
  const decoded = hexToBytes(hex);
  if (decoded !== null) return decoded;
  throw new NodeError('DERIVE_INVARIANT', 'a hash or address is not hex', { severity: 'critical' });
}
