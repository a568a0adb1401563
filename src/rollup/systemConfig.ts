import type { Hex } from 'viem';
import { NodeError } from '../errors/nodeError.js';
import type { Address, Hash } from '../types/block.js';
import { ZERO_HASH } from '../types/block.js';
import type { L1Log, L1Receipt } from '../types/l1Block.js';
import type { ExecutionPayload } from '../types/payload.js';
import { isActive } from './forks.js';
import type { L1BlockInfo } from './l1Info.js';
import { decodeL1Info, l1InfoFormatAt } from './l1Info.js';
import { firstDepositData } from './l2BlockRef.js';
import type { RollupConfig, SystemConfig } from './rollupConfig.js';
import { passingUpgradeGas } from './upgradeGas.js';

/** keccak256 of `ConfigUpdate(uint256,uint8,bytes)`. */
export const CONFIG_UPDATE_TOPIC: Hash =
  '0x1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be';

/** Hex digits of one ABI word. */
const WORD = 64;
const UINT64_PADDING = '0'.repeat(48);
const UINT16_PADDING = '0'.repeat(60);
const ADDRESS_PADDING = '0'.repeat(24);

type UpdateConfig = Pick<RollupConfig, 'l1SystemConfigAddress' | 'forks'>;
type Change = Partial<SystemConfig>;
/** Reads the words behind the ABI header; null when they are not valid for this kind of update. */
type Decoder = (words: readonly string[], config: UpdateConfig, l1Time: bigint) => Change | null;

interface UpdateKind {
  /** Words behind the offset and length words. */
  readonly words: 1 | 2;
  readonly decode: Decoder;
}

/** By update type. 3 (the unsafe block signer) changes nothing here: the node reads it from the contract's storage. */
const UPDATE_KINDS: ReadonlyMap<bigint, UpdateKind> = new Map<bigint, UpdateKind>([
  [0n, { words: 1, decode: ([word = '']) => mapped(readAddress(word), 'batcherAddr') }],
  [1n, { words: 2, decode: decodeFeeScalars }],
  [2n, { words: 1, decode: ([word = '']) => mapped(readUint64(word), 'gasLimit') }],
  [4n, { words: 1, decode: decodeEip1559Params }],
  [5n, { words: 1, decode: ([word = '']) => ({ operatorFeeParams: `0x${word}` }) }],
  [6n, { words: 1, decode: ([word = '']) => mapped(readUint64(word), 'minBaseFee') }],
  [7n, { words: 1, decode: ([word = '']) => mapped(readUint16(word), 'daFootprintGasScalar') }],
]);

/**
 * The system config after all update events of one L1 block, in order. Malformed and unknown events are skipped one
 * by one, events of reverted transactions too.
 * @param l1Time the L1 block's time: from Ecotone on by it, fee scalars are checked and the overhead is cleared.
 * Spec: protocol/system-config; op-node `rollup/derive/system_config.go`.
 */
export function updateSystemConfig(
  current: SystemConfig,
  receipts: readonly L1Receipt[],
  config: UpdateConfig,
  l1Time: bigint,
): SystemConfig {
  let updated = current;
  for (const receipt of receipts) {
    if (!receipt.isSuccess) continue;
    for (const log of receipt.logs) {
      if (log.address !== config.l1SystemConfigAddress) continue;
      if (log.topics[0] !== CONFIG_UPDATE_TOPIC) continue;
      const change = decodeConfigUpdate(log, config, l1Time);
      if (change !== null) updated = { ...updated, ...change };
    }
  }
  return updated;
}

/**
 * What one ConfigUpdate event changes; an empty object when it is valid but changes nothing.
 * @returns null when malformed, of an unknown version or of an unknown type: the event is ignored.
 */
