import { hasCode, NodeError, toNodeError } from '../errors/nodeError.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import { Backoff, DEFAULT_BACKOFF } from '../runtime/backoff.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { L1BlockRef, L2BlockRef } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import { offsetRef } from './elSync.js';
import type { FoundHeads, StartHeads } from './engineState.js';
import { idText } from './engineStore.js';
import type { EngineL1Source, EngineL2Source } from './ports.js';

/** Deepest reorg of the unsafe chain that is done without a human, in sequencing windows of L1 blocks. */
const MAX_REORG_SEQ_WINDOWS = 5n;
/**
 * An execution layer whose head is this many sequencing windows past genesis while its labels still stand at genesis
 * has synced by itself and was stopped before it was told: healthy labels cannot lag that far.
 */
const RECOVER_MIN_SEQ_WINDOWS = 14n;

export interface FindForkchoiceOptions {
  readonly rollup: RollupConfig;
  readonly skipSyncStartCheck: boolean;
  readonly offsetElSafeSec: number;
}

export interface FindForkchoiceDeps {
  readonly l1: EngineL1Source;
  readonly l2: EngineL2Source;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The labels of the execution layer: without a finalized block that is genesis, without a safe one the finalized.
 * @throws NodeError ENGINE_BLOCK_MISSING, temporary.
 */
export async function currentHeads(
  rollup: Pick<RollupConfig, 'genesis'>,
  l2: EngineL2Source,
  signal: AbortSignal,
): Promise<FoundHeads> {
  const finalized =
    (await l2.l2BlockRefByLabel('finalized', signal)) ??
    (await l2.l2BlockRefByHash(rollup.genesis.l2.hash, signal));
  if (finalized === null) throw missing('failed to find the finalized L2 block');
  const safe = (await l2.l2BlockRefByLabel('safe', signal)) ?? finalized;
  const unsafe = await l2.l2BlockRefByLabel('latest', signal);
  if (unsafe === null) throw missing('failed to find the L2 head block');
  return { unsafe, safe, finalized };
}

/** L1 blocks to walk back so that all data that could have made a block safe is seen again. op-node SyncLookback. */
export function syncLookback(rollup: Pick<RollupConfig, 'altDa' | 'seqWindowSize'>): bigint {
  const { altDa, seqWindowSize } = rollup;
  const window = altDa === null ? 0n : altDa.daChallengeWindow + altDa.daResolveWindow;
  return window > seqWindowSize ? window : seqWindowSize;
}

/**
 * Finds the forkchoice to start from, walking back from the execution layer's head: unsafe is the highest block whose
 * L1 origin is canonical or not known to L1 yet; safe is the last block of an epoch that lies a full sequencing window
 * below the highest canonical origin, but never below finalized. An execution layer that synced by itself, or whose
 * chain was rewound below its labels, starts from its tip with safe and finalized at the offset behind it.
 * The walk may take thousands of requests: what fails on the way is asked for again, and the walk goes on from where it
 * was as long as the labels and L1 are what it began with. Differs: op-node begins again at the tip; the tests of
 * failures pin it.
 * @throws NodeError, all temporary: ENGINE_WRONG_CHAIN (genesis), ENGINE_FINALIZED_CONFLICT, ENGINE_REORG_TOO_DEEP,
 * ENGINE_SYNC_START_FAILED (links between blocks that cannot be), ENGINE_BLOCK_MISSING (no labels); of the sources
 * before the walk has begun. The caller tries again with back-off. op-node `rollup/sync/start.go` FindL2Heads.
 */
export async function findForkchoice(
  options: FindForkchoiceOptions,
  deps: FindForkchoiceDeps,
  signal: AbortSignal,
): Promise<StartHeads> {
  const { rollup } = options;
  const heads = await currentHeads(rollup, deps.l2, signal);
  deps.log.info('Loaded current L2 heads', {
    unsafe: idText(heads.unsafe),
    safe: idText(heads.safe),
    finalized: idText(heads.finalized),
    unsafe_origin: idText(heads.unsafe.l1Origin),
    safe_origin: idText(heads.safe.l1Origin),
  });
  if (isSyncedWithoutFinality(rollup, heads)) {
    deps.log.warn('Attempting recovery from sync state without finality.', {
      head: idText(heads.unsafe),
    });
    return fromTip(options, deps, heads.unsafe, signal);
  }
  if (isRewound(heads)) {
    deps.log.error(
      'Unsafe head is behind known finalized/safe blocks, execution-engine chain must have been rewound without forkchoice update. Attempting recovery now.',
      {
        unsafe_head: idText(heads.unsafe),
        safe_head: idText(heads.safe),
        finalized_head: idText(heads.finalized),
      },
    );
    return fromTip(options, deps, heads.unsafe, signal);
  }
  return { ...(await walkThroughFailures(options, deps, heads, signal)), isFinalizedProven: true };
}

/** What the walk finds about the chains, and cannot be asked for again. */
const FINDINGS = [
  'ENGINE_WRONG_CHAIN',
  'ENGINE_FINALIZED_CONFLICT',
  'ENGINE_REORG_TOO_DEEP',
  'ENGINE_SYNC_START_FAILED',
] as const;

function canBeAskedAgain(thrown: unknown): boolean {
  const { severity } = toNodeError(thrown);
  return severity === 'temporary' && !hasCode(thrown, 'ABORTED', ...FINDINGS);
}

/** Failures in a row at one place after which a block that is not there is taken for gone, and the walk begins again. */
const MAX_MISSING = 5;

async function walkThroughFailures(
  options: FindForkchoiceOptions,
  deps: FindForkchoiceDeps,
  heads: FoundHeads,
  signal: AbortSignal,
): Promise<FoundHeads> {
  const walk = new ForkchoiceWalk(options, deps, heads);
  // One walk, one endpoint: there is nobody to keep out of step with.
  const backoff = new Backoff(DEFAULT_BACKOFF, () => 0);
  let failedAt: L2BlockRef | null = null;
  for (;;) {
    try {
      if (failedAt !== null) await walk.checkPlace(signal);
      return await walk.run(signal);
    } catch (thrown) {
      if (!canBeAskedAgain(thrown)) throw thrown;
      const { code, message } = toNodeError(thrown);
      if (failedAt !== walk.place) backoff.reset();
      failedAt = walk.place;
      if (code === 'ENGINE_BLOCK_MISSING' && backoff.attempts >= MAX_MISSING) throw thrown;
      const delayMs = backoff.nextDelayMs();
      deps.log.warn('Failed to find the L2 heads to start from', {
        err: message,
        code,
        goesOnFrom: idText(failedAt),
        delayMs,
      });
      await deps.clock.sleep(delayMs, signal);
    }
  }
}

/** The execution layer's chain was cut below its labels. */
export function isRewound({ unsafe, safe, finalized }: FoundHeads): boolean {
  return unsafe.number < finalized.number || unsafe.number < safe.number;
}

/** The execution layer finished its own sync, but nobody has told it what is safe. */
export function isSyncedWithoutFinality(
  rollup: Pick<RollupConfig, 'genesis' | 'seqWindowSize'>,
  { unsafe, safe, finalized }: FoundHeads,
): boolean {
  const { l1, l2 } = rollup.genesis;
  return (
    finalized.hash === l2.hash &&
    safe.hash === l2.hash &&
    unsafe.number > l2.number &&
    unsafe.l1Origin.number > l1.number + RECOVER_MIN_SEQ_WINDOWS * rollup.seqWindowSize
  );
}

/** Heads for a tip that nothing else is known about. Its finalized is a guess. */
export async function fromTip(
  options: Pick<FindForkchoiceOptions, 'rollup' | 'offsetElSafeSec'>,
  deps: Pick<FindForkchoiceDeps, 'l2'>,
  tip: L2BlockRef,
  signal: AbortSignal,
): Promise<StartHeads> {
  const back = await offsetRef(deps.l2, options, tip, signal);
  return { unsafe: tip, safe: back, finalized: back, isFinalizedProven: false };
}

/**
 * One walk from the unsafe head towards the finalized one, a block at a time. It stands at a block until all that is
 * asked about that one has been told, so that `run` goes on from there when it is called again.
 */
class ForkchoiceWalk {
  private current: L2BlockRef;
  private readonly lookback: bigint;
  /** The L1 block at the height of the current block's origin; null where that is above what our L1 knows. */
  private l1Block: L1BlockRef | null = null;
  /** The candidate for unsafe; null while the origins seen are not canonical. */
  private unsafe: L2BlockRef | null;
  /** Highest block whose origin is known to be canonical, of the stretch walked last. */
  private highestCanonical: L2BlockRef | null = null;

