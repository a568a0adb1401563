import { hasCode, toNodeError } from '../../errors/nodeError.js';
import { onAbort } from '../../runtime/abort.js';
import { Backoff, type BackoffOptions } from '../../runtime/backoff.js';
import type { Clock, Random } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RpcClient } from '../../transport/ports.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { FollowStatus } from '../rules/followStatus.js';
import { isNewer } from '../rules/newerStatus.js';
import type { Occasion } from './occasion.js';
import { type ChainFacts, identifyConsensus } from './sourceIdentity.js';
import { decodeFollowStatus } from './statusDecoder.js';

/** A source that pushes is polled this often all the same, or at the poll interval where that is longer. */
export const SAFETY_POLL_MS = 15_000;
/** What a poll shows has to be pushed within this time, or the subscription is not alive. */
const MOMENT_MS = 1_000;
/** A source that nobody has looked at for so long need not push any more. */
const UNUSED_MS = 60_000;
/** A subscription that lived so long was a good one: the next is tried soon after it is lost. */
const STABLE_MS = 60_000;

/** Between attempts at a source that does not offer it: an op-node never will, one behind a proxy may after its upgrade. */
const REFUSED: BackoffOptions = { initialMs: 60_000, maxMs: 1_800_000, factor: 2, jitter: 0.2 };
/** Between attempts at one that has offered it. */
const LOST: BackoffOptions = { initialMs: 1_000, maxMs: 60_000, factor: 2, jitter: 0.5 };

/** A way to a source that can push. */
export interface PushLink {
  /** The client to subscribe with; connects with its first call. @throws nothing */
  connect(): RpcClient;
  /** Done with it. */
  disconnect(rpc: RpcClient): void;
}

export interface StatusPushOptions {
  /** Position in the list of sources; the metrics' `source` label. */
  readonly index: number;
  /** Names the source in logs; carries no credentials. */
  readonly name: string;
  readonly rpcTimeoutMs: number;
  readonly pollIntervalMs: number;
  readonly config: ChainFacts;
}

export interface StatusPushDeps {
  readonly link: PushLink;
  /** Called when there is a new status, or no longer a subscription. */
  readonly onNews: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Pick<FollowMetrics, 'pushing' | 'pushLost'>;
  readonly log: Logger;
}

/** Why a subscription ended: it broke, it was silent where a poll had news, it said what is no status, a poll failed. */
type LossReason = 'broken' | 'silent' | 'malformed' | 'poll_failed';

/** One subscription, from the attempt on. */
interface Live {
  readonly rpc: RpcClient;
  readonly sinceMs: number;
  newest: FollowStatus | null;
  events: number;
  pollDueMs: number;
  isOver: boolean;
  /** Stops to listen for the node's stop. */
  forget: () => void;
  /** Calls off the proof that it is alive. */
  cancelCheck: () => void;
}

const NOTHING = (): void => undefined;

/**
 * The status of one source by subscription, as long as that is alive. It is tried after a good poll, never while another try is
 * under way or too soon after one that failed, and on our chain alone, which the connection is asked for itself. A subscription
 * that is lost, silent or malformed ends, and polls take over at once.
 */
export class StatusPush {
  private live: Live | null = null;
  private isOpening = false;
  private hasLost = false;
  private notBeforeMs = 0;
  private lastUsedMs = 0;
  private readonly refusals: Backoff;
  private readonly losses: Backoff;

  constructor(
    private readonly options: StatusPushOptions,
    private readonly deps: StatusPushDeps,
  ) {
    this.refusals = new Backoff(REFUSED, deps.random);
    this.losses = new Backoff(LOST, deps.random);
  }

  /** True after the subscription was lost, until the source is polled: that is not to wait for its time. */
  get isPollWanted(): boolean {
    return this.hasLost;
  }

  /** What was pushed last; null where nothing is pushed, or the time has come to poll the source all the same. */
  newest(occasion: Occasion): FollowStatus | null {
    const { live } = this;
    const nowMs = this.deps.clock.monotonicMs();
    this.lastUsedMs = nowMs;
    const isPollDue = occasion === 'timed' && nowMs >= (live?.pollDueMs ?? 0);
    return live === null || isPollDue ? null : live.newest;
  }

  /**
   * Takes the status of a good poll: proof of the subscription, or the occasion to try for one.
   * @returns the newer of this and what was pushed.
   */
  polled(status: FollowStatus, signal: AbortSignal): FollowStatus {
    this.hasLost = false;
    const { live } = this;
    if (live === null) {
      this.tryOpen(signal);
      return status;
    }
    live.pollDueMs = this.nextPollMs();
    const { newest, events } = live;
    if (newest !== null && !isNewer(status, newest)) return newest;
    live.cancelCheck();
    live.cancelCheck = this.deps.clock.schedule(MOMENT_MS, () => {
      if (live.events === events) this.lose(live, 'silent');
    });
    return status;
  }

