import { NodeError } from '../../errors/nodeError.js';
import type { RollupConfig, SystemConfig } from '../../rollup/rollupConfig.js';
import { updateSystemConfig } from '../../rollup/systemConfig.js';
import type { L1BlockRef } from '../../types/block.js';
import { ZERO_L1_REF } from '../../types/block.js';
import type { DeriveL1Source } from '../ports.js';

/**
 * Walks L1 block by block and keeps the system config up to date on the way. Every stage's origin is this one's.
 * op-node `rollup/derive/l1_traversal.go`.
 */
export class L1Traversal {
  private block: L1BlockRef = ZERO_L1_REF;
  private isTaken = false;
  private currentConfig: SystemConfig;
  private readonly config: RollupConfig;
  private readonly l1: Pick<DeriveL1Source, 'l1BlockRefByNumber' | 'l1ReceiptsByHash'>;

  constructor(
    config: RollupConfig,
    deps: { l1: Pick<DeriveL1Source, 'l1BlockRefByNumber' | 'l1ReceiptsByHash'> },
  ) {
    this.config = config;
    this.currentConfig = config.genesis.systemConfig;
    this.l1 = deps.l1;
  }

  get origin(): L1BlockRef {
    return this.block;
  }

  /** As of the current block, its own updates included. */
  get systemConfig(): SystemConfig {
    return this.currentConfig;
  }

  /** The current block, once. */
  take(): L1BlockRef | 'outOfData' {
    if (this.isTaken) return 'outOfData';
    this.isTaken = true;
    return this.block;
  }

  /**
   * Moves to the next block.
   * @returns false when L1 does not have it yet.
   * @throws NodeError DERIVE_L1_REORG (reset) when it does not build on the current one, DERIVE_L1_UNAVAILABLE
   * (temporary) when its receipts are missing.
   */
  async advance(signal: AbortSignal): Promise<boolean> {
    const next = await this.l1.l1BlockRefByNumber(this.block.number + 1n, signal);
    if (next === null) return false;
    if (next.parentHash !== this.block.hash) {
      throw new NodeError('DERIVE_L1_REORG', 'detected L1 reorg', {
        severity: 'reset',
        fields: { origin: this.block.hash, next: next.hash, nextNumber: next.number },
      });
    }
    const receipts = await this.l1.l1ReceiptsByHash(next.hash, signal);
    if (receipts === null) {
      throw new NodeError('DERIVE_L1_UNAVAILABLE', 'failed to fetch receipts of L1 block', {
        severity: 'temporary',
        fields: { hash: next.hash, number: next.number },
      });
    }
    this.currentConfig = updateSystemConfig(
      this.currentConfig,
      receipts,
      this.config,
      next.timestamp,
    );
    this.block = next;
    this.isTaken = false;
    return true;
  }

  /** Starts over at a block, whose data is read too. */
  reset(base: L1BlockRef, systemConfig: SystemConfig): void {
    this.block = base;
    this.currentConfig = systemConfig;
    this.isTaken = false;
  }
}
