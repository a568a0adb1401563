import { NodeError, toNodeError } from '../errors/nodeError.js';
import { isActive } from '../rollup/forks.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { SdmStatus } from '../types/sdmStatus.js';
import type { SequencerEngine, SequencerStateStore } from './ports.js';

export interface SdmControlDeps {
  readonly engine: Pick<SequencerEngine, 'heads'>;
  readonly store: Pick<SequencerStateStore, 'sdmPostExecOptIn'>;
}

/**
 * Keeps and tells whether the operator wants post-execution transactions in the blocks that we sequence (`sdm`:
 * sequencer-defined metering). No block of ours depends on it, as with op-node: the execution client makes them.
 * op-node `rollup/sequencing/sequencer.go` SetSdmPostExecOptIn, SdmStatus.
 */
export class SdmControl {
  /** @param isOptedIn as it was stored. */
  constructor(
    private readonly config: Pick<RollupConfig, 'blockTime' | 'forks'>,
    private isOptedIn: boolean,
    private readonly deps: SdmControlDeps,
  ) {}

  /** Holds at once, also where it cannot be stored. @throws NodeError SEQUENCER_STATE_UNWRITABLE, temporary. */
  async optIn(isEnabled: boolean): Promise<void> {
    this.isOptedIn = isEnabled;
    try {
      await this.deps.store.sdmPostExecOptIn(isEnabled);
    } catch (thrown) {
      const cause = toNodeError(thrown);
      const text = `failed to notify SDM-state listener of state change: ${cause.message}`;
      throw new NodeError(cause.code, text, { severity: cause.severity, cause });
    }
  }

  /** As it is for the block after our unsafe head. */
  status(): SdmStatus {
    const { config, isOptedIn } = this;
    const { unsafe } = this.deps.engine.heads.get();
    const protocolActive = isActive(config, 'lagoon', unsafe.timestamp + config.blockTime);
    return {
      postExecOptIn: isOptedIn,
      protocolActive,
      effective: isOptedIn && protocolActive,
      activationTime: config.forks.lagoon ?? null,
    };
  }
}