  constructor(
    private readonly options: FindForkchoiceOptions,
    private readonly deps: FindForkchoiceDeps,
    private readonly start: FoundHeads,
  ) {
    this.lookback = syncLookback(options.rollup);
    this.unsafe = start.unsafe;
    this.current = start.unsafe;
  }

  /** The block that it stands at. */
  get place(): L2BlockRef {
    return this.current;
  }

  /**
   * Whether what was seen on the way still holds.
   * @throws NodeError ENGINE_SYNC_START_FAILED (temporary) where the labels have moved or L1 has left its branch: a new
   * walk has to begin; of the sources.
   */
  async checkPlace(signal: AbortSignal): Promise<void> {
    const { l1, l2 } = this.deps;
    const { unsafe, safe, finalized } = await currentHeads(this.options.rollup, l2, signal);
    const isSame =
      sameBlock(unsafe, this.start.unsafe) &&
      sameBlock(safe, this.start.safe) &&
      sameBlock(finalized, this.start.finalized);
    if (!isSame) throw failed('ENGINE_SYNC_START_FAILED', 'the labels have moved under the walk');
    const highest = this.highestCanonical?.l1Origin;
    if (highest === undefined) return;
    const canonical = await l1.l1BlockRefByNumber(highest.number, signal);
    if (canonical === null || sameBlock(canonical, highest)) return;
    throw failed('ENGINE_SYNC_START_FAILED', `L1 has left the branch of ${idText(highest)}`);
  }