  /** A poll failed: what is pushed meanwhile is not to be told from what another node says. */
  pollFailed(): void {
    if (this.live !== null) this.lose(this.live, 'poll_failed');
    this.hasLost = false;
  }

  private tryOpen(signal: AbortSignal): void {
    const nowMs = this.deps.clock.monotonicMs();
    if (this.isOpening || nowMs < this.notBeforeMs || signal.aborted) return;
    this.isOpening = true;
    const live: Live = {
      rpc: this.deps.link.connect(),
      sinceMs: nowMs,
      newest: null,
      events: 0,
      pollDueMs: this.nextPollMs(),
      isOver: false,
      forget: NOTHING,
      cancelCheck: NOTHING,
    };
    void this.open(live, signal).finally(() => {
      this.isOpening = false;
    });
  }

  private async open(live: Live, signal: AbortSignal): Promise<void> {
    const { log } = this.deps;
    const source = this.options.name;
    live.forget = onAbort(signal, () => this.end(live));
    try {
      await this.subscribe(live, signal);
    } catch (thrown) {
      this.end(live);
      if (signal.aborted || hasCode(thrown, 'ABORTED')) return;
      this.notBeforeMs = this.deps.clock.monotonicMs() + this.refusals.nextDelayMs();
      log.debug('Follow source does not push its status', { source, error: toNodeError(thrown) });
      return;
    }
    if (live.isOver) return;
    this.refusals.reset();
    this.live = live;
    this.deps.metrics.pushing.set(this.label, 1);
    log.info('Follow source pushes its status', { source });
    this.deps.onNews();
  }

  /** @throws NodeError where the source is of another chain, or does not offer it. */
  private async subscribe(live: Live, signal: AbortSignal): Promise<void> {
    const { config, rpcTimeoutMs: timeoutMs } = this.options;
    const { rpc } = live;
    const identity = await identifyConsensus(rpc, config, { signal, timeoutMs });
    if (identity.kind === 'other') throw new Error(`pushes of another chain: ${identity.what}`);
    if (rpc.subscribe === null) throw new Error('transport cannot push');
    const { unsubscribe } = await rpc.subscribe(
      ['syncStatus'],
      (result) => this.event(live, result),
      () => this.lose(live, 'broken'),
      'optimism',
    );
    const { forget } = live;
    live.forget = () => {
      forget();
      // Where the connection is gone there is nothing left to unsubscribe from.
      unsubscribe().catch(NOTHING);
    };
    if (live.isOver) live.forget();
  }

  private event(live: Live, result: unknown): void {
    if (live.isOver) return;
    try {
      live.newest = decodeFollowStatus(result);
    } catch {
      this.lose(live, 'malformed');
      return;
    }
    live.events += 1;
    if (this.live !== live) return;
    const unusedMs = Math.max(UNUSED_MS, 2 * this.options.pollIntervalMs);
    if (this.deps.clock.monotonicMs() - this.lastUsedMs > unusedMs) this.end(live);
    else this.deps.onNews();
  }

  private lose(live: Live, reason: LossReason): void {
    if (live.isOver) return;
    const { clock, log, metrics, onNews } = this.deps;
    const nowMs = clock.monotonicMs();
    const wasLive = this.live === live;
    this.end(live);
    if (nowMs - live.sinceMs >= STABLE_MS) this.losses.reset();
    this.notBeforeMs = nowMs + this.losses.nextDelayMs();
    metrics.pushLost.inc({ ...this.label, reason });
    if (!wasLive) return;
    this.hasLost = true;
    log.warn('Follow source no longer pushes its status and is polled', {
      source: this.options.name,
      reason,
    });
    onNews();
  }

  private end(live: Live): void {
    if (live.isOver) return;
    live.isOver = true;
    live.forget();
    live.cancelCheck();
    this.deps.link.disconnect(live.rpc);
    if (this.live !== live) return;
    this.live = null;
    this.deps.metrics.pushing.set(this.label, 0);
  }

  private nextPollMs(): number {
    const intervalMs = Math.max(SAFETY_POLL_MS, this.options.pollIntervalMs);
    return this.deps.clock.monotonicMs() + intervalMs;
  }

  private get label(): { readonly source: string } {
    return { source: String(this.options.index) };
  }
}
