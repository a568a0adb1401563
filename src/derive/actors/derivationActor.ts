import { NodeError, toNodeError } from '../../errors/nodeError.js';
import { abortedError } from '../../runtime/abort.js';
import type { Actor } from '../../runtime/actor.js';
import { anyOf } from '../../runtime/anyOf.js';
import type { Settled } from '../../runtime/laneQueue.js';
import type { Watch, WatchReader } from '../../runtime/watch.js';
import { WatchCell } from '../../runtime/watch.js';
import type { Log } from '../../telemetry/logger.js';
import type { L1BlockRef } from '../../types/block.js';
import { isZeroRef } from '../../types/block.js';
import type { DerivedL1 } from '../../types/derivedL1.js';
import { NOTHING_DERIVED } from '../../types/derivedL1.js';
import type { L1Labels } from '../../types/l1Heads.js';
import type { AttributesAhead, DerivedAttributes } from '../../types/payload.js';
import type { StepResult } from '../../types/stepResult.js';
import type { DerivationPipeline } from '../pipeline.js';
import { isConfirmed } from './confDepth.js';
import type { DerivationEvent, DerivationState } from './derivationState.js';
import { INITIAL_DERIVATION_STATE, nextDerivationState } from './derivationState.js';
import type { DerivationRecorder, DeriveEngine, SafeBlockListener } from './ports.js';

export interface DerivationOptions {
  /** `--verifier.l1-confs`: how many blocks on top an L1 block needs before it is derived from. */
  readonly l1Confs: bigint;
}

export interface DerivationDeps {
  readonly pipeline: Pick<
    DerivationPipeline,
    'step' | 'ahead' | 'reset' | 'confirmEngineReset' | 'depositsOnly' | 'origin' | 'isReady'
  >;
  readonly engine: DeriveEngine;
  readonly l1: WatchReader<L1Labels>;
  readonly listener: SafeBlockListener;
  readonly recorder: DerivationRecorder;
  readonly log: Log;
}

/**
 * Derives the safe chain. Role: takes attributes from the pipeline, one block at a time, and has the engine consolidate
 * or build them. Inputs: the L1 head and the engine's heads, as Watches; outputs: engine tasks, `derivedL1`, and what
 * the finalizer is told. Run by the supervisor, a piece of work a step; it waits only for L1, the engine, or a change.
 * Failure: temporary ones leave `step` and come again with back-off; a contradiction asks the engine to reset and starts
 * the pipeline over once `heads.resetEpoch` has risen, whoever had asked for that; critical ones end the node.
 * The rules are in `nextDerivationState`. op-node `rollup/driver/sync_deriver.go`, `rollup/derive/deriver.go`.
 */
export class DerivationActor implements Actor {
  readonly name = 'derivation';
  private state: DerivationState = INITIAL_DERIVATION_STATE;
  private readonly progress: Watch<DerivedL1> = new WatchCell(NOTHING_DERIVED);

  constructor(
    private readonly options: DerivationOptions,
    private readonly deps: DerivationDeps,
  ) {}

  /** How far derivation has come. */
  get derivedL1(): WatchReader<DerivedL1> {
    return this.progress;
  }

