import { FORKS, type Fork, isActivationBlock, isActive } from '../rollup/forks.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Logger } from '../telemetry/logger.js';
import type { L2BlockRef } from '../types/block.js';

/**
 * Logs which forks the unsafe chain has, and the blocks that activate them. op-node `rollup/chain_spec.go`
 * CheckForkActivation.
 * Differs: op-node tells of one fork a block, and keeps its fork where a head passes over the activation block or goes
 * back before it; here all forks of the block are told, and the fork of such a head is told anew.
 */
export class ForkWatch {
  private current: Fork | 'bedrock' | null = null;

  constructor(
    private readonly config: Pick<RollupConfig, 'forks' | 'blockTime'>,
    private readonly log: Logger,
  ) {}

  /** To be told of each new unsafe head. */
  seen({ hash, number, timestamp }: L2BlockRef): void {
    const newest = FORKS.findLast((fork) => isActive(this.config, fork, timestamp)) ?? 'bedrock';
    if (newest === this.current) return;
    const activated = FORKS.filter((fork) => isActivationBlock(this.config, fork, timestamp));
    const isKnown = this.current !== null && activated.length > 0;
    this.current = newest;
    if (!isKnown) {
      this.log.info('Current hardfork version detected', { forkName: newest });
      return;
    }
    for (const forkName of activated) {
      const fields = { forkName, timestamp, blockNum: number, hash };
      this.log.info('Detected hardfork activation block', fields);
    }
  }
}
