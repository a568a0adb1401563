import { NodeError } from '../errors/nodeError.js';
import { maxSequencerDrift } from '../rollup/chainLimits.js';
import { type Fork, isActivationBlock } from '../rollup/forks.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../telemetry/logger.js';
import { withDeadline } from '../transport/deadline.js';
import type { L1BlockRef, L2BlockRef } from '../types/block.js';
import type { PayloadAttributes } from '../types/payload.js';
import type { OriginSelector } from './originSelector.js';
import type { SequencerAttributes, SequencerRecorder } from './ports.js';

/** Longest wait for L1 data of a block's attributes. */
const PREPARE_TIMEOUT_MS = 20_000;

export interface NextAttributesDeps {
  readonly origins: Pick<OriginSelector, 'find'>;
  readonly attributes: SequencerAttributes;
  readonly recorder: Pick<SequencerRecorder, 'inconsistentL1Origin'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes the attributes of the sequencer's next block. op-node `rollup/sequencing/sequencer.go` startBuildingBlock. */
export class NextAttributes {
  constructor(
    private readonly config: RollupConfig,
    private readonly deps: NextAttributesDeps,
  ) {}

  /**
   * @param isRecovering no transactions of users, and blocks as derivation would make them.
   * @throws NodeError temporary where L1 lacks or does not tell something, reset where the parent's L1 origin is gone,
   * critical as `AttributesBuilder`.
   */
  async prepare(
    parent: L2BlockRef,
    isRecovering: boolean,
    signal: AbortSignal,
  ): Promise<PayloadAttributes> {
    const { clock, log } = this.deps;
    const origin = await this.origin(parent, isRecovering, signal);
    log.info('Started sequencing new block', { parent, l1Origin: origin });
    const deadline = { clock, timeoutMs: PREPARE_TIMEOUT_MS, signal, timeoutError: prepareLate };
    const attributes = await withDeadline(deadline, (limited) =>
      this.deps.attributes.prepare(parent, origin, limited),
    );
    return this.withPool(attributes, origin, isRecovering);
  }

  private async origin(
    parent: L2BlockRef,
    isRecovering: boolean,
    signal: AbortSignal,
  ): Promise<L1BlockRef> {
    const choice = await this.deps.origins.find(parent, isRecovering, signal);
    switch (choice.kind) {
      case 'origin':
        return choice.origin;
      case 'unavailable': {
        const text = `Error finding next L1 Origin: ${choice.reason}`;
        throw new NodeError('SEQUENCER_ORIGIN_UNAVAILABLE', text, { severity: 'temporary' });
      }
      case 'conflict': {
        const { origin, reason } = choice;
        this.deps.recorder.inconsistentL1Origin(parent.l1Origin, origin);
        throw new NodeError(
          'SEQUENCER_ORIGIN_CONFLICT',
          `cannot build new L2 block with L1 origin ${origin.hash}:${origin.number}: ${reason}`,
          { severity: 'reset', fields: { parent, origin } },
        );
      }
    }
  }

  private withPool(
    attributes: PayloadAttributes,
    origin: L1BlockRef,
    isRecovering: boolean,
  ): PayloadAttributes {
    const { log } = this.deps;
    const { timestamp } = attributes;
    for (const fork of activatedForks(this.config, timestamp)) {
      // op-node has the name in the text.
      const name = fork.charAt(0).toUpperCase() + fork.slice(1);
      log.info(`Sequencing ${name} upgrade block`, { timestamp });
    }
    if (isRecovering) {
      log.warn('Sequencing temporarily without user transactions, in recover mode');
    }
    return {
      ...attributes,
      noTxPool: isRecovering || excludesPool(this.config, timestamp, origin),
    };
  }
}

function prepareLate(): NodeError {
  return new NodeError('SEQUENCER_PREPARE_TIMEOUT', 'L1 data of the next block came too late', {
    severity: 'temporary',
  });
}

type Config = Pick<RollupConfig, 'blockTime' | 'forks' | 'channelTimeout' | 'maxSequencerDrift'>;

/** Forks whose activation block carries upgrade transactions and none of users. Granite and Holocene have none. */
const FORKS_WITHOUT_USER_TXS = [
  'ecotone',
  'fjord',
  'isthmus',
  'jovian',
  'karst',
  'lagoon',
] as const;

/** Forks whose activation block is announced. */
const ANNOUNCED_FORKS = [...FORKS_WITHOUT_USER_TXS, 'granite', 'holocene'] as const;

/**
 * Whether the block may take no transactions from the pool: it is further from its L1 origin than the drift allows,
 * or it activates a fork with upgrade transactions. op-node `rollup/sequencing/sequencer.go` startBuildingBlock.
 */
export function excludesPool(config: Config, timestamp: bigint, origin: L1BlockRef): boolean {
  if (timestamp > origin.timestamp + maxSequencerDrift(config, origin.timestamp)) return true;
  return FORKS_WITHOUT_USER_TXS.some((fork) => isActivationBlock(config, fork, timestamp));
}

/** The forks that the block activates, for the log. */
export function activatedForks(config: Config, timestamp: bigint): readonly Fork[] {
  return ANNOUNCED_FORKS.filter((fork) => isActivationBlock(config, fork, timestamp));
}
