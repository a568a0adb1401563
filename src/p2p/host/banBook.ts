import type { Clock } from '../../runtime/clock.js';
import type { P2pStore } from '../ports.js';

const PREFIX = '/peers/ban/';
/** Bans and how often there were some are remembered so long. */
const KEEP_MS = 7 * 24 * 3600 * 1000;
/** The first ban in a network with few peers; the next of the same peer is twice as long, and so on. */
const FIRST_SHORT_BAN_MS = 60_000;
const MAX_DOUBLINGS = 20;

interface BanRecord {
  /** Unix milliseconds; the ban holds until then. */
  readonly untilMs: number;
  readonly times: number;
  /** The end was noticed. */
  readonly isOver: boolean;
}

export interface BanBookOptions {
  readonly durationMs: number;
}

export interface BanBookDeps {
  readonly store: P2pStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** A ban was found to be over, or the operator ended it. */
  readonly onUnban: () => void;
}

/** Peers that are banned for a time, over restarts. */
export class BanBook {
  constructor(
    private readonly options: BanBookOptions,
    private readonly deps: BanBookDeps,
  ) {}

  /**
   * Bans a peer. Where few others are known a ban is a short one, twice as long each time: a network of three must not lose
   * one of them for an hour by one bad moment.
   * @returns milliseconds of the ban.
   */
  async ban(peer: string, isNetworkSmall: boolean): Promise<number> {
    const now = this.deps.clock.nowMs();
    const times = (this.read(peer)?.times ?? 0) + 1;
    const shortMs = FIRST_SHORT_BAN_MS * 2 ** Math.min(times - 1, MAX_DOUBLINGS);
    const { durationMs } = this.options;
    const lengthMs = isNetworkSmall ? Math.min(shortMs, durationMs) : durationMs;
    const record: BanRecord = { untilMs: now + lengthMs, times, isOver: false };
    await this.deps.store.put(PREFIX + peer, Buffer.from(JSON.stringify(record)));
    return lengthMs;
  }

  /** Also ends a ban that is over, and says so. */
  isBanned(peer: string): boolean {
    const record = this.read(peer);
    if (record === null || record.isOver) return false;
    if (this.deps.clock.nowMs() < record.untilMs) return true;
    this.end(peer, record);
    return false;
  }

  /** By the operator: how often it was is forgotten. */
  async unban(peer: string): Promise<void> {
    await this.deps.store.delete(PREFIX + peer);
    this.deps.onUnban();
  }

  /** Deletes the records of bans that ended long ago. */
  async cleanUp(): Promise<void> {
    const { store } = this.deps;
    for (const [key, value] of [...store.entries(PREFIX)]) {
      if (this.isOld(decode(value))) await store.delete(key);
    }
  }

  /** How many peers are banned now. */
  get count(): number {
    const now = this.deps.clock.nowMs();
    return [...this.deps.store.entries(PREFIX)].filter(([, value]) => decode(value).untilMs > now)
      .length;
  }

  private read(peer: string): BanRecord | null {
    const value = this.deps.store.get(PREFIX + peer);
    if (value === null) return null;
    const record = decode(value);
    return this.isOld(record) ? null : record;
  }

  private isOld({ untilMs }: BanRecord): boolean {
    return this.deps.clock.nowMs() - untilMs > KEEP_MS;
  }

  /** How often it was is kept for a while. */
  private end(peer: string, record: BanRecord): void {
    const { store, onUnban } = this.deps;
    onUnban();
    const over: BanRecord = { ...record, isOver: true };
    // The ban is over whether this is written or not: then its end is noticed once more.
    store.put(PREFIX + peer, Buffer.from(JSON.stringify(over))).catch(() => undefined);
  }
}

function decode(value: Uint8Array): BanRecord {
  return JSON.parse(Buffer.from(value).toString()) as BanRecord;
}
