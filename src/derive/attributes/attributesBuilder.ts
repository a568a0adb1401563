import { NodeError } from '../../errors/nodeError.js';
import { bytesToHex } from '../../rollup/bytes.js';
import { userDeposits } from '../../rollup/deposits.js';
import { isActive } from '../../rollup/forks.js';
import type { L1ChainConfig } from '../../rollup/l1ChainConfig.js';
import type { RollupConfig, SystemConfig } from '../../rollup/rollupConfig.js';
import { updateSystemConfig } from '../../rollup/systemConfig.js';
import type { BlockId, L2BlockRef } from '../../types/block.js';
import { ZERO_HASH } from '../../types/block.js';
import type { L1HeaderInfo } from '../../types/l1Block.js';
import type { PayloadAttributes } from '../../types/payload.js';
import type { DeriveL1Source, DeriveL2Source } from '../ports.js';
import { l1InfoTx } from './l1InfoTx.js';
import { networkUpgrade } from './upgradeTxs.js';

/** The predeploy that collects the sequencer's fees. */
const SEQUENCER_FEE_VAULT = '0x4200000000000000000000000000000000000011';

export interface AttributesBuilderOptions {
  readonly config: RollupConfig;
  readonly l1Config: L1ChainConfig;
}

export interface AttributesBuilderDeps {
  readonly l1: Pick<DeriveL1Source, 'l1InfoByHash' | 'l1ReceiptsByHash'>;
  readonly l2: Pick<DeriveL2Source, 'systemConfigByL2Hash'>;
}

/** What the L1 origin adds to the block. */
interface OriginPart {
  readonly l1: L1HeaderInfo;
  readonly systemConfig: SystemConfig;
  readonly deposits: readonly Uint8Array[];
  readonly sequenceNumber: bigint;
}

/**
 * Makes the attributes of the next L2 block without transactions of the sequencer: L1 info transaction, user deposits
 * where a new epoch begins, upgrade transactions, and all that the system config says.
 * Derivation appends a batch's transactions, a sequencer lets the engine add its own.
 * Spec: protocol/derivation, "Deriving Payload Attributes"; op-node `rollup/derive/attributes.go`.
 */
export class AttributesBuilder {
  private readonly options: AttributesBuilderOptions;
  private readonly deps: AttributesBuilderDeps;

  constructor(options: AttributesBuilderOptions, deps: AttributesBuilderDeps) {
    this.options = options;
    this.deps = deps;
  }

  /**
   * @param parent the block to build on.
   * @param epoch the L1 origin: the parent's, or the L1 block after it.
   * @returns attributes with `noTxPool` set.
   * @throws NodeError temporary (a source does not have or get something), reset (the epoch does not fit the parent),
   * critical (deposits or the L1 info cannot be made).
   */
  async prepare(
    parent: L2BlockRef,
    epoch: BlockId,
    signal: AbortSignal,
  ): Promise<PayloadAttributes> {
    const { config } = this.options;
    const timestamp = parent.timestamp + config.blockTime;
    const base = await this.deps.l2.systemConfigByL2Hash(parent.hash, signal);
    if (base === null) throw unavailable('DERIVE_L2_UNAVAILABLE', 'L2 parent block', parent);
    const origin =
      parent.l1Origin.number === epoch.number
        ? await this.sameEpoch(parent, epoch, base, signal)
        : await this.newEpoch(parent, epoch, base, signal);
    if (timestamp < origin.l1.timestamp) {
      throw conflict('cannot build L2 block before its L1 origin', parent, epoch);
    }
    return this.assemble(origin, timestamp);
  }

  private async newEpoch(
    parent: L2BlockRef,
    epoch: BlockId,
    base: SystemConfig,
    signal: AbortSignal,
  ): Promise<OriginPart> {
    const { config } = this.options;
    const [l1, receipts] = await Promise.all([
      this.deps.l1.l1InfoByHash(epoch.hash, signal),
      this.deps.l1.l1ReceiptsByHash(epoch.hash, signal),
    ]);
    if (l1 === null || receipts === null) {
      throw unavailable('DERIVE_L1_UNAVAILABLE', 'L1 block info and receipts', epoch);
    }
    if (parent.l1Origin.hash !== l1.parentHash) {
      throw conflict('the L1 origin does not follow the one of the parent block', parent, epoch);
    }
    const deposits = userDeposits(receipts, config.depositContractAddress);
    if (deposits.kind === 'malformed') {
      throw new NodeError('DERIVE_DEPOSITS_INVALID', 'failed to derive some deposits', {
        severity: 'critical',
        fields: { l1Number: epoch.number, l1Hash: epoch.hash, logIndex: deposits.log.logIndex },
      });
    }
    return {
      l1,
      systemConfig: updateSystemConfig(base, receipts, config, l1.timestamp),
      deposits: deposits.transactions,
      sequenceNumber: 0n,
    };
  }

  private async sameEpoch(
    parent: L2BlockRef,
    epoch: BlockId,
    systemConfig: SystemConfig,
    signal: AbortSignal,
  ): Promise<OriginPart> {
    if (parent.l1Origin.hash !== epoch.hash) {
      throw conflict(
        'the L1 origin is in conflict with the one of the parent block',
        parent,
        epoch,
      );
    }
    const l1 = await this.deps.l1.l1InfoByHash(epoch.hash, signal);
    if (l1 === null) throw unavailable('DERIVE_L1_UNAVAILABLE', 'L1 block info', epoch);
    return { l1, systemConfig, deposits: [], sequenceNumber: parent.sequenceNumber + 1n };
  }

  private assemble(origin: OriginPart, timestamp: bigint): PayloadAttributes {
    const { config, l1Config } = this.options;
    const { l1, systemConfig, deposits } = origin;
    const upgrade = networkUpgrade(config, timestamp);
    const info = l1InfoTx(config, l1Config, { ...origin, timestamp });
    return {
      timestamp,
      prevRandao: l1.prevRandao,
      suggestedFeeRecipient: SEQUENCER_FEE_VAULT,
      ...(isActive(config, 'canyon', timestamp) && { withdrawals: [] }),
      ...(isActive(config, 'ecotone', timestamp) && {
        parentBeaconBlockRoot: l1.parentBeaconBlockRoot ?? ZERO_HASH,
      }),
      transactions: [bytesToHex(info), ...deposits.map(bytesToHex), ...upgrade.transactions],
      noTxPool: true,
      gasLimit: systemConfig.gasLimit + upgrade.gas,
      ...(isActive(config, 'holocene', timestamp) && {
        eip1559Params: systemConfig.eip1559Params,
      }),
      ...(isActive(config, 'jovian', timestamp) && { minBaseFee: systemConfig.minBaseFee }),
    };
  }
}

function unavailable(
  code: 'DERIVE_L1_UNAVAILABLE' | 'DERIVE_L2_UNAVAILABLE',
  what: string,
  id: BlockId,
): NodeError {
  const { hash, number } = id;
  return new NodeError(code, `failed to fetch ${what}`, {
    severity: 'temporary',
    fields: { hash, number },
  });
}

function conflict(why: string, parent: L2BlockRef, epoch: BlockId): NodeError {
  return new NodeError('DERIVE_ORIGIN_MISMATCH', why, {
    severity: 'reset',
    fields: {
      parent: parent.number,
      parentOrigin: parent.l1Origin.hash,
      epoch: epoch.hash,
      epochNumber: epoch.number,
    },
  });
}
