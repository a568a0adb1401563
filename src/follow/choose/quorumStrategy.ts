import { hasCode } from '../../errors/nodeError.js';
import { linkSignals } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RpcClient } from '../../transport/ports.js';
import type { L2BlockRef } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { AcceptedMemory } from '../rules/acceptedMemory.js';
import type { FollowStatus } from '../rules/followStatus.js';
import { RepeatedAnswer } from '../rules/repeatedAnswer.js';
import type { BlockAsker, StatusChecker } from '../rules/statusChecker.js';
import type { HoldVerdict } from '../rules/verdict.js';
import { hold } from '../rules/verdict.js';
import type { FollowedSource } from '../sources/followedSource.js';
import type { PollEnd, PolledStatus, PollStrategy } from './pollStrategy.js';
import type { BlockOf, QuorumMember } from './quorum.js';
import { agreedBlock, quorumStatus } from './quorum.js';

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

type SourceOutcome =
  | { readonly kind: 'healthy'; readonly source: FollowedSource; readonly status: FollowStatus }
  | { readonly kind: 'unhealthy'; readonly verdict: HoldVerdict };

/** Follows what enough of all sources agree on. A source is healthy when its own status passes its own checks. */
export class QuorumStrategy implements PollStrategy {
  private readonly repeated = new RepeatedAnswer();
  private wasMet = true;

  constructor(
    private readonly options: QuorumOptions,
    private readonly deps: QuorumDeps,
  ) {}

  async poll(heads: EngineHeads, signal: AbortSignal): Promise<PolledStatus> {
    const outcomes = await this.readAll(signal);
    const healthy = outcomes.filter((outcome) => outcome.kind === 'healthy');
    this.deps.metrics.quorumHealthy.set({}, healthy.length);
    if (healthy.length < this.options.required) {
      this.noteMet(false, healthy.length);
      const refusals = outcomes.flatMap((o) => (o.kind === 'unhealthy' ? [o.verdict] : []));
      return this.nothing(tooFewHealthy(refusals, this.options.required - healthy.length));
    }
    const members = healthy.map(({ source, status }) => ({ id: source.index, status }));
    const agreed = await quorumStatus(members, this.options.required, this.asker(signal));
    this.noteMet(agreed !== null, healthy.length);
    if (agreed === null) {
      return this.nothing(hold('refused', 'conflict', 'follow sources do not agree'));
    }
    const source = agreed.members.map(({ id }) => this.source(id).name).join(', ');
    const { status } = agreed;
    const { memory } = this.deps;
    const asker = this.askerOf(agreed.members);
    const input = { status, asker, heads, memory, repeated: this.repeated };
    return { source, status, verdict: await this.deps.checker.check(input, signal) };
  }

  /** Who agrees is decided anew in each poll, so there is nothing to learn from how one ended. */
  settle(_polled: PolledStatus, _end: PollEnd): boolean {
    return false;
  }

  blockSource(): RpcClient | null {
    for (const source of this.deps.sources) {
      if (source.executionRpc !== null) return source.executionRpc;
    }
    return null;
  }

  private nothing(verdict: HoldVerdict): PolledStatus {
    return { source: 'quorum', status: null, verdict };
  }

  /** All sources at once. Those that are late count as unhealthy now; their answer counts in a later poll. */
  private async readAll(signal: AbortSignal): Promise<readonly SourceOutcome[]> {
    const { sources, clock } = this.deps;
    const { required } = this.options;
    const found: (SourceOutcome | undefined)[] = sources.map(() => undefined);
    const grace = linkSignals(signal);
    try {
      await new Promise<void>((resolve, reject) => {
        const reads = sources.map(async (source, i) => {
          found[i] = await this.readOne(source, signal);
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
      const outcome: SourceOutcome = found[i] ?? { kind: 'unhealthy', verdict: LATE };
      source.count(outcome.kind === 'healthy' ? 'success' : outcome.verdict.result);
      return outcome;
    });
  }

  private async readOne(source: FollowedSource, signal: AbortSignal): Promise<SourceOutcome> {
    const reading = await source.read(signal);
    if (reading.kind === 'hold') return { kind: 'unhealthy', verdict: reading };
    const { status } = reading;
    const verdict = await this.deps.checker.checkSource(status, signal);
    return verdict === null ? { kind: 'healthy', source, status } : { kind: 'unhealthy', verdict };
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

const LATE = hold('failed', 'error_fetch_status', 'source did not answer in time');

/** When our own L1 is what keeps enough sources from being checked, the quorum waits for it; else they failed. */
function tooFewHealthy(refusals: readonly HoldVerdict[], missing: number): HoldVerdict {
  const waiting = refusals.filter((verdict) => verdict.why === 'waiting');
  const cause = waiting.length >= missing ? waiting[0] : refusals.find((v) => v.why !== 'waiting');
  const { why, result, reason } = cause ?? LATE;
  return hold(why, result, 'too few follow sources are healthy', { because: reason });
}
