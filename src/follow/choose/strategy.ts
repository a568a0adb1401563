import type { RpcClient } from '../../transport/ports.js';
import type { BlockId } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { Held, PollOutcome } from '../pollOutcome.js';
import type { FollowStatus } from '../rules/followStatus.js';
import type { Staleness } from '../rules/staleRule.js';
import type { Occasion } from '../sources/occasion.js';

/** One status, and what the rules made of it before the engine has seen it. */
export interface Poll {
  /** Names the source or sources, for the log. */
  readonly source: string;
  /** Null when none could be read or agreed on. */
  readonly status: FollowStatus | null;
  /** Null where the status is fresh, or there is none. */
  readonly stale: Staleness | null;
  readonly outcome: PollOutcome;
  /**
   * What may replace the outcome where the engine found, with its own blocks, that an accepted status contradicts our
   * safe head: taken all the same for a reason that our own side confirms. @throws NodeError ABORTED only.
   */
  readonly appeal: (theirs: BlockId, signal: AbortSignal) => Promise<PollOutcome>;
}

/** An execution client that blocks can be fetched from. */
export interface BlockSource {
  /** Carries no credentials. */
  readonly name: string;
  readonly rpc: RpcClient;
  /** True when the blocks that it has above the local safe head are those to follow. */
  readonly leadsUnsafe: boolean;
}

/** Where a status comes from: one of several sources, or a quorum of them. */
export interface Strategy {
  /** Reads and checks one status. @throws NodeError ABORTED only. */
  poll(heads: EngineHeads, occasion: Occasion, signal: AbortSignal): Promise<Poll>;
  /** Told once after each timed poll how it ended for good. @returns true when the next poll goes to another source. */
  settle(poll: Poll, end: PollOutcome): boolean;
  /** Those of the followed sources that blocks may be fetched from, best first: what the last poll counted. */
  blockSources(): readonly BlockSource[];
  /**
   * The highest unsafe block, at most at that height, that as many sources have as must agree; null while there is none.
   * `anything` where one source alone is followed. @throws NodeError ABORTED only.
   */
  vouchedUnsafe(height: bigint, signal: AbortSignal): Promise<BlockId | 'anything' | null>;
}

/** A poll that brought no status. */
export function pollWithout(source: string, outcome: Held): Poll {
  return { source, status: null, stale: null, outcome, appeal: async () => outcome };
}