  async run(signal: AbortSignal): Promise<FoundHeads> {
    for (;;) {
      const { current } = this;
      await this.loadOrigin(current, signal);
      this.checkAnchors(current);
      this.takeUnsafe(current);
      this.judgeOrigin(current);
      const isDeepEnough = this.isDeepEnough(current);
      if (current.number === this.start.finalized.number) {
        this.deps.log.info('Hit finalized L2 head, returning immediately', {
          unsafe: idText(this.unsafe ?? current),
          safe: idText(current),
        });
        return this.result(current);
      }
      if (this.mayJump(current)) {
        this.deps.log.info(
          'Found highest L2 block with canonical L1 origin. Skip further sanity check and jump to the safe head',
        );
        this.current = this.start.safe;
        continue;
      }
      const parent = await this.parentOf(current, signal);
      this.checkLink(parent, current);
      if (isDeepEnough) return this.result(parent);
      this.current = parent;
    }
  }

  private result(safe: L2BlockRef): FoundHeads {
    // Only a walk that ends on an origin that is not canonical leaves no candidate.
    return { unsafe: this.unsafe ?? safe, safe, finalized: this.start.finalized };
  }

  /** By hash where the origin is the parent of the one before: that cannot be answered from another fork. */
  private async loadOrigin(block: L2BlockRef, signal: AbortSignal): Promise<void> {
    const { l1 } = this.deps;
    const origin = block.l1Origin;
    if (this.l1Block !== null && this.l1Block.parentHash === origin.hash) {
      const next = await l1.l1BlockRefByHash(origin.hash, signal);
      if (next === null) throw missing(`failed to retrieve L1 block ${idText(origin)}`);
      this.l1Block = next;
      return;
    }
    if (this.l1Block !== null && this.l1Block.hash === origin.hash) return;
    this.l1Block = await l1.l1BlockRefByNumber(origin.number, signal);
  }

