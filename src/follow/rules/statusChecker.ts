import type { NodeError } from '../../errors/nodeError.js';
import { hasCode, toNodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import { blockId, isZeroRef, sameBlock } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowL1Port, FollowL2Port, FollowVerifierPort } from '../ports.js';
import type { AcceptedMemory } from './acceptedMemory.js';
import type { BlocksByNumber, ChainInput, ChainVerdict, Divergence } from './chainRules.js';
import { judgeChain, ourNumbers, theirNumbers } from './chainRules.js';
import type { FollowStatus } from './followStatus.js';
import { followTargetOf } from './followTargetOf.js';
import { heldBranch } from './heldBranch.js';
import type { L1Reading } from './l1Checks.js';
import { checkL1, l1Presence } from './l1Checks.js';
import { holdsRefuted } from './refutedRule.js';
import type { RepeatedAnswer } from './repeatedAnswer.js';
import { checkStatusShape } from './statusRules.js';
import type { HoldVerdict, Replacement, StatusVerdict } from './verdict.js';
import { hold } from './verdict.js';

/** Polls in a row that must give the same conflicting answer before it is believed without an L1. */
const REPEATS_WITHOUT_L1 = 3;

export interface StatusCheckerOptions {
  readonly genesis: RollupConfig['genesis'];
}

export interface StatusCheckerDeps {
  /** Null when the node has no L1: then nothing of the L1 is checked. */
  readonly l1: FollowL1Port | null;
  readonly l2: FollowL2Port;
  /** Absent where nothing is verified. */
  readonly verifier?: FollowVerifierPort;
}

/** The source of a status, for what the status alone does not show. */
export interface BlockAsker {
  /** The source's block of that height; null when it has none there or does not say. */
  blockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null>;
}

/** One status and what it is checked against. */
export interface CheckInput {
  readonly status: FollowStatus;
  readonly asker: BlockAsker;
  readonly heads: EngineHeads;
  readonly memory: AcceptedMemory;
  readonly repeated: RepeatedAnswer;
}

/**
 * Checks one status against itself, our L1, our heads and our chain, cheapest first, and makes the target of what
 * passes. Decisions are the pure functions of statusRules, chainRules and followTargetOf; this only fetches for them.
 */
export class StatusChecker {
  constructor(
    private readonly options: StatusCheckerOptions,
    private readonly deps: StatusCheckerDeps,
  ) {}

  /** Shape and L1 only: whether the source is healthy, whatever our chain says. Null when it is. */
  async checkSource(status: FollowStatus, signal: AbortSignal): Promise<HoldVerdict | null> {
    const checked = await this.checkedL1(status, signal);
    return 'kind' in checked ? checked : null;
  }

  /** Every check. @throws NodeError ABORTED only. */
  async check(input: CheckInput, signal: AbortSignal): Promise<StatusVerdict> {
    const checked = await this.checkedL1(input.status, signal);
    if ('kind' in checked) return checked;
    try {
      const refuted = await this.refutedHold(input, signal);
      if (refuted !== null) return refuted;
      return await this.checkChain(input, checked.currentL1, signal);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return localFailure(toNodeError(thrown));
    }
  }

  private async checkedL1(
    status: FollowStatus,
    signal: AbortSignal,
    reading?: L1Reading,
  ): Promise<HoldVerdict | { readonly currentL1: L1BlockRef | null }> {
    const shape = checkStatusShape(status, this.options.genesis);
    if (shape.kind === 'starting') {
      return hold('failed', 'error_invalid_state', 'source is starting or resetting');
    }
    if (shape.kind === 'invalid') return hold('refused', 'error_invalid_state', shape.reason);
    if (this.deps.l1 === null) return { currentL1: status.currentL1 };
    const l1 = await checkL1(this.deps.l1, status, signal, reading);
    switch (l1.kind) {
      case 'ok':
        return { currentL1: l1.currentL1 };
      case 'lookup':
        return hold('waiting', 'error_l1_lookup', 'L1 block of status could not be looked up', {
          what: l1.what,
          l1Block: l1.id,
          because: l1.reason,
        });
      case 'mismatch':
        return hold('refused', 'error_l1_mismatch', 'L1 block of status is not on our L1', {
          what: l1.what,
          claimed: l1.claimed,
          actual: l1.actual,
        });
    }
  }

