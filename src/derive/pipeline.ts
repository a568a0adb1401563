import { FORKS, isActive } from '../rollup/forks.js';
import type { L1ChainConfig } from '../rollup/l1ChainConfig.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Turn } from '../rollup/slices.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../types/block.js';
import { ZERO_L1_REF } from '../types/block.js';
import type { DerivedAttributes, PayloadAttributes } from '../types/payload.js';
import type { StepResult } from '../types/stepResult.js';
import type { AltDa } from './altda/altDa.js';
import { AltDaSource } from './altda/altDaSource.js';
import { AttributesBuilder } from './attributes/attributesBuilder.js';
import type { SingularBatch } from './codec/batch.js';
import { OriginCheck } from './originCheck.js';
import { PipelineStartSearch } from './pipelineStart.js';
import type {
  CanonicalL1,
  DeriveBlobSource,
  DeriveL1Source,
  DeriveL2Source,
  DeriveObserver,
} from './ports.js';
import { AttributesQueue } from './stages/attributesQueue.js';
import { BatchQueue } from './stages/batchQueue.js';
import type { BatchStage, NextBatch } from './stages/batchStage.js';
import { ChannelAssembler } from './stages/channelAssembler.js';
import { ChannelBank } from './stages/channelBank.js';
import { ChannelReader } from './stages/channelReader.js';
import type { ChannelStage } from './stages/channelStage.js';
import { DataSource } from './stages/dataSource.js';
import { FrameQueue } from './stages/frameQueue.js';
import { L1Traversal } from './stages/l1Traversal.js';
import type { Pull } from './stages/pull.js';
import { StrictBatchStage } from './stages/strictBatchStage.js';

export interface PipelineOptions {
  readonly config: RollupConfig;
  readonly l1Config: L1ChainConfig;
}

export interface PipelineDeps {
  readonly l1: DeriveL1Source;
  /** Asked whether a block whose data cannot be had is still on the chain. */
  readonly canonical: CanonicalL1;
  /** Null where no beacon endpoint is configured. */
  readonly blobs: DeriveBlobSource | null;
  /** Null unless the chain has alternative data availability. This pipeline's own. */
  readonly altDa: AltDa | null;
  readonly l2: DeriveL2Source;
  readonly observer: DeriveObserver;
  /** Between the slices of what takes long. */
  readonly turn: Turn;
}

/** Where the pipeline stands between two resets. */
type Phase = 'engineResetting' | 'rewinding' | 'deriving';

/**
 * Derives L2 payload attributes from L1, step by step. Role: the stages in a row, each pulled by the one after it, and
 * the rules of starting over. Inputs: L1, blobs, and the L2 chain derived so far, through ports; outputs: `StepResult`.
 * The derivation actor runs it, one call at a time: `reset()` when something contradicts the view, `confirmEngineReset()`
 * once the engine has its new safe head, then `step` with the pending safe head until `needL1`.
 * Failures are NodeErrors: after `temporary` the same step is repeated, after `reset` everything starts over by `reset()`,
 * `critical` ends the node. No state is lost by a temporary failure or an abort.
 * Spec: protocol/derivation; op-node `rollup/derive/pipeline.go`.
 */
export class DerivationPipeline {
  private phase: Phase = 'engineResetting';
  private currentOrigin: L1BlockRef = ZERO_L1_REF;
  private readonly config: RollupConfig;
  private readonly deps: PipelineDeps;
  private readonly traversal: L1Traversal;
  private readonly data: DataSource | AltDaSource;
  private readonly frames: FrameQueue;
  private channels: ChannelStage;
  private readonly reader: ChannelReader;
  private batches: BatchStage;
  private readonly attributes: AttributesQueue;
  private readonly startSearch: PipelineStartSearch;
  private readonly originCheck: OriginCheck;

  constructor({ config, l1Config }: PipelineOptions, deps: PipelineDeps) {
    const { l1, l2, observer, turn } = deps;
    this.config = config;
    this.deps = deps;
    this.startSearch = new PipelineStartSearch(config, deps);
    this.originCheck = new OriginCheck(deps.canonical);
    this.traversal = new L1Traversal(config, { l1 });
    this.data = this.dataSource();
    this.frames = new FrameQueue(config, { previous: this.data, observer });
    this.channels = new ChannelBank(config, { previous: this.frames, observer });
    this.reader = new ChannelReader(config, { previous: this.channelProvider(), observer, turn });
    this.batches = new BatchQueue(config, this.batchDeps());
    this.attributes = new AttributesQueue(config, {
      previous: this.batchProvider(),
      builder: new AttributesBuilder({ config, l1Config }, { l1, l2 }),
      turn,
    });
  }

  /** The L1 block up to which all has been read that the returned attributes are derived from; all-zero before a start. */
  get origin(): L1BlockRef {
    return this.currentOrigin;
  }

  /** True when steps derive: the engine has been reset and the pipeline has found its start. */
  get isReady(): boolean {
    return this.phase === 'deriving';
  }

  /** Forgets everything. Steps are idle until the engine has been reset too. */
  reset(): void {
    this.phase = 'engineResetting';
    this.startSearch.reset();
  }

  /** The engine's heads are on the canonical chains again: the next step starts from its pending safe head. */
  confirmEngineReset(): void {
    if (this.phase !== 'engineResetting') return;
    this.deps.observer.noted('Rewinding derivation-pipeline L1 traversal to handle reset', {});
    this.phase = 'rewinding';
  }