export function decodeConfigUpdate(
  log: Pick<L1Log, 'topics' | 'data'>,
  config: UpdateConfig,
  l1Time: bigint,
): Change | null {
  const [, version, type] = log.topics;
  if (log.topics.length !== 3 || version !== ZERO_HASH || type === undefined) return null;
  if (BigInt(type) === 3n) return {};
  const kind = UPDATE_KINDS.get(BigInt(type));
  if (kind === undefined) return null;
  const digits = log.data.slice(2);
  if (digits.length !== WORD * (kind.words + 2)) return null;
  const words: string[] = [];
  for (let at = 0; at < digits.length; at += WORD) words.push(digits.slice(at, at + WORD));
  const [offset = '', length = '', ...content] = words;
  if (readUint64(offset) !== 32n || readUint64(length) !== BigInt(kind.words * 32)) return null;
  return kind.decode(content, config, l1Time);
}

/** From Ecotone on a scalar word is version byte, zero padding, blob base fee scalar (u32), base fee scalar (u32). */
function decodeFeeScalars(
  [overhead = '', scalar = '']: readonly string[],
  config: UpdateConfig,
  l1Time: bigint,
): Change {
  if (!isActive(config, 'ecotone', l1Time)) {
    return { overhead: `0x${overhead}`, scalar: `0x${scalar}` };
  }
  // An unusable scalar is a valid event that changes nothing.
  if (checkEcotoneScalar(`0x${scalar}`) !== 'valid') return {};
  return { overhead: ZERO_HASH, scalar: `0x${scalar}` };
}

/** Denominator and elasticity must both be zero (the chain's defaults) or both not. */
function decodeEip1559Params([word = '']: readonly string[]): Change | null {
  const params = word.slice(48);
  const isZero = [params.slice(0, 8), params.slice(8)].map((half) => half === '00000000');
  return isZero[0] === isZero[1] ? { eip1559Params: `0x${params}` } : null;
}

function checkEcotoneScalar(scalar: Hash): 'valid' | 'bedrockPadding' | 'invalid' {
  const digits = scalar.slice(2);
  if (digits.startsWith('00')) {
    return /^0{56}/.test(digits) ? 'valid' : 'bedrockPadding';
  }
  return /^010{46}/.test(digits) ? 'valid' : 'invalid';
}

/** Fee scalars of the L1 info transaction from Ecotone on; u32 each. */
export interface EcotoneScalars {
  readonly baseFeeScalar: number;
  readonly blobBaseFeeScalar: number;
}

/**
 * Splits the scalar word. A version 0 word with anything in its padding counts as the largest base fee scalar.
 * @returns null for an unknown version or a version 1 word with anything in its padding.
 * Spec: protocol/ecotone/l1-attributes; op-node `op-service/eth/types.go` EcotoneScalars.
 */
export function ecotoneScalars(scalar: Hash): EcotoneScalars | null {
  const validity = checkEcotoneScalar(scalar);
  if (validity === 'invalid') return null;
  if (validity === 'bedrockPadding') return { baseFeeScalar: 0xffffffff, blobBaseFeeScalar: 0 };
  const isVersion1 = scalar.startsWith('0x01');
  return {
    baseFeeScalar: Number(`0x${scalar.slice(58)}`),
    blobBaseFeeScalar: isVersion1 ? Number(`0x${scalar.slice(50, 58)}`) : 0,
  };
}

/** Operator fee scalar (u32) and constant (u64): the last 12 of 32 bytes. */
export function operatorFee(params: Hash): { scalar: number; constant: bigint } {
  return { scalar: Number(`0x${params.slice(42, 50)}`), constant: BigInt(`0x${params.slice(50)}`) };
}

/**
 * The system config that an L2 block was built with, read back from the block: the L1 info transaction, the gas limit
 * and the extra data. The genesis block's is the rollup config's. The gas limit of an activation block is without the
 * upgrade gas that passes with it.
 * @throws NodeError ROLLUP_SYSTEM_CONFIG_INVALID, ROLLUP_GENESIS_MISMATCH or ROLLUP_L1_INFO_INVALID, temporary.
 * op-node `rollup/derive/payload_util.go` PayloadToSystemConfig.
 */
