import { failed, RPC_CODES, RpcFault } from '../errors.js';
import { goString, parseArguments } from '../json/goDecode.js';
import { FEED_NAMES, type FeedName, isFeedName, KONA_FEEDS } from './feeds.js';
import type { Subscription } from './statusFeed.js';

/** A client needs one or two; each costs some work at every change. */
const MAX_SUBSCRIPTIONS = 16;

const KONA_SUBSCRIBE = 'ws_subscribe_';
const KONA_UNSUBSCRIBE = 'ws_unsubscribe_';

/** The methods that every WebSocket has beside those of the server. */
export const SUBSCRIPTION_METHODS: readonly string[] = [
  'optimism_subscribe',
  'optimism_unsubscribe',
  ...[...KONA_FEEDS.keys()].flatMap((name) => [
    `${KONA_SUBSCRIBE}${name}`,
    `${KONA_UNSUBSCRIBE}${name}`,
  ]),
];

/**
 * The subscriptions of one WebSocket, by their ids as JSON. An id counts up from 1 on each connection: equal ones on different
 * connections make the events of most subscribers the same bytes.
 */
export class Subscriptions {
  private readonly byId = new Map<string, Subscription>();
  private lastId = 0;

  constructor(private readonly onEnded: (subscription: Subscription) => void) {}

  has(subscription: Subscription): boolean {
    return this.byId.get(subscription.id) === subscription;
  }

  all(): Iterable<Subscription> {
    return this.byId.values();
  }

  /**
   * Answers a call of a subscription method. @returns the result, null for any other method. @throws RpcFault
   * @param params raw JSON, null where there is none. @param begun takes a new subscription, which begins behind its answer.
   */
  answer(
    method: string,
    params: string | null,
    begun: (subscription: Subscription) => void,
  ): string | null {
    if (method === 'optimism_subscribe') return this.subscribe(params, begun);
    if (method === 'optimism_unsubscribe') return this.unsubscribe(params);
    const feed = konaFeed(method, KONA_SUBSCRIBE);
    if (feed !== null) return this.subscribeAsKona(method, feed, begun);
    return konaFeed(method, KONA_UNSUBSCRIBE) === null ? null : this.unsubscribeAsKona(params);
  }

  /** As go-ethereum's servers do it: `params` begins with the name; the first event tells how things are now. */
  private subscribe(params: string | null, begun: (one: Subscription) => void): string {
    const [name] = parseArguments(params, [goString('string')]);
    if (!isFeedName(name)) {
      const known = FEED_NAMES.join(', ');
      const text = `no "${name.slice(0, 64)}" subscription in optimism namespace, there are ${known}`;
      throw new RpcFault(RPC_CODES.methodNotFound, text);
    }
    const id = `"0x${this.nextId().toString(16)}"`;
    return this.begin({ id, feed: name, method: 'optimism_subscription', isToldNow: true }, begun);
  }

  private unsubscribe(params: string | null): string {
    const [id] = parseArguments(params, [goString('rpc.ID')]);
    if (!this.end(`"${id}"`)) throw failed('subscription not found');
    return 'true';
  }

  /** As kona-node's jsonrpsee does it: ids are numbers, events carry the subscribing method's name, changes alone are told. */
  private subscribeAsKona(
    method: string,
    feed: FeedName,
    begun: (one: Subscription) => void,
  ): string {
    return this.begin({ id: String(this.nextId()), feed, method, isToldNow: false }, begun);
  }

  /** jsonrpsee answers false to whatever is no id of a subscription. */
  private unsubscribeAsKona(params: string | null): string {
    const id = /^\[\s*(\d{1,16})\s*\]$/.exec(params ?? '')?.[1];
    return String(id !== undefined && this.end(id));
  }

  private nextId(): number {
    if (this.byId.size >= MAX_SUBSCRIPTIONS) {
      throw failed(`too many subscriptions on this connection, the limit is ${MAX_SUBSCRIPTIONS}`);
    }
    this.lastId += 1;
    return this.lastId;
  }

  private begin(
    { id, feed, method, isToldNow }: Pick<Subscription, 'id' | 'feed' | 'method' | 'isToldNow'>,
    begun: (one: Subscription) => void,
  ): string {
    const subscription = { id, feed, method, isToldNow, isBehind: false };
    this.byId.set(id, subscription);
    begun(subscription);
    return id;
  }

  private end(id: string): boolean {
    const subscription = this.byId.get(id);
    if (subscription === undefined) return false;
    this.byId.delete(id);
    this.onEnded(subscription);
    return true;
  }
}

function konaFeed(method: string, prefix: string): FeedName | null {
  if (!method.startsWith(prefix)) return null;
  return KONA_FEEDS.get(method.slice(prefix.length)) ?? null;
}