  /**
   * Does one piece of work.
   * @param pendingSafe the block that the next attributes are to build on.
   * @throws NodeError of any severity, as the class says. Data that cannot be had is a temporary failure while our L1
   * still has the block that is derived from, whatever the reason; once it has another block there, it is a reset.
   */
  async step(pendingSafe: L2BlockRef, signal: AbortSignal): Promise<StepResult> {
    if (this.phase === 'engineResetting') return { kind: 'idle' };
    const isStarting = this.phase === 'rewinding';
    try {
      return await (isStarting
        ? this.start(pendingSafe, signal)
        : this.derive(pendingSafe, signal));
    } catch (thrown) {
      const readUpTo = isStarting ? pendingSafe.l1Origin : this.currentOrigin;
      throw await this.originCheck.judge(thrown, readUpTo, signal);
    }
  }

  /**
   * The attributes that are expected on top of a block which is being inserted, where they can be told without reading L1
   * on: then the step that derives them gives these very ones. Changes nothing else; may run while no step does.
   * @throws NodeError of any severity, of no consequence: the step that derives them meets what is wrong.
   */
  async ahead(parent: L2BlockRef, signal: AbortSignal): Promise<PayloadAttributes | null> {
    return this.isReady ? this.attributes.makeAhead(parent, signal) : null;
  }

  /**
   * The last attributes without user transactions, their channel dropped: for a block that the engine found invalid,
   * from Holocene on.
   * @param parent what the attributes build on.
   * @param derivedFrom the L1 block that they were derived from.
   * @throws NodeError DERIVE_INVARIANT, critical: these were not the last attributes.
   */
  depositsOnly(parent: BlockId, derivedFrom: L1BlockRef): DerivedAttributes {
    return this.attributes.depositsOnly(parent, derivedFrom);
  }

  /**
   * Makes sure that nothing which was derived goes by data that is known to be lost, as far as L1 can tell now.
   * @throws NodeError DERIVE_DA_CHALLENGE_EXPIRED (reset) where it does; of L1.
   */
  async settleAhead(signal: AbortSignal): Promise<void> {
    if (this.data instanceof AltDaSource) await this.data.settleAhead(signal);
  }

  private async derive(pendingSafe: L2BlockRef, signal: AbortSignal): Promise<StepResult> {
    const next = await this.attributes.nextAttributes(pendingSafe, signal);
    if (next === 'again') return { kind: 'advanced', newOrigin: null };
    if (next !== 'outOfData') return { kind: 'attributes', attributes: next };
    if (!(await this.traversal.advance(signal))) {
      return { kind: 'needL1', number: this.currentOrigin.number + 1n };
    }
    this.enter(this.traversal.origin);
    return { kind: 'advanced', newOrigin: this.currentOrigin };
  }

  private async start(pendingSafe: L2BlockRef, signal: AbortSignal): Promise<StepResult> {
    const { origin, systemConfig } = await this.startSearch.find(pendingSafe, signal);
    const { observer } = this.deps;
    const isHolocene = isActive(this.config, 'holocene', origin.timestamp);
    this.channels = isHolocene
      ? new ChannelAssembler(this.config, { previous: this.frames, observer })
      : new ChannelBank(this.config, { previous: this.frames, observer });
    this.batches = isHolocene
      ? new StrictBatchStage(this.config, this.batchDeps())
      : new BatchQueue(this.config, this.batchDeps());
    this.traversal.reset(origin, systemConfig);
    this.data.reset();
    this.frames.reset();
    this.reader.reset();
    this.batches.reset(origin);
    this.attributes.reset();
    this.currentOrigin = origin;
    this.phase = 'deriving';
    return { kind: 'advanced', newOrigin: origin };
  }

  /**
   * Holocene brings other stages. What they hold then is dropped, but for the L1 blocks seen.
   * Differs: op-node misses the change where another fork activates between the same two L1 blocks, and stops with a
   * critical error at the next old batch; here the stages change whenever Holocene becomes active, as after a restart.
   */
  private enter(origin: L1BlockRef): void {
    const { observer } = this.deps;
    const { timestamp } = this.currentOrigin;
    for (const fork of FORKS) {
      const isActivated =
        !isActive(this.config, fork, timestamp) && isActive(this.config, fork, origin.timestamp);
      if (!isActivated) continue;
      observer.noted('Transforming stages', { fork });
      if (fork !== 'holocene') continue;
      this.frames.reset();
      this.channels = new ChannelAssembler(this.config, { previous: this.frames, observer });
      this.batches = new StrictBatchStage(this.config, this.batchDeps(), this.batches.window);
    }
    this.currentOrigin = origin;
  }

  private dataSource(): DataSource | AltDaSource {
    const { l1, blobs, altDa, observer, turn } = this.deps;
    const onL1 = new DataSource(this.config, {
      ...{ previous: this.traversal, l1, blobs, observer, turn },
    });
    return altDa === null ? onL1 : new AltDaSource(onL1, altDa);
  }

  private channelProvider() {
    const pipeline = this;
    return {
      get origin(): L1BlockRef {
        return pipeline.frames.origin;
      },
      nextChannel: (signal: AbortSignal): Promise<Pull<Uint8Array>> =>
        this.channels.nextChannel(signal),
      flush: (): void => this.channels.flush(),
    };
  }

  private batchProvider() {
    const pipeline = this;
    return {
      get origin(): L1BlockRef {
        return pipeline.reader.origin;
      },
      nextBatch: (parent: L2BlockRef, signal: AbortSignal): Promise<Pull<NextBatch>> =>
        this.batches.nextBatch(parent, signal),
      peek: (parent: L2BlockRef): SingularBatch | null => this.batches.peek(parent),
      flush: (): void => this.batches.flush(),
    };
  }

  private batchDeps() {
    const { l2, observer, turn } = this.deps;
    return { previous: this.reader, l2, observer, turn };
  }
}
