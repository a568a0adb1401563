import type { Hex } from 'viem';
import { isActivationBlock, isActive } from '../rollup/forks.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import { EMPTY_TRIE_ROOT } from '../rollup/trieRoot.js';
import type { Hash } from '../types/block.js';
import type {
  ExecutionPayload,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
} from '../types/payload.js';

export type MatchConfig = Pick<RollupConfig, 'forks' | 'blockTime' | 'chainOpConfig'>;

/** EIP-1559 parameters; null minimum where the fork has none. */
interface FeeParams {
  readonly denominator: bigint;
  readonly elasticity: bigint;
  readonly minBaseFee: bigint | null;
}

/**
 * Whether an existing block is the one that these derived attributes would build.
 * @returns null when it is, else what differs, for the log. Spec: derivation, "L1-consolidation: payload attributes
 * matching"; op-node `rollup/attributes/engine_consolidate.go`.
 */
export function attributesMismatch(
  config: MatchConfig,
  attributes: PayloadAttributes,
  parentHash: Hash,
  envelope: ExecutionPayloadEnvelope,
): string | null {
  const block = envelope.executionPayload;
  const fields: readonly (readonly [string, unknown, unknown])[] = [
    ['parent hash', parentHash, block.parentHash],
    ['timestamp', attributes.timestamp, block.timestamp],
    ['random', attributes.prevRandao, block.prevRandao],
    ['transaction count', attributes.transactions.length, block.transactions.length],
  ];
  return (
    differing(fields) ??
    transactionMismatch(attributes, block) ??
    gasLimitMismatch(config, attributes, block) ??
    withdrawalsMismatch(config, attributes, block) ??
    differing([
      [
        'parent beacon block root',
        attributes.parentBeaconBlockRoot,
        envelope.parentBeaconBlockRoot,
      ],
      ['fee recipient', attributes.suggestedFeeRecipient, block.feeRecipient],
    ]) ??
    extraDataMismatch(config, attributes, block)
  );
}

function differing(
  fields: readonly (readonly [name: string, expected: unknown, got: unknown])[],
): string | null {
  for (const [name, expected, got] of fields) {
    if (expected !== got) return `${name} does not match. expected: ${expected}. got: ${got}`;
  }
  return null;
}

function transactionMismatch(
  attributes: PayloadAttributes,
  block: ExecutionPayload,
): string | null {
  const at = attributes.transactions.findIndex((tx, index) => tx !== block.transactions[index]);
  if (at < 0) return null;
  return `transaction ${at} does not match. expected: ${attributes.transactions[at]}. got: ${block.transactions[at]}`;
}

function gasLimitMismatch(
  config: MatchConfig,
  attributes: PayloadAttributes,
  block: ExecutionPayload,
): string | null {
  const problem = differing([['gas limit', attributes.gasLimit, block.gasLimit]]);
  if (problem === null || !isAtKarst(config, block.timestamp)) return problem;
  return `${problem}; at Karst's activation this is decided by keep_karst_upgrade_gas (--override.keep-karst-upgrade-gas)`;
}

/** The activation block of Karst or the one after it: where the upgrade gas is added and taken off again. */
function isAtKarst(config: MatchConfig, timestamp: bigint): boolean {
  return [timestamp, timestamp - config.blockTime].some((time) =>
    isActivationBlock(config, 'karst', time),
  );
}

function withdrawalsMismatch(
  config: MatchConfig,
  attributes: PayloadAttributes,
  block: ExecutionPayload,
): string | null {
  if (!isActive(config, 'canyon', block.timestamp)) {
    return attributes.withdrawals === undefined
      ? null
      : 'bedrock: expected withdrawals in attributes to be absent';
  }
  for (const [where, list] of [
    ['block', block.withdrawals],
    ['attributes', attributes.withdrawals],
  ] as const) {
    if (list === undefined || list.length !== 0) {
      return `canyon: expected withdrawals in ${where} to be an empty list`;
    }
  }
  if (isActive(config, 'isthmus', block.timestamp)) {
    return block.withdrawalsRoot === undefined
      ? 'isthmus: expected withdrawalsRoot in block'
      : null;
  }
  return block.withdrawalsRoot !== undefined && block.withdrawalsRoot !== EMPTY_TRIE_ROOT
    ? `canyon: expected withdrawalsRoot in block to be default, got ${block.withdrawalsRoot}`
    : null;
}

function extraDataMismatch(
  config: MatchConfig,
  attributes: PayloadAttributes,
  block: ExecutionPayload,
): string | null {
  const { eip1559Params, minBaseFee } = attributes;
  if (eip1559Params === undefined) {
    return block.extraData === '0x'
      ? null
      : `no EIP-1559 params in attributes but extraData in block: ${block.extraData}`;
  }
  const wanted = wantedFeeParams(config, eip1559Params);
  if (typeof wanted === 'string') return wanted;
  const got = decodeExtraData(config, block.timestamp, block.extraData);
  if (typeof got === 'string') return `invalid block extraData: ${got}`;
  return differing([
    ['EIP-1559 denominator', wanted.denominator, got.denominator],
    ['EIP-1559 elasticity', wanted.elasticity, got.elasticity],
    ['minBaseFee', minBaseFee ?? null, got.minBaseFee],
  ]);
}

/** Zero and zero stand for the constants from before Holocene, as the execution layer reads them. */
function wantedFeeParams(
  config: MatchConfig,
  params: Hex,
): Pick<FeeParams, 'denominator' | 'elasticity'> | string {
  const { denominator, elasticity } = decodeFeeParams(params);
  if ((denominator === 0n) !== (elasticity === 0n)) {
    return `invalid attributes EIP-1559 parameters: ${params}`;
  }
  if (denominator !== 0n) return { denominator, elasticity };
  const constants = config.chainOpConfig;
  if (constants === null || constants.eip1559DenominatorCanyon === null) {
    return 'the rollup config has no EIP-1559 constants to translate zero parameters with';
  }
  return {
    denominator: constants.eip1559DenominatorCanyon,
    elasticity: constants.eip1559Elasticity,
  };
}

/** Denominator and elasticity, u32 BE each. */
function decodeFeeParams(params: Hex): { denominator: bigint; elasticity: bigint } {
  return {
    denominator: BigInt(`0x${params.slice(2, 10)}`),
    elasticity: BigInt(`0x${params.slice(10, 18)}`),
  };
}

/**
 * Layout: version (0 from Holocene, 1 from Jovian), denominator (u32 BE), elasticity (u32 BE), from Jovian the minimum
 * base fee (u64 BE). @returns what is wrong, as text. Spec: holocene and jovian exec-engine, "block header".
 */
function decodeExtraData(config: MatchConfig, timestamp: bigint, extra: Hex): FeeParams | string {
  const isJovian = isActive(config, 'jovian', timestamp);
  const length = isJovian ? 17 : 9;
  if (extra.length !== 2 + 2 * length) return `should be ${length} bytes: ${extra}`;
  if (Number.parseInt(extra.slice(2, 4), 16) !== (isJovian ? 1 : 0)) {
    return `unexpected version: ${extra}`;
  }
  const params = decodeFeeParams(`0x${extra.slice(4, 20)}`);
  if (params.denominator === 0n || params.elasticity === 0n) return `zero parameter: ${extra}`;
  return { ...params, minBaseFee: isJovian ? BigInt(`0x${extra.slice(20)}`) : null };
}
