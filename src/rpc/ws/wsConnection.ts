import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '../../runtime/clock.js';
import type { Tenant } from '../../runtime/http/gate.js';
import type { Turns } from '../../runtime/turns.js';
import type { Caller } from '../batchRun.js';
import type { Listener, StatusFeed, Subscription } from './statusFeed.js';
import { Subscriptions } from './subscriptions.js';
import type { CutReason, WsMetrics } from './wsMetrics.js';

/** Calls of one connection that are answered at a time; it is read on when one of them is done. */
const MAX_IN_FLIGHT = 8;
/** Who has not read what was sent by the next look, or has not said anything at all, not even to a ping, is ended. */
export const LOOK_EVERY_MS = 30_000;
/** Above the largest answer that there is, of a batch. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;

/** Of one message. A client that flushes each 1,024 bytes, as go-ethereum's does, needs 5,120 for the most bytes. */
export const MAX_FRAGMENTS = 6 * 1024;
/** A part of a message is no shorter: a head of two bytes, a mask of four, and a byte. */
const MIN_FRAGMENT_BYTES = 7;
/** What a part of a message takes in memory beside its bytes, and what each piece takes that a socket gives. */
const FRAGMENT_COST = 128;
const CHUNK_COST = 256;

/** After more bytes than this at once a connection is read on in its turn: reading hundreds of small frames takes its time. */
const INLINE_BYTES = 4 * 1024;

/** What the server stops with (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;

export interface WsConnectionDeps {
  /** The answer to a message as a byte string, empty where there is none. */
  readonly answer: (message: string, caller: Caller) => string | Promise<string>;
  readonly feed: StatusFeed;
  readonly stopped: AbortSignal;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly metrics: WsMetrics;
  /** Called once, when it is over; `why` is null where the peer ended it. */
  readonly onGone: (why: CutReason | null) => void;
}

/** The open socket, and what tells that something is held for it. */
export interface OpenSocket {
  readonly ws: WebSocket;
  readonly socket: Socket;
  readonly onHeld: () => void;
}

/**
 * One WebSocket: messages in, answers and events out. What it holds is bounded from all sides: it is read no further while
 * calls are under way or the peer does not read, of each subscription at most one event waits for the peer, the newest
 * following when that is gone, and a peer that stays behind or silent is ended.
 */
export class WsConnection implements Tenant, Listener {
  private readonly subscriptions: Subscriptions;
  private open: OpenSocket | null = null;
  private readonly waiting: string[] = [];
  /** Of a message that has not come whole, of those that wait, of those that are being answered. */
  private partBytes = 0;
  private waitingBytes = 0;
  private answeringBytes = 0;
  private inFlight = 0;
  private isWorking = false;
  /** What comes first in a piece from the socket is answered at once; thousands may be behind it, which wait for their turns. */
  private isFirst = false;
  /** A turn is awaited to read on, or to answer the newest ping. */
  private isResting = false;
  private ping: Buffer | null = null;
  private isHeard = true;
  private isStuck = false;
  private isEnding = false;
  private isGone = false;
  private why: CutReason | null = null;
  private wake: () => void = () => undefined;
  private cancelLook: () => void = () => undefined;
  private readonly onSent = (): void => this.sent();

  constructor(private readonly deps: WsConnectionDeps) {
    this.subscriptions = new Subscriptions((one) => deps.feed.remove(one));
  }

  get heldBytes(): number {
    // Whether a message comes in many parts is not to be seen from here: as many are counted as its bytes may be.
    const fragments = Math.min(this.partBytes / MIN_FRAGMENT_BYTES, MAX_FRAGMENTS);
    const partBytes = this.partBytes + Math.floor(fragments) * FRAGMENT_COST;
    return partBytes + this.waitingBytes + this.answeringBytes;
  }

  /** Begins to read. */
  start(open: OpenSocket): void {
    const { ws, socket } = open;
    this.open = open;
    // Before the WebSocket's own listener, which takes back what a message of it was.
    socket.prependListener('data', (chunk: Buffer) => this.part(chunk.length));
    // A server's messages are Buffers unless it asks for another form.
    ws.on('message', (data) => this.receive(data as Buffer));
    ws.on('ping', (data: Buffer) => {
      this.ping = data;
      void this.rest();
    });
    ws.on('pong', () => {
      this.isHeard = true;
    });
    ws.on('error', () => {
      this.why ??= 'protocol';
    });
    ws.on('close', () => this.gone());
    this.lookLater();
    socket.resume();
  }

  tell(subscription: Subscription): void {
    if (this.unsentBytes > 0) {
      subscription.isBehind = true;
      return;
    }
    subscription.isBehind = false;
    this.send(this.deps.feed.event(subscription));
    this.deps.metrics.sent(subscription.method);
  }

  end(): void {
    this.isEnding = true;
    this.open?.ws.close(GOING_AWAY);
  }

  /** @param why left out by the guard, for all connections together: one that is over already was not cut by it. */
  cut(why: CutReason = 'memory'): void {
    const isOver = this.isEnding || this.open?.socket.destroyed === true;
    if (!isOver) this.why ??= why;
    this.open?.ws.terminate();
  }

