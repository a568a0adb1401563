import type { RpcClient } from '../../transport/ports.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { PollResult } from '../pollResult.js';
import type { FollowStatus } from '../rules/followStatus.js';
import type { HoldKind, StatusVerdict } from '../rules/verdict.js';

/** What one poll brought, before the engine has seen it. */
export interface PolledStatus {
  /** Names the source or sources, for the log. */
  readonly source: string;
  /** Null when none could be read or agreed on. */
  readonly status: FollowStatus | null;
  readonly verdict: StatusVerdict;
}

/** How a poll ended for good: the verdict's hold, or what the engine made of an accepted status. */
export interface PollEnd {
  readonly result: PollResult;
  readonly why: 'accepted' | HoldKind;
}

/** Where a status comes from: one of several sources, or a quorum of them. */
export interface PollStrategy {
  /** Reads and checks one status. @throws NodeError ABORTED only. */
  poll(heads: EngineHeads, signal: AbortSignal): Promise<PolledStatus>;
  /** Told once after each poll. @returns true when the next poll goes to another source. */
  settle(polled: PolledStatus, end: PollEnd): boolean;
  /** An execution client among the followed sources that blocks can be fetched from; else null. */
  blockSource(): RpcClient | null;
}
