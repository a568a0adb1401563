import { hasCode, NodeError } from '../../errors/nodeError.js';
import type { AltDaConfig } from '../../rollup/rollupConfig.js';
import type { Actor } from '../../runtime/actor.js';
import { anyOf } from '../../runtime/anyOf.js';
import type { Watch, WatchReader } from '../../runtime/watch.js';
import { WatchCell } from '../../runtime/watch.js';
import type { Log } from '../../telemetry/logger.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../types/block.js';
import { blockId, isZeroRef, sameBlock, ZERO_L1_REF } from '../../types/block.js';
import type { L1Labels } from '../../types/l1Heads.js';
import type { FinalTo } from '../altda/altDa.js';
import type { DeriveL1Source } from '../ports.js';
import type { DeriveEngine, SafeBlockListener } from './ports.js';

/** L1 blocks whose L2 blocks are remembered: the beacon chain finalizes at most four epochs of 32 slots behind its head. */
const DEFAULT_FINALITY_LOOKBACK = 4 * 32 + 1;
/** With alternative data availability a commitment may be challenged in the last block of its window. */
export function defaultFinalityLookback(altDa: AltDaConfig | null): number {
  if (altDa === null) return DEFAULT_FINALITY_LOOKBACK;
  const windows = Number(altDa.daChallengeWindow + altDa.daResolveWindow) + 1;
  return Math.max(windows, DEFAULT_FINALITY_LOOKBACK);
}

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
  /** Metrics: whether the finalized head stands still because too little is remembered. */
  readonly recordHeldBack: (isHeldBack: boolean) => void;
  /** What an L1 finality signal means for the chain; null where it is what it says. */
  readonly altDa: AltDaFinality | null;
  readonly log: Log;
}

/** Finality of a chain with alternative data availability: what may still be challenged is not final. */
export interface AltDaFinality {
  /** @returns null where nothing can be said yet. */
  finalTo(l1Finalized: bigint): FinalTo | null;
  /** Metrics: the L1 block up to which data is final. */
  recordFinalTo(number: bigint): void;
}

/** The last L2 block that was safe once this L1 block had been derived. */
interface FinalityData {
  safe: L2BlockRef;
  readonly l1: BlockId;
}

/**
 * Finalizes L2 blocks whose L1 data is final. Role: remembers which L2 block was derived from which L1 block, and when
 * L1 finality reaches one, checks that we are on the finalizing chain and tells the engine. Derivation tells it of safe
 * blocks; run by the supervisor beside it. Failure: temporary ones are tried again; another chain on L1 is a reset. Where
 * L1 finality lags by more blocks than are remembered, nothing can be finalized: that is said once, with the setting.
 * op-node `rollup/finality/finalizer.go`.
 */
export class Finalizer implements Actor, SafeBlockListener {
  readonly name = 'finalizer';
  private data: FinalityData[] = [];
  /** The oldest of what the lookback has dropped that is not final yet; null where there is none. */
  private forgotten: FinalityData | null = null;
  private isHeldBack = false;
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
    if (this.data.length >= this.options.lookbackBlocks) this.forgetOldest();
    this.data.push({ safe, l1: blockId(derivedFrom) });
  }

  derivationIdle(origin: L1BlockRef): void {
    // What derivation went past may be final now without a new signal.
    if (this.deps.altDa !== null) this.tryAgain();
    if (isZeroRef(this.finalizedL1)) return;
    if (this.triedAt !== 0n && origin.number <= this.triedAt + this.options.delayBlocks) return;
    this.triedAt = origin.number;
    this.tryAgain();
  }

  reset(): void {
    this.data = [];
    this.forgotten = null;
    this.triedAt = 0n;
  }

  async step(signal: AbortSignal): Promise<void> {
    const { altDa, labels } = this.deps;
    const seen = labels.get();
    // Without a turn of its own where there is nothing to ask.
    this.takeSignal(altDa === null ? seen.finalized : await this.finalWith(altDa, seen, signal));
    const reasons = this.reasons.get();
    if (reasons === this.triedReasons) return this.wait(seen, signal);
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

  private async wait(seen: L1Labels, signal: AbortSignal): Promise<void> {
    const { labels } = this.deps;
    const reasons = this.reasons.get();
    await anyOf<unknown>(
      [(s) => labels.changed(seen, s), (s) => this.reasons.changed(reasons, s)],
      signal,
    );
  }

  private tryAgain(): void {
    this.reasons.set(this.reasons.get() + 1);
  }

  private takeSignal(finalized: L1BlockRef): void {
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

  /** Never before what is known: as what the windows leave open comes and goes, it may be less than it was. */
  private async finalWith(
    altDa: AltDaFinality,
    { finalized }: L1Labels,
    signal: AbortSignal,
  ): Promise<L1BlockRef> {
    const known = this.finalizedL1;
    const to = isZeroRef(finalized) ? null : altDa.finalTo(finalized.number);
    const toNumber = to?.kind === 'block' ? to.block.number : to?.number;
    if (to === null || toNumber === undefined || toNumber <= known.number) return known;
    const block =
      to.kind === 'block' ? to.block : await this.deps.l1.l1BlockRefByNumber(to.number, signal);
    if (block === null) return known;
    altDa.recordFinalTo(block.number);
    return block;
  }

  private async tryFinalize(signal: AbortSignal): Promise<void> {
    const { engine } = this.deps;
    const { finalized, resetEpoch } = engine.heads.get();
    const { finalizedL1 } = this;
    const best = this.data.findLast(
      ({ safe, l1 }) => safe.number > finalized.number && l1.number <= finalizedL1.number,
    );
    this.noteHeldBack(best === undefined && this.isForgottenFinal(finalized));
    if (best === undefined) return;
    const { safe, l1 } = best;
    await this.checkCanonical(finalizedL1, 'we assumed this block is finalized', signal);
    await this.checkCanonical(l1, 'we derived from a block off the finalizing L1 chain', signal);
    if (engine.heads.get().resetEpoch !== resetEpoch) return;
    // The engine tries again by itself, and what it refuses cannot be finalized.
    await engine.finalize(safe, signal);
  }

  private forgetOldest(): void {
    const { finalized } = this.deps.engine.heads.get();
    const isKept = this.forgotten !== null && this.forgotten.safe.number > finalized.number;
    const oldest = this.data.shift();
    if (!isKept) this.forgotten = oldest ?? null;
  }

  /** True where L1 has finalized what an L2 block came from that could be finalized now, had it not been forgotten. */
  private isForgottenFinal(finalized: L2BlockRef): boolean {
    const { forgotten, finalizedL1 } = this;
    return (
      forgotten !== null &&
      forgotten.safe.number > finalized.number &&
      forgotten.l1.number <= finalizedL1.number
    );
  }

  private noteHeldBack(isHeldBack: boolean): void {
    if (isHeldBack === this.isHeldBack) return;
    this.isHeldBack = isHeldBack;
    this.deps.recordHeldBack(isHeldBack);
    if (!isHeldBack) return;
    const oldest = this.data[0];
    this.deps.log.warn(
      'The finalized head stands still: L1 finality lags by more than --finality.lookback',
      {
        lookback: this.options.lookbackBlocks,
        finalized_l1: blockId(this.finalizedL1),
        oldest_remembered_l1: oldest === undefined ? null : oldest.l1,
        finalized_l2: blockId(this.deps.engine.heads.get().finalized),
      },
    );
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
