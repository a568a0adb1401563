import { hasCode, NodeError } from '../../errors/nodeError.js';
import type { Actor } from '../../runtime/actor.js';
import { anyOf } from '../../runtime/anyOf.js';
import type { Watch, WatchReader } from '../../runtime/watch.js';
import { WatchCell } from '../../runtime/watch.js';
import type { Log } from '../../telemetry/logger.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../types/block.js';
import { blockId, isZeroRef, sameBlock, ZERO_L1_REF } from '../../types/block.js';
import type { L1Labels } from '../../types/l1Heads.js';
import type { DeriveL1Source } from '../ports.js';
import type { DeriveEngine, SafeBlockListener } from './ports.js';

/** L1 blocks whose L2 blocks are remembered: the beacon chain finalizes at most four epochs of 32 slots behind its head. */
export const DEFAULT_FINALITY_LOOKBACK = 4 * 32 + 1;
/** L1 blocks to derive before finality is tried again while catching up: each try asks L1 by number. */
export const DEFAULT_FINALITY_DELAY = 64n;

export interface FinalizerOptions {
  /** `--finality.lookback`: L1 blocks, at least 1. */
  readonly lookbackBlocks: number;
  /** `--finality.delay`: L1 blocks. */
  readonly delayBlocks: bigint;
}

export interface FinalizerDeps {
  readonly engine: Pick<DeriveEngine, 'heads' | 'finalize'>;
  readonly labels: WatchReader<L1Labels>;
  readonly l1: Pick<DeriveL1Source, 'l1BlockRefByNumber'>;
  readonly log: Log;
}

/** The last L2 block that was safe once this L1 block had been derived. */
interface FinalityData {
  safe: L2BlockRef;
  readonly l1: BlockId;
}

/**
 * Finalizes L2 blocks whose L1 data is final. Role: remembers which L2 block was derived from which L1 block, and when
 * L1 finality reaches one, checks that we are on the finalizing chain and tells the engine. Derivation tells it of safe
 * blocks; run by the supervisor beside it. Failure: temporary ones are tried again; another chain on L1 is a reset.
 * op-node `rollup/finality/finalizer.go`.
 */
export class Finalizer implements Actor, SafeBlockListener {
  readonly name = 'finalizer';
  private data: FinalityData[] = [];
  private finalizedL1: L1BlockRef = ZERO_L1_REF;
  /** L1 block at which finality was tried last; 0 is never. */
  private triedAt = 0n;
  /** Counts the reasons to try; what was tried last is beside it. */
  private readonly reasons: Watch<number> = new WatchCell(0);
  private triedReasons = 0;

  constructor(
    private readonly options: FinalizerOptions,
    private readonly deps: FinalizerDeps,
  ) {}

  safeDerived(safe: L2BlockRef, derivedFrom: L1BlockRef): void {
    const last = this.data.at(-1);
    if (last !== undefined && last.l1.number >= derivedFrom.number) {
      last.safe = safe;
      return;
    }
    if (this.data.length >= this.options.lookbackBlocks) this.data.shift();
    this.data.push({ safe, l1: blockId(derivedFrom) });
  }

  derivationIdle(origin: L1BlockRef): void {
    if (isZeroRef(this.finalizedL1)) return;
    if (this.triedAt !== 0n && origin.number <= this.triedAt + this.options.delayBlocks) return;
    this.triedAt = origin.number;
    this.tryAgain();
  }

  reset(): void {
    this.data = [];
    this.triedAt = 0n;
  }

  async step(signal: AbortSignal): Promise<void> {
    this.takeSignal();
    const reasons = this.reasons.get();
    if (reasons === this.triedReasons) return this.wait(signal);
    try {
      await this.tryFinalize(signal);
    } catch (thrown) {
      if (!hasCode(thrown, 'DERIVE_FINALITY_CONFLICT')) throw thrown;
      // The reset that this leads to makes what we remember void.
      this.triedReasons = reasons;
      this.reset();
      throw thrown;
    }
    this.triedReasons = reasons;
  }

  private async wait(signal: AbortSignal): Promise<void> {
    const { labels } = this.deps;
    const seen = labels.get();
    const reasons = this.reasons.get();
    await anyOf<unknown>(
      [(s) => labels.changed(seen, s), (s) => this.reasons.changed(reasons, s)],
      signal,
    );
  }

  private tryAgain(): void {
    this.reasons.set(this.reasons.get() + 1);
  }

  private takeSignal(): void {
    const { finalized } = this.deps.labels.get();
    const known = this.finalizedL1;
    if (isZeroRef(finalized) || sameBlock(finalized, known)) return;
    if (finalized.number < known.number) {
      this.deps.log.error('ignoring old L1 finalized block signal! Is the L1 provider corrupted?', {
        prev_finalized_l1: known,
        signaled_finalized_l1: finalized,
      });
      return;
    }
    this.triedAt = 0n;
    this.finalizedL1 = finalized;
    this.tryAgain();
  }

  private async tryFinalize(signal: AbortSignal): Promise<void> {
    const { engine } = this.deps;
    const { finalized, resetEpoch } = engine.heads.get();
    const { finalizedL1 } = this;
    const best = this.data.findLast(
      ({ safe, l1 }) => safe.number > finalized.number && l1.number <= finalizedL1.number,
    );
    if (best === undefined) return;
    const { safe, l1 } = best;
    await this.checkCanonical(finalizedL1, 'we assumed this block is finalized', signal);
    await this.checkCanonical(l1, 'we derived from a block off the finalizing L1 chain', signal);
    if (engine.heads.get().resetEpoch !== resetEpoch) return;
    // The engine tries again by itself, and what it refuses cannot be finalized.
    await engine.finalize(safe, signal);
  }

  /** @throws NodeError DERIVE_FINALITY_CONFLICT (reset), DERIVE_L1_UNAVAILABLE (temporary). */
  private async checkCanonical(block: BlockId, what: string, signal: AbortSignal): Promise<void> {
    const canonical = await this.deps.l1.l1BlockRefByNumber(block.number, signal);
    if (canonical === null) {
      throw new NodeError(
        'DERIVE_L1_UNAVAILABLE',
        'failed to check if on finalizing L1 chain: block not found',
        { severity: 'temporary', fields: { number: block.number } },
      );
    }
    if (sameBlock(canonical, block)) return;
    throw new NodeError('DERIVE_FINALITY_CONFLICT', `need to reset: ${what}`, {
      severity: 'reset',
      fields: { block: block.hash, canonical: canonical.hash, number: block.number },
    });
  }
}
