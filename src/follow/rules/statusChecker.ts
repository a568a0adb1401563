import { hasCode, toNodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { BlockId, BlocksByNumber, L1BlockRef, L2BlockRef } from '../../types/block.js';
import { blockId, isZeroRef, sameBlock } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { Held, PollOutcome, Replacement } from '../pollOutcome.js';
import { held } from '../pollOutcome.js';
import type { FollowL1Port, FollowL2Port, FollowVerifierPort } from '../ports.js';
import type { AcceptedMemory } from './acceptedMemory.js';
import type { ChainVerdict } from './chainRules.js';
import { judgeChain, ourHeights, theirNumbers } from './chainRules.js';
import type { FollowStatus } from './followStatus.js';
import { followTargetOf } from './followTargetOf.js';
import type { L1Reading, L1Verdict } from './l1Checks.js';
import { checkL1, l1Presence } from './l1Checks.js';
import { holdsRefuted } from './refutedRule.js';
import type { RepeatedAnswer } from './repeatedAnswer.js';
import type { Staleness } from './staleRule.js';
import { asFarAsFresh } from './staleRule.js';
import { checkStatusShape } from './statusRules.js';

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
  /** Null for a fresh one. */
  readonly stale: Staleness | null;
  readonly asker: BlockAsker;
  readonly heads: EngineHeads;
  readonly memory: AcceptedMemory;
  readonly repeated: RepeatedAnswer;
}

/** Our block and theirs of one height. */
interface Conflict {
  readonly ours: BlockId;
  readonly theirs: BlockId;
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
  async checkSource(status: FollowStatus, signal: AbortSignal): Promise<Held | null> {
    const checked = await this.checkedL1(status, signal);
    return checked.kind === 'held' ? checked : null;
  }

  /** Every check. @throws NodeError ABORTED only. */
  async check(input: CheckInput, signal: AbortSignal): Promise<PollOutcome> {
    const checked = await this.checkedL1(input.status, signal);
    if (checked.kind === 'held') return checked;
    const outcome = await withOurChain(
      async () =>
        (await this.refutedHold(input, signal)) ??
        (await this.checkChain(input, checked.currentL1, signal)),
    );
    return asFarAsFresh(outcome, input.stale, input.heads);
  }

  /**
   * Judges again a status that was accepted, now that our engine has found another block than our safe head on its
   * chain: what the source says of its blocks did not show that. @throws NodeError ABORTED only.
   */
  async appeal(input: CheckInput, theirs: BlockId, signal: AbortSignal): Promise<PollOutcome> {
    const checked = await this.checkedL1(input.status, signal);
    if (checked.kind === 'held') return checked;
    const at = { ours: input.heads.safe, theirs };
    const outcome = await withOurChain(() =>
      this.resolveConflict(input, checked.currentL1, at, signal),
    );
    return asFarAsFresh(outcome, input.stale, input.heads);
  }

  private async checkedL1(
    status: FollowStatus,
    signal: AbortSignal,
    reading?: L1Reading,
  ): Promise<L1Verdict> {
    const misshapen = checkStatusShape(status, this.options.genesis);
    if (misshapen !== null) return misshapen;
    if (this.deps.l1 === null) return { kind: 'onL1', currentL1: status.currentL1 };
    return checkL1(this.deps.l1, status, signal, reading);
  }

  /** A chain that holds, or may hold, a block that verification has refuted is not taken, whatever else speaks for it. */
  private async refutedHold(input: CheckInput, signal: AbortSignal): Promise<Held | null> {
    const refuted = this.deps.verifier?.refuted.get() ?? null;
    if (refuted === null) return null;
    const holds = await holdsRefuted(refuted, input, this.deps.l2, signal);
    if (holds === 'no') return null;
    const reason =
      holds === 'yes'
        ? 'status holds a block that L1 refutes'
        : 'status cannot be shown to be without the block that L1 refutes';
    return held('refused', 'refuted', reason, { refuted });
  }

