import { withConfDepth } from '../../../src/derive/actors/confDepth.js';
import { AttributesBuilder } from '../../../src/derive/attributes/attributesBuilder.js';
import { OriginCheck } from '../../../src/derive/originCheck.js';
import type { DerivationPipeline } from '../../../src/derive/pipeline.js';
import { PipelineStartSearch } from '../../../src/derive/pipelineStart.js';
import type { DeriveL2Source } from '../../../src/derive/ports.js';
import { L1Traversal } from '../../../src/derive/stages/l1Traversal.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { L1ChainConfig } from '../../../src/rollup/l1ChainConfig.js';
import type { RollupConfig } from '../../../src/rollup/rollupConfig.js';
import { withDepositsOnly } from '../../../src/rollup/withDepositsOnly.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { ZERO_L1_REF } from '../../../src/types/block.js';
import type { DerivedAttributes, PayloadAttributes } from '../../../src/types/payload.js';
import type { StepResult } from '../../../src/types/stepResult.js';
import { BatchReader, type NextBlock } from './batchReader.js';
import type { SimBatch } from './l1Tree.js';
import type { SimL1 } from './simL1.js';

export interface SimPipelineDeps {
  readonly l1: SimL1;
  readonly l1Head: () => L1BlockRef;
  readonly l2: DeriveL2Source;
}

/** As the real pipeline towards the actors, with its start, its walk over L1 and its attributes; batches are plain. */
export class SimPipeline
  implements
    Pick<
      DerivationPipeline,
      | 'step'
      | 'ahead'
      | 'reset'
      | 'confirmEngineReset'
      | 'depositsOnly'
      | 'settleAhead'
      | 'origin'
      | 'isReady'
    >
{
  origin: L1BlockRef = ZERO_L1_REF;
  private phase: 'engineResetting' | 'rewinding' | 'deriving' = 'engineResetting';
  private readonly traversal: L1Traversal;
  private readonly builder: AttributesBuilder;
  private readonly startSearch: PipelineStartSearch;
  private readonly originCheck: OriginCheck;
  private reader: BatchReader | null = null;
  private isRead = false;
  private pending: { readonly parent: L2BlockRef; readonly block: NextBlock } | null = null;
  private last: DerivedAttributes | null = null;
  private told: { readonly batch: SimBatch; readonly attributes: PayloadAttributes } | null = null;

  constructor(
    private readonly options: { readonly config: RollupConfig; readonly l1Config: L1ChainConfig },
    private readonly deps: SimPipelineDeps,
    l1Confs: bigint,
  ) {
    const { config } = options;
    this.traversal = new L1Traversal(config, { l1: withConfDepth(l1Confs, deps.l1, deps.l1Head) });
    this.builder = new AttributesBuilder(options, deps);
    this.startSearch = new PipelineStartSearch(config, deps);
    this.originCheck = new OriginCheck({
      head: deps.l1Head,
      l1BlockRefByNumber: (number, signal) => deps.l1.l1BlockRefByNumber(number, signal),
    });
  }

  get isReady(): boolean {
    return this.phase === 'deriving';
  }

  reset(): void {
    this.phase = 'engineResetting';
    this.startSearch.reset();
  }

  confirmEngineReset(): void {
    if (this.phase === 'engineResetting') this.phase = 'rewinding';
  }

  async step(pendingSafe: L2BlockRef, signal: AbortSignal): Promise<StepResult> {
    if (this.phase === 'engineResetting') return { kind: 'idle' };
    const isStarting = this.phase === 'rewinding';
    try {
      return await (isStarting
        ? this.start(pendingSafe, signal)
        : this.derive(pendingSafe, signal));
    } catch (thrown) {
      const readUpTo = isStarting ? pendingSafe.l1Origin : this.origin;
      throw await this.originCheck.judge(thrown, readUpTo, signal);
    }
  }

  async ahead(parent: L2BlockRef, signal: AbortSignal): Promise<PayloadAttributes | null> {
    const block = this.isReady && this.pending === null ? this.reader?.peek(parent) : null;
    if (!block?.batch) return null;
    const attributes = await this.make(parent, block, signal);
    this.told = { batch: block.batch, attributes };
    return attributes;
  }

  private async derive(pendingSafe: L2BlockRef, signal: AbortSignal): Promise<StepResult> {
    const attributes = await this.nextAttributes(pendingSafe, signal);
    if (attributes !== null) return { kind: 'attributes', attributes };
    if (!(await this.traversal.advance(signal))) {
      return { kind: 'needL1', number: this.origin.number + 1n };
    }
    this.enter(this.traversal.origin);
    return { kind: 'advanced', newOrigin: this.origin };
  }

  /** All batches are on L1: nothing can be lost. */
  async settleAhead(): Promise<void> {}

  depositsOnly(parent: BlockId, derivedFrom: L1BlockRef): DerivedAttributes {
    const { last } = this;
    const isLast = last?.parent.hash === parent.hash && last.derivedFrom.hash === derivedFrom.hash;
    if (last === null || !isLast || this.pending !== null) {
      throw new NodeError('DERIVE_INVARIANT', 'not the last attributes', { severity: 'critical' });
    }
    if (!last.concluding) this.reader?.flush();
    this.last = withDepositsOnly(last);
    return this.last;
  }

  private async start(pendingSafe: L2BlockRef, signal: AbortSignal): Promise<StepResult> {
    const { config } = this.options;
    const found = await this.startSearch.find(pendingSafe, signal);
    this.traversal.reset(found.origin, found.systemConfig);
    this.reader = new BatchReader(config, found.origin);
    this.pending = null;
    this.last = null;
    this.enter(found.origin);
    this.phase = 'deriving';
    return { kind: 'advanced', newOrigin: this.origin };
  }

  private enter(origin: L1BlockRef): void {
    this.origin = origin;
    this.isRead = false;
  }

  private async nextAttributes(
    parent: L2BlockRef,
    signal: AbortSignal,
  ): Promise<DerivedAttributes | null> {
    const { reader } = this;
    if (reader === null) throw new Error('not started');
    if (!this.isRead) {
      reader.read(this.origin, await this.deps.l1.channelsOf(this.origin.hash, signal));
      this.isRead = true;
    }
    if (this.pending === null) {
      const block = reader.next(parent);
      if (block === null) return null;
      this.pending = { parent, block };
    }
    const { block } = this.pending;
    if (this.pending.parent.hash !== parent.hash) {
      throw new NodeError('DERIVE_BATCH_MISMATCH', 'batch does not build on the safe head', {
        severity: 'reset',
      });
    }
    const isTold = this.told !== null && this.told.batch === block.batch;
    const told = isTold ? (this.told?.attributes ?? null) : null;
    const attributes = told ?? (await this.make(parent, block, signal));
    this.told = null;
    this.pending = null;
    const { concluding } = block;
    this.last = { attributes, parent, concluding, derivedFrom: this.origin };
    return this.last;
  }

  private async make(
    parent: L2BlockRef,
    block: Pick<NextBlock, 'epoch' | 'transactions'>,
    signal: AbortSignal,
  ): Promise<PayloadAttributes> {
    const prepared = await this.builder.prepare(parent, block.epoch, signal);
    const transactions = [...prepared.transactions, ...block.transactions];
    return { ...prepared, noTxPool: true, transactions };
  }
}
