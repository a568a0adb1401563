import type { Hex } from 'viem';
import { isActive } from '../../src/rollup/forks.js';
import { payloadToBlockRef } from '../../src/rollup/l2BlockRef.js';
import type { RollupConfig, SystemConfig } from '../../src/rollup/rollupConfig.js';
import { payloadToSystemConfig } from '../../src/rollup/systemConfig.js';
import type { Hash, L2BlockRef } from '../../src/types/block.js';
import type { ExecutionPayload } from '../../src/types/payload.js';
import type { DerivedLine } from '../derivedLine.js';
import { chainParams, ZERO_PARAMS } from './eip1559Defaults.js';

/** The recorded blocks as the L2 chain, as far as the caller has taken them over. Stands in for an engine. */
export class RecordedL2 {
  private readonly config: RollupConfig;
  private readonly payloads = new Map<bigint, ExecutionPayload>();
  private readonly refs = new Map<bigint, L2BlockRef>();
  private readonly byHash = new Map<Hash, L2BlockRef>();
  private readonly systemConfigs = new Map<Hash, SystemConfig>();

  constructor(config: RollupConfig) {
    this.config = config;
    const { l1, l2, l2Time, systemConfig } = config.genesis;
    this.remember(
      {
        hash: l2.hash,
        number: l2.number,
        parentHash: `0x${'0'.repeat(64)}`,
        timestamp: l2Time,
        l1Origin: l1,
        sequenceNumber: 0n,
      },
      systemConfig,
    );
  }

  get genesis(): L2BlockRef {
    const genesis = this.refs.get(this.config.genesis.l2.number);
    if (genesis === undefined) throw new Error('no genesis block');
    return genesis;
  }

  /** Takes a recorded block in; one of the same number goes. */
  append(line: DerivedLine): L2BlockRef {
    const payload = payloadOf(line, this.config);
    const ref = payloadToBlockRef(this.config, payload);
    this.payloads.set(ref.number, payload);
    this.remember(ref, payloadToSystemConfig(this.config, payload));
    return ref;
  }

  async l2BlockRefByNumber(number: bigint): Promise<L2BlockRef | null> {
    return this.refs.get(number) ?? null;
  }

  async l2BlockRefByHash(hash: Hash): Promise<L2BlockRef | null> {
    return this.byHash.get(hash) ?? null;
  }

  async payloadByNumber(number: bigint): Promise<ExecutionPayload | null> {
    return this.payloads.get(number) ?? null;
  }

  async systemConfigByL2Hash(hash: Hash): Promise<SystemConfig | null> {
    return this.systemConfigs.get(hash) ?? null;
  }

  private remember(ref: L2BlockRef, systemConfig: SystemConfig): void {
    this.refs.set(ref.number, ref);
    this.byHash.set(ref.hash, ref);
    this.systemConfigs.set(ref.hash, systemConfig);
  }
}

/** The block that an engine makes of recorded attributes, as far as derivation reads it. */
function payloadOf(line: DerivedLine, config: RollupConfig): ExecutionPayload {
  const { attributes } = line;
  const zero: Hash = `0x${'0'.repeat(64)}`;
  return {
    parentHash: line.parent as Hash,
    feeRecipient: attributes.suggestedFeeRecipient as Hex,
    stateRoot: zero,
    receiptsRoot: zero,
    logsBloom: '0x',
    prevRandao: attributes.prevRandao as Hash,
    blockNumber: BigInt(line.number),
    gasLimit: BigInt(attributes.gasLimit),
    gasUsed: 0n,
    timestamp: BigInt(attributes.timestamp),
    extraData: extraDataOf(line, config),
    baseFeePerGas: 0n,
    blockHash: line.hash as Hash,
    transactions: attributes.transactions as readonly Hex[],
  };
}

/** The header says the chain's own parameters where the attributes have zeros. */
function extraDataOf({ attributes }: DerivedLine, config: RollupConfig): Hex {
  const time = BigInt(attributes.timestamp);
  if (!isActive(config, 'holocene', time)) return '0x';
  const given = attributes.eip1559Params ?? ZERO_PARAMS;
  const params = (given === ZERO_PARAMS ? chainParams(config) : given).slice(2);
  if (!isActive(config, 'jovian', time)) return `0x00${params}`;
  return `0x01${params}${BigInt(attributes.minBaseFee ?? 0)
    .toString(16)
    .padStart(16, '0')}`;
}
