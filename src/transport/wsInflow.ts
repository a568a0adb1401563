import type { Clock } from '../runtime/clock.js';

/** The largest message that nobody awaits: an event of a subscription; the header of a block takes some 3 KiB. */
export const MAX_EVENT_BYTES = 64 * 1024;
/** Of messages that nobody awaits, pings among them, more a second are a flood. */
export const MAX_EVENTS_PER_SEC = 1_000;
/** What a chunk may hold of the next message behind the one that it ends. */
const CHUNK_BYTES = 64 * 1024;
/** A frame's head of a ping or pong. */
const CONTROL_HEAD_BYTES = 2;
/** Answers whose callers gave up are still let in; of more than these the oldest are not. */
const MAX_ABANDONED = 1_000;

/**
 * What may come in on one WebSocket: no message larger than the largest that is awaited now, and of those that nobody
 * awaits only so many a second. Bytes are counted as they arrive, so that a message over the limit ends the connection
 * before it is held whole.
 */
export class WsInflow {
  private readonly awaited = new Map<number, number>();
  private readonly abandoned = new Map<number, number>();
  private arrivedBytes = 0;
  private windowStartMs = 0;
  private events = 0;

  constructor(private readonly clock: Clock) {}

  /** An answer of at most `maxBytes` will come with this id. */
  await(id: number, maxBytes: number): void {
    this.awaited.set(id, maxBytes);
  }

  /** Its answer came. */
  answered(id: number): void {
    this.awaited.delete(id);
    this.abandoned.delete(id);
  }

  /** Nobody waits for the answer any more; it may still come. */
  abandon(id: number): void {
    const maxBytes = this.awaited.get(id);
    if (maxBytes === undefined) return;
    this.awaited.delete(id);
    this.abandoned.set(id, maxBytes);
    const oldest = this.abandoned.keys().next();
    if (this.abandoned.size > MAX_ABANDONED && !oldest.done) this.abandoned.delete(oldest.value);
  }

  isAbandoned(id: number): boolean {
    return this.abandoned.has(id);
  }

  /** The largest message that may come now. */
  limitBytes(): number {
    let limit = MAX_EVENT_BYTES;
    for (const bytes of this.awaited.values()) limit = Math.max(limit, bytes);
    for (const bytes of this.abandoned.values()) limit = Math.max(limit, bytes);
    return limit;
  }

  /** Bytes came in. @returns false when they are more than any message may have. */
  arrived(bytes: number): boolean {
    this.arrivedBytes += bytes;
    return (
      this.arrivedBytes <= MAX_EVENT_BYTES || this.arrivedBytes <= this.limitBytes() + CHUNK_BYTES
    );
  }

  /** What came in last was the end of a message. */
  messageEnded(): void {
    this.arrivedBytes = 0;
  }

  /** A ping or pong came, perhaps between the parts of a message. @returns false when there are too many. */
  control(bytes: number): boolean {
    this.arrivedBytes = Math.max(0, this.arrivedBytes - CONTROL_HEAD_BYTES - bytes);
    return this.event();
  }

  /** A message came that nobody awaits. @returns false when there are too many. */
  event(): boolean {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.windowStartMs >= 1_000) {
      this.windowStartMs = nowMs;
      this.events = 0;
    }
    this.events += 1;
    return this.events <= MAX_EVENTS_PER_SEC;
  }
}
