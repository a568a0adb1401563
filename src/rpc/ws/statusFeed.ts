import { hasCode } from '../../errors/nodeError.js';
import { type Clock, yieldToEventLoop } from '../../runtime/clock.js';
import type { WatchReader } from '../../runtime/watch.js';
import type { Logger } from '../../telemetry/logger.js';
import type { SyncStatus } from '../../types/syncStatus.js';
import { FEED_NAMES, FEEDS, type FeedName } from './feeds.js';

/** One subscription of one connection. */
export interface Subscription {
  /** As JSON: a text or a number. */
  readonly id: string;
  readonly feed: FeedName;
  /** The method that its events carry. */
  readonly method: string;
  /** The first event comes at once, not with the first change. */
  readonly isToldNow: boolean;
  /** True while its connection has not sent what was told last: the newest follows when it has. */
  isBehind: boolean;
}

/** Who gets the events of a subscription. */
export interface Listener {
  /** Sends the event, or notes that it is behind. */
  tell(subscription: Subscription): void;
}

export interface StatusFeedDeps {
  readonly status: WatchReader<SyncStatus>;
  /** Fires when the server stops. */
  readonly stopped: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
}

/** So many are told in one turn of the event loop: a millisecond's work. */
const TOLD_PER_TURN = 64;
/** Between two rounds at least; while blocks are derived by the hundred a second this is how often they are told of. */
const MIN_REST_MS = 10;
/** Rests are so many times as long as the round before took: all telling together takes a fifth of the time at most. */
const REST_SHARE = 4;

/** The newest text of a feed, and the events made of it: one for each id and method, whatever the number of subscribers. */
interface Told {
  text: string;
  readonly events: Map<string, Buffer>;
  readonly listeners: Map<Subscription, Listener>;
}

/**
 * Tells subscribers each change of the status, in rounds: one writing a change, the same bytes for all. A change that comes
 * while a round is under way is in the next one, where the newest counts. Without subscribers nothing runs.
 */
export class StatusFeed {
  private readonly feeds: ReadonlyMap<FeedName, Told>;
  private wait: AbortController | null = null;

  constructor(private readonly deps: StatusFeedDeps) {
    this.feeds = new Map(
      FEED_NAMES.map((name) => [name, { text: '', events: new Map(), listeners: new Map() }]),
    );
  }

  /** How many subscriptions there are. */
  get total(): number {
    return [...this.feeds.values()].reduce((sum, { listeners }) => sum + listeners.size, 0);
  }

  add(subscription: Subscription, listener: Listener): void {
    const { feed, isToldNow } = subscription;
    const told = this.told(feed);
    if (told.listeners.size === 0) this.renew(feed, this.deps.status.get());
    told.listeners.set(subscription, listener);
    if (isToldNow) listener.tell(subscription);
    if (this.wait === null) void this.run();
  }

  remove(subscription: Subscription): void {
    this.told(subscription.feed).listeners.delete(subscription);
    if (this.total === 0) this.wait?.abort();
  }

  /** The newest event for a subscription. */
  event({ id, feed, method }: Subscription): Buffer {
    const { text, events } = this.told(feed);
    const key = `${method} ${id}`;
    let event = events.get(key);
    if (event === undefined) {
      event = Buffer.from(
        `{"jsonrpc":"2.0","method":"${method}","params":{"subscription":${id},"result":${text}}}`,
        'latin1',
      );
      events.set(key, event);
    }
    return event;
  }

  private async run(): Promise<void> {
    const wait = new AbortController();
    this.wait = wait;
    const { stopped, status, clock, log } = this.deps;
    const stop = (): void => wait.abort();
    stopped.addEventListener('abort', stop);
    try {
      let seen = status.get();
      while (!wait.signal.aborted) {
        const startedMs = clock.monotonicMs();
        if (await this.tellAll(seen)) {
          const tookMs = clock.monotonicMs() - startedMs;
          await clock.sleep(Math.max(MIN_REST_MS, REST_SHARE * tookMs), wait.signal);
        }
        seen = await status.changed(seen, wait.signal);
      }
    } catch (thrown) {
      if (!hasCode(thrown, 'ABORTED')) log.error('Telling subscribers failed', { err: thrown });
    } finally {
      stopped.removeEventListener('abort', stop);
      this.wait = null;
    }
    if (this.total > 0 && !stopped.aborted) void this.run();
  }

  /** @returns whether there was anything to tell. */
  private async tellAll(status: SyncStatus): Promise<boolean> {
    let isNew = false;
    for (const [name, { listeners }] of this.feeds) {
      if (listeners.size === 0 || !this.renew(name, status)) continue;
      isNew = true;
      let left = TOLD_PER_TURN;
      for (const [subscription, listener] of [...listeners]) {
        if (listeners.has(subscription)) listener.tell(subscription);
        left -= 1;
        if (left > 0) continue;
        left = TOLD_PER_TURN;
        await yieldToEventLoop();
      }
    }
    return isNew;
  }

  /** @returns whether the feed says something new. */
  private renew(name: FeedName, status: SyncStatus): boolean {
    const told = this.told(name);
    const text = FEEDS[name](status);
    if (text === told.text) return false;
    told.text = text;
    told.events.clear();
    return true;
  }

  private told(name: FeedName): Told {
    const told = this.feeds.get(name);
    if (told === undefined) throw new RangeError(`no feed ${name}`);
    return told;
  }
}