export function payloadToSystemConfig(
  config: RollupConfig,
  payload: ExecutionPayload,
): SystemConfig {
  if (payload.blockNumber === config.genesis.l2.number) return genesisSystemConfig(config, payload);
  const time = payload.timestamp;
  const format = l1InfoFormatAt(config, time);
  const info = decodeL1Info(format, firstDepositData(payload));
  return {
    batcherAddr: info.batcherAddr,
    overhead: info.l1FeeOverhead,
    scalar: format === 'bedrock' ? info.l1FeeScalar : encodeScalar(info),
    gasLimit: steadyGasLimit(config, payload),
    ...extraDataParams(config, payload),
    operatorFeeParams: isActive(config, 'isthmus', time) ? encodeOperatorFee(info) : ZERO_HASH,
    daFootprintGasScalar: isActive(config, 'jovian', time) ? info.daFootprintGasScalar : 0,
  };
}

function genesisSystemConfig(config: RollupConfig, payload: ExecutionPayload): SystemConfig {
  const { l2, systemConfig } = config.genesis;
  if (payload.blockHash === l2.hash) return systemConfig;
  throw new NodeError(
    'ROLLUP_GENESIS_MISMATCH',
    `expected L2 genesis hash to match L2 block at genesis block number ${l2.number}: ${payload.blockHash} <> ${l2.hash}`,
    { severity: 'temporary', fields: { hash: payload.blockHash } },
  );
}

function steadyGasLimit(config: RollupConfig, payload: ExecutionPayload): bigint {
  const { gasLimit, timestamp } = payload;
  const passing = passingUpgradeGas(config, timestamp);
  if (gasLimit < passing) {
    throw invalid('the activation block has less gas than its upgrade needs', payload);
  }
  return gasLimit - passing;
}

/** Holocene: version 0, denominator, elasticity. Jovian: version 1, the same, minimum base fee (u64). */
function extraDataParams(
  config: RollupConfig,
  payload: ExecutionPayload,
): Pick<SystemConfig, 'eip1559Params' | 'minBaseFee'> {
  const { extraData, timestamp } = payload;
  const isJovian = isActive(config, 'jovian', timestamp);
  if (!isJovian && !isActive(config, 'holocene', timestamp)) {
    if (extraData !== '0x') throw invalid('extraData must be empty before Holocene', payload);
    return { eip1559Params: '0x0000000000000000', minBaseFee: 0n };
  }
  const shape = isJovian ? /^0x01([0-9a-f]{16})([0-9a-f]{16})$/ : /^0x00([0-9a-f]{16})()$/;
  const [, params = '', minBaseFee = ''] = shape.exec(extraData) ?? [];
  if (params === '' || params.startsWith('00000000') || params.endsWith('00000000')) {
    throw invalid('extraData is not valid for its fork', payload);
  }
  return { eip1559Params: `0x${params}`, minBaseFee: isJovian ? BigInt(`0x${minBaseFee}`) : 0n };
}

/** Version 1 always: a version 0 scalar has a zero blob base fee scalar and means the same. */
function encodeScalar(info: L1BlockInfo): Hash {
  const scalars = u32(info.blobBaseFeeScalar) + u32(info.baseFeeScalar);
  return `0x01${'0'.repeat(46)}${scalars}`;
}

function encodeOperatorFee(info: L1BlockInfo): Hash {
  const constant = info.operatorFeeConstant.toString(16).padStart(16, '0');
  return `0x${'0'.repeat(40)}${u32(info.operatorFeeScalar)}${constant}`;
}

function u32(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function readAddress(word: string): Address | null {
  return word.startsWith(ADDRESS_PADDING) ? `0x${word.slice(24)}` : null;
}

function readUint64(word: string): bigint | null {
  return word.startsWith(UINT64_PADDING) ? BigInt(`0x${word}`) : null;
}

function readUint16(word: string): number | null {
  return word.startsWith(UINT16_PADDING) ? Number(`0x${word}`) : null;
}

function mapped<K extends keyof SystemConfig>(
  value: SystemConfig[K] | null,
  key: K,
): Change | null {
  return value === null ? null : ({ [key]: value } as Change);
}

function invalid(reason: string, payload: ExecutionPayload): NodeError {
  const { blockHash, blockNumber } = payload;
  return new NodeError('ROLLUP_SYSTEM_CONFIG_INVALID', reason, {
    severity: 'temporary',
    fields: { hash: blockHash, number: blockNumber } satisfies Record<string, Hex | bigint>,
  });
}