  private async checkChain(
    input: CheckInput,
    currentL1: L1BlockRef | null,
    signal: AbortSignal,
  ): Promise<PollOutcome> {
    const { status, heads } = input;
    const ours = await this.ourBlocks(ourHeights(status, heads), heads, signal);
    const asked = theirNumbers({ status, heads, ours });
    const theirs = await theirBlocks(asked, input.asker, signal);
    const chain = judgeChain({ status, heads, ours, theirs });
    const isInDoubt = chain.kind === 'conflict' || (chain.kind === 'fits' && !chain.isDescentShown);
    if (!isInDoubt) input.repeated.clear();
    switch (chain.kind) {
      case 'contradiction':
        return held('refused', 'error_invalid_state', 'head does not say what its block does', {
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
          : held('behind', 'behind', 'source is behind our heads');
      case 'conflict':
        return this.resolveConflict(input, currentL1, chain.at, signal);
      case 'fits':
        return this.accepting(input, currentL1, chain, signal);
    }
  }

  private async accepting(
    input: CheckInput,
    currentL1: L1BlockRef | null,
    chain: Extract<ChainVerdict, { kind: 'fits' }>,
    signal: AbortSignal,
  ): Promise<PollOutcome> {
    const { status, heads } = input;
    const isOurCurrentL1Gone = await this.isOurCurrentL1Gone(currentL1, heads, signal);
    if (isOurCurrentL1Gone) {
      const again = await this.checkedL1(status, signal, { fresh: true });
      if (again.kind === 'held') return again;
    }
    await this.noteWhatIsGone(input, signal);
    const { forksUnsafe, isDescentShown, isOnOurChain } = chain;
    const target = followTargetOf({
      status,
      heads,
      currentL1,
      isOurCurrentL1Gone,
      mayReplaceSafe: false,
    });
    const replaces = forksUnsafe ? 'unsafeFork' : 'none';
    return { kind: 'accepted', target, replaces, isDescentShown, isOnOurChain };
  }

  /** Another hash at or below our safe head: taken only for a reason that our own side confirms. */
  private async resolveConflict(
    input: CheckInput,
    currentL1: L1BlockRef | null,
    at: Conflict,
    signal: AbortSignal,
  ): Promise<PollOutcome> {
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
    return held('waiting', 'error_l1_lookup', 'L1 blocks of our safe head could not be looked up');
  }

  /** Our L1 has reorged, so what was read of it before may be of the old branch: the status is held against the new. */
  private async afterL1Reorg(input: CheckInput, signal: AbortSignal): Promise<PollOutcome> {
    const checked = await this.checkedL1(input.status, signal, { fresh: true });
    return checked.kind === 'held' ? checked : replacing(input, checked.currentL1, 'l1Reorg');
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

  /** Our blocks at the heights of these; a height of one of our heads needs no look-up. */
  private async ourBlocks(
    ids: readonly BlockId[],
    heads: EngineHeads,
    signal: AbortSignal,
  ): Promise<BlocksByNumber> {
    const { l2 } = this.deps;
    const known = new Map<bigint, L2BlockRef>();
    for (const ref of [heads.finalized, heads.safe, heads.localSafe, heads.unsafe]) {
      if (!isZeroRef(ref)) known.set(ref.number, ref);
    }
    const unknown = ids.filter(({ number }) => !known.has(number));
    const read = await l2.l2BlockRefsAt(unknown, signal);
    const blocks = await Promise.all(
      ids.map(async ({ number }) => {
        const block = known.get(number) ?? read.get(number);
        return block === undefined ? l2.l2BlockRefByNumber(number, signal) : block;
      }),
    );
    return new Map(ids.map(({ number }, i) => [number, blocks[i] ?? null]));
  }
}

/** Accepts heads that lower or replace our safe ones. */
function replacing(
  { status, heads }: CheckInput,
  currentL1: L1BlockRef | null,
  replaces: Replacement,
): PollOutcome {
  const facts = { status, heads, currentL1, isOurCurrentL1Gone: true, mayReplaceSafe: true };
  const target = followTargetOf(facts);
  return { kind: 'accepted', target, replaces, isDescentShown: false, isOnOurChain: false };
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
  at: Conflict,
): Held {
  return held('refused', result, reason, { ours: blockId(at.ours), theirs: blockId(at.theirs) });
}

/** Runs what asks our execution layer; where it cannot be asked, nothing is said against the source. */
async function withOurChain(judge: () => Promise<PollOutcome>): Promise<PollOutcome> {
  try {
    return await judge();
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    const { code, message } = toNodeError(thrown);
    return held('waiting', 'error_engine', 'our execution layer could not be asked', {
      code,
      error: message,
    });
  }
}