  private checkAnchors(block: L2BlockRef): void {
    const { genesis } = this.options.rollup;
    const { finalized } = this.start;
    if (block.number === genesis.l2.number) {
      if (block.hash !== genesis.l2.hash) {
        throw failed(
          'ENGINE_WRONG_CHAIN',
          `wrong chain L2: genesis: ${idText(genesis.l2)}, got ${idText(block)}`,
        );
      }
      if (this.l1Block !== null && this.l1Block.hash !== genesis.l1.hash) {
        throw failed(
          'ENGINE_WRONG_CHAIN',
          `wrong chain L1: genesis: ${idText(genesis.l1)}, got ${idText(this.l1Block)}`,
        );
      }
    }
    if (block.number === finalized.number && block.hash !== finalized.hash) {
      throw failed(
        'ENGINE_FINALIZED_CONFLICT',
        `cannot reorg finalized block: finalized ${idText(finalized)}, got: ${idText(block)}`,
      );
    }
  }

  /** Without a candidate this block is the next one, as long as the reorg is not too deep. */
  private takeUnsafe(block: L2BlockRef): void {
    if (this.unsafe !== null) return;
    this.unsafe = block;
    const before = this.start.unsafe;
    const limit = MAX_REORG_SEQ_WINDOWS * this.lookback;
    if (block.l1Origin.number + limit >= before.l1Origin.number) return;
    throw failed(
      'ENGINE_REORG_TOO_DEEP',
      `reorg is too deep: traversed back to L2 block ${idText(block)}, but too deep compared to previous unsafe block ${idText(before)}`,
    );
  }

  private judgeOrigin(block: L2BlockRef): void {
    if (this.l1Block === null) {
      // It cannot be told whether the origin is canonical: keep the candidate for unsafe.
      this.highestCanonical = null;
    } else if (this.l1Block.hash === block.l1Origin.hash) {
      this.highestCanonical ??= block;
    } else {
      this.unsafe = null;
      this.highestCanonical = null;
    }
  }

  /** At or below the old safe head, first of its epoch, and a full window of canonical origins above it. */
  private isDeepEnough(block: L2BlockRef): boolean {
    const highest = this.highestCanonical?.l1Origin.number ?? 0n;
    return (
      block.number <= this.start.safe.number &&
      block.l1Origin.number + this.lookback < highest &&
      block.sequenceNumber === 0n
    );
  }

  /** Never from at or below the safe head: that would walk up again. */
  private mayJump(block: L2BlockRef): boolean {
    return (
      this.options.skipSyncStartCheck &&
      this.highestCanonical !== null &&
      sameBlock(this.highestCanonical, block) &&
      block.number > this.start.safe.number
    );
  }

  private async parentOf(block: L2BlockRef, signal: AbortSignal): Promise<L2BlockRef> {
    const parent = await this.deps.l2.l2BlockRefByHash(block.parentHash, signal);
    if (parent === null) throw missing(`failed to fetch L2 block by hash ${block.parentHash}`);
    return parent;
  }

  private checkLink(parent: L2BlockRef, block: L2BlockRef): void {
    const problem = this.linkProblem(parent, block);
    if (problem === null) return;
    throw failed(
      'ENGINE_SYNC_START_FAILED',
      `${problem}: ${idText(block)} on parent ${idText(parent)}`,
    );
  }

  private linkProblem(parent: L2BlockRef, block: L2BlockRef): string | null {
    if (sameBlock(parent.l1Origin, block.l1Origin)) {
      return parent.sequenceNumber + 1n === block.sequenceNumber
        ? null
        : 'sequence number inconsistency between l2 blocks';
    }
    if (parent.l1Origin.number + 1n !== block.l1Origin.number) {
      return 'l2 parent has an L1 origin that is not before that of its child';
    }
    if (block.sequenceNumber !== 0n) {
      return 'l2 block has another L1 origin than its parent, but a non-zero sequence number';
    }
    const isCanonical = this.l1Block?.hash === block.l1Origin.hash;
    return isCanonical && this.l1Block?.parentHash !== parent.l1Origin.hash
      ? 'parent L2 block has an origin that is not the parent of its child origin'
      : null;
  }
}

function failed(
  code:
    | 'ENGINE_WRONG_CHAIN'
    | 'ENGINE_FINALIZED_CONFLICT'
    | 'ENGINE_REORG_TOO_DEEP'
    | 'ENGINE_SYNC_START_FAILED',
  message: string,
): NodeError {
  return new NodeError(code, message, { severity: 'temporary' });
}

function missing(message: string): NodeError {
  return new NodeError('ENGINE_BLOCK_MISSING', message, { severity: 'temporary' });
}
