import { hasCode } from '../../errors/nodeError.js';
import { linkSignals } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { BlockId, L2BlockRef } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { Held, PollOutcome, PollResult } from '../pollOutcome.js';
import { held } from '../pollOutcome.js';
import type { AcceptedMemory } from '../rules/acceptedMemory.js';
import type { FollowStatus } from '../rules/followStatus.js';
import { RepeatedAnswer } from '../rules/repeatedAnswer.js';
import type { Staleness } from '../rules/staleRule.js';
import type { BlockAsker, StatusChecker } from '../rules/statusChecker.js';
import type { FollowedSource } from '../sources/followedSource.js';
import type { Occasion } from '../sources/occasion.js';
import type { BlockOf, QuorumMember } from './quorum.js';
import { agreedBlock, quorumStatus } from './quorum.js';
import type { BlockSource, Poll, Strategy } from './strategy.js';
import { pollWithout } from './strategy.js';

/** Once enough sources have answered, the others get this much longer: one that hangs must not hold the rest up. */
const STRAGGLER_MS = 1_000;

export interface QuorumOptions {
  /** Sources that must agree, at least 1. */
  readonly required: number;
}

export interface QuorumDeps {
  readonly sources: readonly FollowedSource[];
  readonly checker: StatusChecker;
  readonly memory: AcceptedMemory;
  readonly clock: Clock;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/** A source with a status that passes its own checks. */
interface Healthy {
  readonly kind: 'healthy';
  readonly source: FollowedSource;
  readonly status: FollowStatus;
  /** Null for a fresh one. */
  readonly stale: Staleness | null;
}

/** Follows what enough of all sources agree on. A source is healthy when its own status passes its own checks. */
export class QuorumStrategy implements Strategy {
  private readonly repeated = new RepeatedAnswer();
  private wasMet = true;
  /** Those who agreed in the last poll. */
  private counted: readonly QuorumMember[] = [];

  constructor(
    private readonly options: QuorumOptions,
    private readonly deps: QuorumDeps,
  ) {}

  async poll(heads: EngineHeads, occasion: Occasion, signal: AbortSignal): Promise<Poll> {
    const { required } = this.options;
    const outcomes = await this.readAll(occasion, signal);
    const healthy = outcomes.filter((outcome) => outcome.kind === 'healthy');
    this.deps.metrics.quorumHealthy.set({}, healthy.length);
    this.counted = [];
    if (healthy.length < required) {
      this.noteMet(false, healthy.length);
      const refusals = outcomes.filter((outcome) => outcome.kind === 'held');
      return pollWithout('quorum', tooFewHealthy(refusals, required - healthy.length));
    }
    // A stale one would hold the others back; it counts where there are too few without it.
    const fresh = healthy.filter(({ stale }) => stale === null);
    const voting = fresh.length >= required ? fresh : healthy;
    const members = voting.map(({ source, status }) => ({ id: source.index, status }));
    const agreed = await quorumStatus(members, required, this.asker(signal));
    this.noteMet(agreed !== null, healthy.length);
    if (agreed === null) {
      return pollWithout('quorum', held('refused', 'conflict', 'follow sources do not agree'));
    }
    this.counted = agreed.members;
    const source = agreed.members.map(({ id }) => this.source(id).name).join(', ');
    const { status } = agreed;
    const { checker, memory } = this.deps;
    const asker = this.askerOf(agreed.members);
    const stale = voting.find((vote) => vote.stale !== null)?.stale ?? null;
    const repeated = occasion === 'timed' ? this.repeated : new RepeatedAnswer();
    const input = { status, stale, asker, heads, memory, repeated };
    return {
      source,
      status,
      stale,
      outcome: await checker.check(input, signal),
      appeal: (theirs, appealSignal) => checker.appeal(input, theirs, appealSignal),
    };
  }

  /** Who agrees is decided anew in each poll, so there is nothing to choose by how one ended. */
  settle(_poll: Poll, end: PollOutcome): boolean {
    if (end.kind === 'accepted') this.repeated.clear();
    return false;
  }

  blockSources(): readonly BlockSource[] {
    return this.counted.flatMap(({ id }) => {
      const { name, executionRpc: rpc } = this.source(id);
      return rpc === null ? [] : [{ name, rpc, leadsUnsafe: true }];
    });
  }