  private get unsentBytes(): number {
    return this.open?.ws.bufferedAmount ?? 0;
  }

  private get hasRoom(): boolean {
    return this.inFlight < MAX_IN_FLIGHT && this.unsentBytes === 0;
  }

  private part(bytes: number): void {
    this.partBytes += bytes + CHUNK_COST;
    this.isFirst = true;
    this.isHeard = true;
    this.open?.onHeld();
    if (bytes > INLINE_BYTES) void this.rest();
  }

  /** Reads no further until it is this connection's turn. */
  private async rest(): Promise<void> {
    if (this.isResting) return;
    this.isResting = true;
    this.open?.ws.pause();
    await this.deps.turns.next();
    this.isResting = false;
    this.answerPing();
    this.readOn();
  }

  private readOn(): void {
    const ws = this.open?.ws;
    if (ws?.isPaused && !this.isWorking && !this.isResting) ws.resume();
  }

  private receive(data: Buffer): void {
    this.partBytes = 0;
    this.waiting.push(data.toString('latin1'));
    this.waitingBytes += data.length;
    if (!this.isWorking) void this.work();
  }

  /** Answers what waits, in turns, as long as there is room. */
  private async work(): Promise<void> {
    this.isWorking = true;
    const ws = this.open?.ws;
    while (this.waiting.length > 0 && !this.isGone) {
      if (this.isFirst && this.hasRoom) {
        this.isFirst = false;
        this.answer(this.waiting.shift() ?? '');
        continue;
      }
      ws?.pause();
      if (this.hasRoom) await this.deps.turns.next();
      else await this.roomMade();
      this.isFirst = true;
    }
    this.isWorking = false;
    this.readOn();
  }

  private roomMade(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private answer(message: string): void {
    this.waitingBytes -= message.length;
    const begun: Subscription[] = [];
    const caller = this.callerOf(message, begun);
    const answer = this.deps.answer(message, caller);
    if (typeof answer === 'string') {
      this.answered(answer, begun);
      return;
    }
    this.inFlight += 1;
    caller.holds(0);
    void answer.then((text) => {
      this.inFlight -= 1;
      caller.holds(-message.length);
      this.answered(text, begun);
      this.wake();
    });
  }

  private callerOf(message: string, begun: Subscription[]): Caller {
    let held = 0;
    const isGone = (): boolean => this.isGone;
    return {
      stopped: this.deps.stopped,
      malformed: 'parse error',
      get isGone() {
        return isGone();
      },
      holds: (bytes) => {
        this.answeringBytes += message.length + bytes - held;
        held = message.length + bytes;
        this.open?.onHeld();
      },
      own: (method, params) => this.subscriptions.answer(method, params, (one) => begun.push(one)),
    };
  }

  private answered(answer: string, begun: readonly Subscription[]): void {
    if (this.isGone) return;
    if (answer !== '') this.send(Buffer.from(answer, 'latin1'));
    for (const one of begun) if (this.subscriptions.has(one)) this.deps.feed.add(one, this);
  }

  private send(bytes: Buffer): void {
    const { open } = this;
    if (open === null || open.ws.readyState !== open.ws.OPEN) return;
    open.ws.send(bytes, { binary: false }, this.onSent);
    if (this.unsentBytes > MAX_UNSENT_BYTES) this.cut('slow');
    else open.onHeld();
  }

  /** Something that was sent has left. Once all has, those follow that are behind, with what is newest now. */
  private sent(): void {
    if (this.isGone || this.unsentBytes > 0) return;
    this.isStuck = false;
    this.open?.onHeld();
    this.answerPing();
    for (const one of this.subscriptions.all()) if (one.isBehind) this.tell(one);
    if (this.hasRoom) this.wake();
  }

  /** Of many pings the newest is answered (RFC 6455, section 5.5.3), once the peer has read what was sent. */
  private answerPing(): void {
    const { open, ping } = this;
    if (open === null || ping === null || this.unsentBytes > 0) return;
    if (open.ws.readyState !== open.ws.OPEN) return;
    this.ping = null;
    open.ws.pong(ping, false, this.onSent);
  }

  private lookLater(): void {
    this.cancelLook = this.deps.clock.schedule(LOOK_EVERY_MS, () => this.look());
  }

  private look(): void {
    const ws = this.open?.ws;
    // Who is not read from cannot be heard.
    if (!this.isHeard && ws?.isPaused !== true) {
      this.cut('silent');
      return;
    }
    if (this.isStuck) {
      this.cut('slow');
      return;
    }
    this.isStuck = this.unsentBytes > 0;
    this.isHeard = false;
    ws?.ping(undefined, undefined, () => undefined);
    this.lookLater();
  }

  private gone(): void {
    this.isGone = true;
    this.cancelLook();
    for (const one of this.subscriptions.all()) this.deps.feed.remove(one);
    this.waiting.length = 0;
    this.waitingBytes = 0;
    this.wake();
    this.deps.onGone(this.why);
  }
}