  /** A chain that holds, or may hold, a block that verification has refuted is not taken, whatever else speaks for it. */
  private async refutedHold(input: CheckInput, signal: AbortSignal): Promise<HoldVerdict | null> {
    const refuted = this.deps.verifier?.refuted.get() ?? null;
    if (refuted === null) return null;
    const holds = await holdsRefuted(refuted, input, this.deps.l2, signal);
    if (holds === 'no') return null;
    const reason =
      holds === 'yes'
        ? 'status holds a block that L1 refutes'
        : 'status cannot be shown to be without the block that L1 refutes';
    return hold('refused', 'refuted', reason, { refuted });
  }

  private async checkChain(
    input: CheckInput,
    currentL1: L1BlockRef | null,
    signal: AbortSignal,
  ): Promise<StatusVerdict> {
    const { status, heads } = input;
    const ours = await this.ourBlocks(ourNumbers(status, heads), heads, signal);
    const asked = theirNumbers({ status, heads, ours });
    const theirs = await theirBlocks(asked, input.asker, signal);
    const chain = await this.judged({ status, heads, ours, theirs }, signal);
    if (chain.kind !== 'conflict') input.repeated.clear();
    switch (chain.kind) {
      case 'contradiction':
        return hold('refused', 'error_invalid_state', 'head does not say what its block does', {
          label: chain.label,
          ours: chain.ours,
          theirs: status[chain.label],
        });
      case 'finalizedConflict':
        return conflictHold(
          'finalized_conflict',
          'status contradicts our finalized head',
          chain.at,
        );
      case 'behind':
        return (await this.isLostByL1Reorg(input, currentL1, signal))
          ? this.afterL1Reorg(input, signal)
          : hold('behind', 'behind', 'source is behind our heads');
      case 'conflict':
        return this.resolveConflict(input, currentL1, chain, signal);
      case 'fits':
        return this.accepting(input, currentL1, chain, signal);
    }
  }

  private async accepting(
    input: CheckInput,
    currentL1: L1BlockRef | null,
    chain: Extract<ChainVerdict, { kind: 'fits' }>,
    signal: AbortSignal,
  ): Promise<StatusVerdict> {
    const { status, heads } = input;
    const isOurCurrentL1Gone = await this.isOurCurrentL1Gone(currentL1, heads, signal);
    if (isOurCurrentL1Gone) {
      const again = await this.checkedL1(status, signal, { fresh: true });
      if ('kind' in again) return again;
    }
    await this.noteWhatIsGone(input, signal);
    const { forksUnsafe, isDescentProven, isOnOurChain } = chain;
    // Only a local safe head above the safe one can go: the chains are known to part above the safe head.
    const mayReplaceSafe = forksUnsafe && isDescentProven;
    const target = followTargetOf({
      status,
      heads,
      currentL1,
      isOurCurrentL1Gone,
      mayReplaceSafe,
    });
    const replaces = forksUnsafe ? 'unsafeFork' : 'none';
    return { kind: 'accept', target, replaces, isDescentProven, isOnOurChain };
  }

  /**
   * Where neither the status nor its source shows whether it descends from our safe head, our own execution layer may:
   * it often has the blocks of a fork, off its chain.
   */
  private async judged(input: ChainInput, signal: AbortSignal): Promise<ChainVerdict> {
    const first = judgeChain(input);
    if (first.kind !== 'fits' || first.isDescentProven) return first;
    const branch = await heldBranch(this.deps.l2, input, signal);
    return branch.size === 0
      ? first
      : judgeChain({ ...input, theirs: new Map([...input.theirs, ...branch]) });
  }

  /** Another hash at or below our safe head: taken only for a reason that our own side confirms. */
  private async resolveConflict(
    input: CheckInput,
    currentL1: L1BlockRef | null,
    { at }: Extract<ChainVerdict, { kind: 'conflict' }>,
    signal: AbortSignal,
  ): Promise<StatusVerdict> {
    const { heads, memory, asker } = input;
    if (!memory.hasAccepted) return replacing(input, currentL1, 'firstStatus');
    if (this.deps.l1 === null) {
      const hashAt = async (number: bigint): Promise<L2BlockRef | null> =>
        (await theirBlocks([number], asker, signal)).get(number) ?? null;
      const count = await input.repeated.note(at.theirs, hashAt);
      if (count >= REPEATS_WITHOUT_L1) return replacing(input, currentL1, 'repeatedAnswer');
      return conflictHold('conflict', 'status contradicts our safe head', at);
    }
    const presence = await l1Presence(this.deps.l1, memory.dependencies(heads), signal);
    if (presence === 'gone') return this.afterL1Reorg(input, signal);
    if (presence === 'held') {
      return conflictHold('conflict', 'status contradicts our safe head', at);
    }
    return hold('waiting', 'error_l1_lookup', 'L1 blocks of our safe head could not be looked up');
  }