  async step(signal: AbortSignal): Promise<void> {
    this.observe();
    try {
      await this.work(signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = toNodeError(thrown);
      this.deps.recorder.failed();
      if (error.severity !== 'reset') throw error;
      this.contradicted(error);
    }
  }

  /** Starts over from the engine's heads, for who asks by RPC: the engine is reset first. */
  requestReset(): void {
    this.deps.log.warn('Derivation pipeline is manually reset');
    this.deps.recorder.pipelineReset();
    this.deps.engine.requestReset(
      new NodeError('DERIVE_RESET_REQUESTED', 'derivation pipeline is manually reset', {
        severity: 'reset',
      }),
    );
  }

  private work(signal: AbortSignal): Promise<void> {
    const { state } = this;
    switch (state.kind) {
      case 'waiting':
        return this.waitForHeads(signal);
      case 'deriving':
        return this.derive(signal);
      case 'applying':
        return this.apply(state.attributes, state.epoch, signal);
      case 'replacing': {
        const { parent, derivedFrom } = state;
        this.deps.log.warn('Deriving deposits-only attributes', { origin: derivedFrom });
        const attributes = this.deps.pipeline.depositsOnly(parent, derivedFrom);
        this.take({ kind: 'derived', attributes });
        return Promise.resolve();
      }
      case 'exhausted':
        return this.waitForL1(signal);
    }
  }

  private async derive(signal: AbortSignal): Promise<void> {
    const { pipeline, engine, l1, recorder, log } = this.deps;
    const before = this.state;
    // Seen before the step: a head that arrives during it is a reason for another one.
    const { head } = l1.get();
    const wasReady = pipeline.isReady;
    const result = await pipeline.step(engine.heads.get().pendingSafe, signal);
    this.observe();
    // The engine was reset meanwhile, and the pipeline with it.
    if (this.state !== before) return;
    if (!wasReady && pipeline.isReady) {
      log.info('completed reset of derivation pipeline', { origin: pipeline.origin });
      recorder.pipelineReset();
    }
    await this.onStepped(result, head, signal);
  }

  private async onStepped(
    result: StepResult,
    l1Head: L1BlockRef,
    signal: AbortSignal,
  ): Promise<void> {
    const { recorder, log } = this.deps;
    switch (result.kind) {
      case 'attributes':
        log.info('generated attributes in payload queue', attributesFields(result.attributes));
        this.take({ kind: 'derived', attributes: result.attributes });
        return;
      case 'advanced':
        if (result.newOrigin === null) return;
        recorder.idle(false);
        this.moveOrigin(result.newOrigin);
        await this.synchronize(signal);
        return;
      case 'needL1':
        await this.onNeedL1(result.number, l1Head, signal);
        return;
      case 'idle':
        throw new NodeError('DERIVE_INVARIANT', 'the pipeline waits for a reset that is over', {
          severity: 'critical',
        });
    }
  }

  private async onNeedL1(number: bigint, l1Head: L1BlockRef, signal: AbortSignal): Promise<void> {
    const { pipeline, listener, recorder, log } = this.deps;
    const isThere = !isZeroRef(l1Head) && number <= l1Head.number;
    if (isThere && isConfirmed(this.options.l1Confs, number, l1Head)) {
      // No new head need come for this one: some endpoint behind the address is behind the others.
      throw new NodeError('DERIVE_L1_UNAVAILABLE', 'L1 lacks a block below its head', {
        severity: 'temporary',
        fields: { number, l1Head },
      });
    }
    log.debug('Derivation process went idle', { progress: pipeline.origin });
    await this.synchronize(signal);
    recorder.idle(true);
    listener.derivationIdle(pipeline.origin);
    this.take({ kind: 'exhausted', l1Head });
  }

  private async apply(
    attributes: DerivedAttributes,
    epoch: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, listener, pipeline } = this.deps;
    const ahead: AttributesAhead = (parent, s) => pipeline.ahead(parent, s);
    const settled = await engine.consolidate(attributes, signal, epoch, ahead);
    const result = this.settled(settled, signal);
    if (result === null) return;
    const { derivedFrom, concluding } = attributes;
    const isSafe =
      (result.kind === 'built' || result.kind === 'consolidated') &&
      concluding &&
      engine.heads.get().safe.hash === result.ref.hash;
    if (isSafe) listener.safeDerived(engine.heads.get().safe, derivedFrom);
    this.take({ kind: 'applied', result });
  }

  /** Consolidation moves heads without a word to the execution layer; it is told once an L1 block. */
  private async synchronize(signal: AbortSignal): Promise<void> {
    this.settled(await this.deps.engine.synchronize(signal), signal);
  }

  /**
   * The value of a settled engine task; null where the engine is being reset.
   * @throws NodeError what the task failed with, or ABORTED.
   */
  private settled<T>(settled: Settled<T>, signal: AbortSignal): T | null {
    switch (settled.kind) {
      case 'ok':
        return settled.value;
      case 'failed':
        throw settled.error;
      case 'aborted':
        throw abortedError(signal.reason);
      case 'superseded':
        this.contradicted(
          new NodeError('ENGINE_NOT_READY', 'the engine was reset under derived attributes', {
            severity: 'reset',
          }),
        );
        return null;
    }
  }

  /** Has the engine reset, unless it has been since what contradicts was derived. */
  private contradicted(why: NodeError): void {
    const before = epochOf(this.state);
    this.observe();
    if (before === null || epochOf(this.state) !== before) return;
    this.take({ kind: 'contradicted' });
    this.forget();
    this.deps.engine.requestReset(why);
  }

  /** Takes notice of the engine's and of L1's heads. */
  private observe(): void {
    this.take({ kind: 'heads', heads: this.deps.engine.heads.get() });
    this.take({ kind: 'l1Head', head: this.deps.l1.get().head });
  }

  private take(event: DerivationEvent): void {
    const { state, startsOver } = nextDerivationState(this.state, event);
    this.state = state;
    if (!startsOver) return;
    this.forget();
    this.deps.log.info('Confirming pipeline reset');
    this.deps.pipeline.confirmEngineReset();
  }

  private forget(): void {
    const { pipeline, listener } = this.deps;
    pipeline.reset();
    listener.reset();
    this.progress.set(NOTHING_DERIVED);
  }

  private moveOrigin(origin: L1BlockRef): void {
    const originBehind = origin.number < this.deps.engine.heads.get().pendingSafe.l1Origin.number;
    this.deps.log.info('Advancing bq origin', { origin, originBehind });
    this.deps.recorder.originMoved(origin);
    this.progress.set({ currentL1: origin, resetEpoch: epochOf(this.state) ?? 0 });
  }

  private async waitForHeads(signal: AbortSignal): Promise<void> {
    const { heads } = this.deps.engine;
    await heads.changed(heads.get(), signal);
  }

  private async waitForL1(signal: AbortSignal): Promise<void> {
    const { l1, engine } = this.deps;
    const labels = l1.get();
    const heads = engine.heads.get();
    await anyOf<unknown>(
      [(s) => l1.changed(labels, s), (s) => engine.heads.changed(heads, s)],
      signal,
    );
  }
}

function epochOf(state: DerivationState): number | null {
  return state.kind === 'waiting' ? null : state.epoch;
}

function attributesFields({ attributes }: DerivedAttributes) {
  return { txs: attributes.transactions.length, timestamp: attributes.timestamp };
}
