import type { Hex } from 'viem';
import { NodeError } from '../errors/nodeError.js';
import type { Address, Hash } from '../types/block.js';
import { bigintToFixedBytes, bytesToBigint, bytesToHex, hexToBytes } from './bytes.js';
import type { Fork } from './forks.js';
import { isActivationBlock, isActive } from './forks.js';
import type { RollupConfig } from './rollupConfig.js';

/** How the data of the L1 info transaction is laid out; each name is the fork that brought the format. */
export type L1InfoFormat = 'bedrock' | 'ecotone' | 'isthmus' | 'jovian';

/** Everything the L1 info transaction can say. Fields that a format lacks are zero after decoding, ignored when encoding. */
export interface L1BlockInfo {
  readonly number: bigint;
  /** Unix seconds. */
  readonly time: bigint;
  readonly baseFee: bigint;
  readonly blockHash: Hash;
  /** Distance of the L2 block to the first block of its epoch. */
  readonly sequenceNumber: bigint;
  readonly batcherAddr: Address;
  /** Bedrock only. */
  readonly l1FeeOverhead: Hash;
  /** Bedrock only. */
  readonly l1FeeScalar: Hash;
  /** From Ecotone, as the three below. */
  readonly blobBaseFee: bigint;
  /** u32. */
  readonly baseFeeScalar: number;
  /** u32. */
  readonly blobBaseFeeScalar: number;
  /** From Isthmus; u32. */
  readonly operatorFeeScalar: number;
  /** From Isthmus; u64. */
  readonly operatorFeeConstant: bigint;
  /** From Jovian; u16. */
  readonly daFootprintGasScalar: number;
}

type ForkConfig = Pick<RollupConfig, 'forks' | 'blockTime'>;

/**
 * A field's place in the data: name, width in bytes on the wire, and how many leading bytes of it must be zero.
 * Bedrock is ABI-encoded (32-byte words), the later formats are packed.
 */
type Layout = readonly (readonly [name: keyof L1BlockInfo, width: number, padding: number])[];

const ECOTONE_LAYOUT: Layout = [
  ['baseFeeScalar', 4, 0],
  ['blobBaseFeeScalar', 4, 0],
  ['sequenceNumber', 8, 0],
  ['time', 8, 0],
  ['number', 8, 0],
  ['baseFee', 32, 0],
  ['blobBaseFee', 32, 0],
  ['blockHash', 32, 0],
  ['batcherAddr', 32, 12],
];
const ISTHMUS_LAYOUT: Layout = [
  ...ECOTONE_LAYOUT,
  ['operatorFeeScalar', 4, 0],
  ['operatorFeeConstant', 8, 0],
];

/**
 * Selector (first 4 bytes of keccak256 of the function's signature) and layout of each format:
 * `setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)`, `setL1BlockValuesEcotone()`,
 * `setL1BlockValuesIsthmus()`, `setL1BlockValuesJovian()`. Spec: protocol/<fork>/l1-attributes;
 * op-node `rollup/derive/l1_block_info.go`.
 */
const FORMATS: Readonly<Record<L1InfoFormat, { selector: Hex; layout: Layout }>> = {
  bedrock: {
    selector: '0x015d8eb9',
    layout: [
      ['number', 32, 24],
      ['time', 32, 24],
      ['baseFee', 32, 0],
      ['blockHash', 32, 0],
      ['sequenceNumber', 32, 24],
      ['batcherAddr', 32, 12],
      ['l1FeeOverhead', 32, 0],
      ['l1FeeScalar', 32, 0],
    ],
  },
  ecotone: { selector: '0x440a5e20', layout: ECOTONE_LAYOUT },
  isthmus: { selector: '0x098999be', layout: ISTHMUS_LAYOUT },
  jovian: {
    selector: '0x3db6be2b',
    layout: [...ISTHMUS_LAYOUT, ['daFootprintGasScalar', 2, 0]],
  },
};

/** Newest first. */
const FORMAT_FORKS = ['jovian', 'isthmus', 'ecotone'] as const satisfies readonly (Fork &
  L1InfoFormat)[];

/**
 * The format an L2 block of this time must use. A fork's activation block still uses the format before: the contract
 * is upgraded inside that block. Spec: protocol/ecotone/l1-attributes, "L1 Attributes Deposited Transaction".
 */
export function l1InfoFormatAt(config: ForkConfig, l2Time: bigint): L1InfoFormat {
  for (const fork of FORMAT_FORKS) {
    if (isActive(config, fork, l2Time) && !isActivationBlock(config, fork, l2Time)) return fork;
  }
  return 'bedrock';
}

/**
 * Decodes the data of an L1 info transaction, strictly: exact length, selector and zero padding.
 * @throws NodeError ROLLUP_L1_INFO_INVALID (temporary) with op-node's wording of the reason.
 */
export function decodeL1Info(format: L1InfoFormat, data: Hex): L1BlockInfo {
  const { selector, layout } = FORMATS[format];
  const bytes = hexToBytes(data) ?? new Uint8Array(0);
  const expected = layout.reduce((sum, [, width]) => sum + width, 4);
  if (bytes.length !== expected) {
    throw malformed(`data is unexpected length: ${bytes.length}`, format);
  }
  if (bytesToHex(bytes.subarray(0, 4)) !== selector) {
    throw malformed('invalid function signature', format);
  }
  const values: Record<string, unknown> = { ...EMPTY_INFO };
  let offset = 4;
  for (const [name, width, padding] of layout) {
    const field = bytes.subarray(offset, offset + width);
    if (field.subarray(0, padding).some((byte) => byte !== 0)) {
      const kind = padding === 12 ? 'address' : 'number';
      const found = bytesToHex(field.subarray(0, padding)).slice(2);
      throw malformed(`${kind} padding was not empty: ${found}`, format);
    }
    values[name] = readField(name, field.subarray(padding));
    offset += width;
  }
  return values as unknown as L1BlockInfo;
}

/** Encodes the data of an L1 info transaction; the inverse of `decodeL1Info` for the format's own fields. */
export function encodeL1Info(format: L1InfoFormat, info: L1BlockInfo): Hex {
  const { selector, layout } = FORMATS[format];
  const parts = layout.map(([name, width]) => {
    const value = info[name];
    return bytesToHex(bigintToFixedBytes(BigInt(value), width)).slice(2);
  });
  return `${selector}${parts.join('')}`;
}

const ZERO_WORD: Hash = `0x${'0'.repeat(64)}`;

const EMPTY_INFO: L1BlockInfo = {
  number: 0n,
  time: 0n,
  baseFee: 0n,
  blockHash: ZERO_WORD,
  sequenceNumber: 0n,
  batcherAddr: `0x${'0'.repeat(40)}`,
  l1FeeOverhead: ZERO_WORD,
  l1FeeScalar: ZERO_WORD,
  blobBaseFee: 0n,
  baseFeeScalar: 0,
  blobBaseFeeScalar: 0,
  operatorFeeScalar: 0,
  operatorFeeConstant: 0n,
  daFootprintGasScalar: 0,
};

/** The empty value tells each field's type. */
function readField(name: keyof L1BlockInfo, bytes: Uint8Array): Hex | bigint | number {
  const kind = typeof EMPTY_INFO[name];
  if (kind === 'string') return bytesToHex(bytes);
  return kind === 'bigint' ? bytesToBigint(bytes) : Number(bytesToBigint(bytes));
}

function malformed(reason: string, format: L1InfoFormat): NodeError {
  return new NodeError('ROLLUP_L1_INFO_INVALID', reason, {
    severity: 'temporary',
    fields: { format },
  });
}