  /** Our L1 has reorged, so what was read of it before may be of the old branch: the status is held against the new. */
  private async afterL1Reorg(input: CheckInput, signal: AbortSignal): Promise<StatusVerdict> {
    const checked = await this.checkedL1(input.status, signal, { fresh: true });
    return 'kind' in checked ? checked : replacing(input, checked.currentL1, 'l1Reorg');
  }

  /**
   * Whether lower heads on our own chain mean that an L1 reorg dropped the batches of ours: an L1 block that our safe
   * head depended on is gone, and the source has read the new L1 as far as we the old one. One that only walked back
   * has not, and will come to our heads again. Never below our proven finalized head.
   */
  private async isLostByL1Reorg(
    { status, heads, memory }: CheckInput,
    currentL1: L1BlockRef | null,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.deps.l1 === null || currentL1 === null) return false;
    if (currentL1.number < heads.currentL1.number) return false;
    if (heads.isFinalizedProven && status.safe.number < heads.finalized.number) return false;
    return (await l1Presence(this.deps.l1, memory.dependencies(heads), signal)) === 'gone';
  }

  /** Asked only when a status would take current_l1 back. */
  private async isOurCurrentL1Gone(
    currentL1: L1BlockRef | null,
    heads: EngineHeads,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (this.deps.l1 === null || currentL1 === null || isZeroRef(heads.currentL1)) return false;
    if (currentL1.number >= heads.currentL1.number) return false;
    return (await l1Presence(this.deps.l1, [heads.currentL1], signal)) === 'gone';
  }

  /** A safe head that is confirmed after an L1 reorg rests on the new L1: the old one no longer says anything about it. */
  private async noteWhatIsGone(
    { status, heads, memory }: CheckInput,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.deps.l1 === null || !sameBlock(status.safe, heads.safe)) return;
    const noted = memory.dependencies(heads);
    const presence = await l1Presence(this.deps.l1, noted, signal, { fresh: false });
    if (presence === 'gone') memory.noteL1Gone();
  }

  /** Our blocks at these heights; a height of one of our heads needs no look-up. */
  private async ourBlocks(
    numbers: readonly bigint[],
    heads: EngineHeads,
    signal: AbortSignal,
  ): Promise<BlocksByNumber> {
    const known = [heads.unsafe, heads.localSafe, heads.safe, heads.finalized];
    const blocks = await Promise.all(
      numbers.map(async (number) => {
        const head = known.find((ref) => ref.number === number && !isZeroRef(ref));
        return head ?? (await this.deps.l2.l2BlockRefByNumber(number, signal));
      }),
    );
    return new Map(numbers.map((number, i) => [number, blocks[i] ?? null]));
  }
}

/** Accepts heads that lower or replace our safe ones. */
function replacing(
  { status, heads }: CheckInput,
  currentL1: L1BlockRef | null,
  replaces: Replacement,
): StatusVerdict {
  const facts = { status, heads, currentL1, isOurCurrentL1Gone: true, mayReplaceSafe: true };
  const target = followTargetOf(facts);
  return { kind: 'accept', target, replaces, isDescentProven: false, isOnOurChain: false };
}

/** The source's blocks, as far as it says: what it does not answer stays unknown. */
async function theirBlocks(
  numbers: readonly bigint[],
  asker: BlockAsker,
  signal: AbortSignal,
): Promise<BlocksByNumber> {
  const blocks = await Promise.all(
    numbers.map(async (number) => {
      try {
        return await asker.blockRefByNumber(number, signal);
      } catch (thrown) {
        if (hasCode(thrown, 'ABORTED')) throw thrown;
        return null;
      }
    }),
  );
  return new Map(numbers.map((number, i) => [number, blocks[i] ?? null]));
}

function conflictHold(
  result: 'conflict' | 'finalized_conflict',
  reason: string,
  at: Divergence,
): HoldVerdict {
  return hold('refused', result, reason, { ours: blockId(at.ours), theirs: blockId(at.theirs) });
}

function localFailure(error: NodeError): HoldVerdict {
  return hold('waiting', 'error_engine', 'our execution layer could not be asked', {
    code: error.code,
    error: error.message,
  });
}