  async vouchedUnsafe(height: bigint, signal: AbortSignal): Promise<BlockId | null> {
    const { required } = this.options;
    const tips = this.counted.map(({ status }) => status.unsafe?.number ?? status.localSafe.number);
    const reached = [...tips].sort((a, b) => (a < b ? 1 : -1))[required - 1];
    if (reached === undefined) return null;
    const at = reached < height ? reached : height;
    const able = this.counted.filter((_, i) => (tips[i] ?? 0n) >= at);
    return agreedBlock(able, at, { required, blockOf: this.asker(signal) });
  }

  /** All sources at once. Those that are late count as unhealthy now; their answer counts in a later poll. */
  private async readAll(
    occasion: Occasion,
    signal: AbortSignal,
  ): Promise<readonly (Healthy | Held)[]> {
    const { sources, clock } = this.deps;
    const { required } = this.options;
    const found: (Healthy | Held | undefined)[] = sources.map(() => undefined);
    const grace = linkSignals(signal);
    try {
      await new Promise<void>((resolve, reject) => {
        const reads = sources.map(async (source, i) => {
          found[i] = await this.readOne(source, occasion, signal);
          if (found.filter((outcome) => outcome?.kind === 'healthy').length !== required) return;
          clock.sleep(STRAGGLER_MS, grace.signal).then(resolve, () => undefined);
        });
        Promise.all(reads).then(() => resolve(), reject);
      });
    } finally {
      grace.abort();
      grace.dispose();
    }
    return sources.map((source, i) => {
      const outcome = found[i] ?? LATE;
      source.count(countedAs(outcome));
      return outcome;
    });
  }

  private async readOne(
    source: FollowedSource,
    occasion: Occasion,
    signal: AbortSignal,
  ): Promise<Healthy | Held> {
    const reading = await source.read(signal, occasion);
    if (reading.kind === 'held') return reading;
    const { status, stale } = reading;
    const unhealthy = await this.deps.checker.checkSource(status, signal);
    return unhealthy ?? { kind: 'healthy', source, status, stale };
  }

  /** Within one poll each source is asked for a height once. */
  private asker(signal: AbortSignal): BlockOf {
    const asked = new Map<string, Promise<L2BlockRef | null>>();
    return ({ id }: QuorumMember, number: bigint): Promise<L2BlockRef | null> => {
      const key = `${id} ${number}`;
      const answer = asked.get(key) ?? blockOrNull(this.source(id), number, signal);
      asked.set(key, answer);
      return answer;
    };
  }

  /** That they have the same safe block does not mean that each of them tells the truth about what is below it. */
  private askerOf(members: readonly QuorumMember[]): BlockAsker {
    const { required } = this.options;
    return {
      blockRefByNumber: (number, signal) =>
        agreedBlock(members, number, { required, blockOf: this.asker(signal) }),
    };
  }

  private noteMet(isMet: boolean, healthy: number): void {
    this.deps.metrics.quorumMet.set({}, isMet ? 1 : 0);
    if (isMet === this.wasMet) return;
    this.wasMet = isMet;
    const fields = { healthy, required: this.options.required };
    if (isMet) this.deps.log.info('Follow quorum is met again', fields);
    else this.deps.log.warn('Follow quorum is not met: heads stand still', fields);
  }

  private source(id: number): FollowedSource {
    const source = this.deps.sources[id];
    if (source === undefined) throw new RangeError(`no follow source ${id}`);
    return source;
  }
}

function countedAs(outcome: Healthy | Held): PollResult {
  if (outcome.kind === 'held') return outcome.result;
  return outcome.stale === null ? 'success' : 'stale';
}

async function blockOrNull(
  source: FollowedSource,
  number: bigint,
  signal: AbortSignal,
): Promise<L2BlockRef | null> {
  try {
    return await source.blockRefByNumber(number, signal);
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    return null;
  }
}

const LATE = held('failed', 'error_fetch_status', 'source did not answer in time');

/** When our own L1 is what keeps enough sources from being checked, the quorum waits for it; else they failed. */
function tooFewHealthy(refusals: readonly Held[], missing: number): Held {
  const waiting = refusals.filter(({ why }) => why === 'waiting');
  const cause =
    waiting.length >= missing ? waiting[0] : refusals.find(({ why }) => why !== 'waiting');
  const { why, result, reason } = cause ?? LATE;
  return held(why, result, 'too few follow sources are healthy', { because: reason });
}
