import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { yieldToEventLoop } from '../clock.js';
import type { Turns } from '../turns.js';

/** A head and a body of known length up to this size go in at once; longer ones wait for their turns. */
const INLINE_BYTES = 16 * 1024;
/** So much of a body goes in at a time. */
const BODY_PIECE_BYTES = 64 * 1024;
/** The same for one whose end cannot be seen from here: other requests may be behind it. */
const BLIND_PIECE_BYTES = 4 * 1024;
/** Event of a gate: the body that is being read has taken too long. */
export const BODY_TIMEOUT = 'bodyTimeout';
const HEAD_END = '\r\n\r\n';

export interface GateListener {
  /** Something of a request is there, and it has not begun to be answered. */
  onPart(): void;
  /** A request's head was read. */
  onRequest(): void;
  /** Everything that came was answered, and the answers were sent. */
  onIdle(): void;
  /** No more is sent. */
  onEnding(): void;
  /** What is held for this connection has changed. */
  onHeld(): void;
  /** Another protocol is spoken on the socket from now on. */
  onReleased(tenant: Tenant): void;
}

/** Who speaks another protocol on a connection, once an HTTP request has asked for it. */
export interface Tenant {
  /** Bytes that it holds for the peer, what waits in the socket not counted. */
  readonly heldBytes: number;
  /** The server stops: says good-bye and ends. */
  end(): void;
  /** Ends at once; the socket is ended by who calls this. */
  cut(): void;
}

/** A socket whose HTTP is over. */
export interface ReleasedSocket {
  readonly socket: Socket;
  /** What came in behind the request that asked for it, beside what the HTTP server had read already. */
  readonly unread: Buffer;
  /** To be called whenever the tenant holds more or less, or has written. */
  readonly onHeld: () => void;
}

/**
 * Stands between a socket and Node's HTTP server, which takes it for its socket: one request at a time goes through, and
 * long bodies piece by piece, each in its turn. The server itself would work off all that a socket has at once, thousands
 * of requests without a pause.
 */
export class Gate extends Duplex {
  private readonly socket: Socket;
  private readonly turns: Turns;
  private readonly listener: GateListener;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private callerBytes = 0;
  private openRequests = 0;
  private request: IncomingMessage | null = null;
  /** Bytes of the body that have not gone in; null where they cannot be counted. */
  private bodyLeft: number | null = null;
  private isHeadWhole = false;
  private isPumping = false;
  private isReady = false;
  private hasEnded = false;
  private isReleased = false;

  constructor(socket: Socket, turns: Turns, listener: GateListener) {
    super();
    this.socket = socket;
    this.turns = turns;
    this.listener = listener;
  }

  /** The gate that a request came through. */
  static of(request: IncomingMessage): Gate {
    return request.socket as unknown as Gate;
  }

  /** Bytes that are held here: not yet read, being answered, not yet sent. */
  get heldBytes(): number {
    return this.queuedBytes + this.callerBytes + this.writableLength;
  }

  get isGone(): boolean {
    return this.destroyed;
  }

  /** True while a request is being answered. */
  get isBusy(): boolean {
    return this.openRequests > 0;
  }

  /** Sets how many bytes whoever answers the request holds for it. */
  holds(bytes: number): void {
    this.callerBytes = bytes;
    this.listener.onHeld();
  }

  /** Tells whoever reads a body that its time is up. @returns false when no body is being read. */
  timeOutBody(): boolean {
    return this.isInBody() && this.emit(BODY_TIMEOUT);
  }

  /** Takes what came in; the socket is read on once it has gone through. */
  feed(chunk: Buffer): void {
    this.queue.push(chunk);
    this.queuedBytes += chunk.length;
    this.socket.pause();
    if (this.openRequests === 0) this.listener.onPart();
    this.listener.onHeld();
    void this.pump(chunk.length <= INLINE_BYTES);
  }

  /** The peer sends no more. */
  feedEnd(): void {
    this.hasEnded = true;
    void this.pump(false);
  }

  /** Gives the socket to another protocol: the gate is out of its way from now on. */
  release(tenant: Tenant): ReleasedSocket {
    const unread = Buffer.concat(this.queue);
    this.isReleased = true;
    this.listener.onReleased(tenant);
    this.destroy();
    return { socket: this.socket, unread, onHeld: () => this.listener.onHeld() };
  }

  /** To be called by the server for each request before its handler. */
  opened(request: IncomingMessage, response: ServerResponse): void {
    this.openRequests += 1;
    this.request = request;
    this.bodyLeft = this.isHeadWhole ? bodyLength(request) : null;
    this.listener.onRequest();
    response.once('close', () => {
      this.openRequests -= 1;
      this.holds(0);
      if (this.openRequests === 0 && this.queuedBytes === 0) this.listener.onIdle();
      void this.pump(false);
    });
  }

  override _read(): void {}

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.listener.onHeld();
    this.socket.write(chunk, (error) => {
      this.listener.onHeld();
      done(error);
    });
  }

  override _final(done: () => void): void {
    this.listener.onEnding();
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.queue = [];
    this.queuedBytes = 0;
    if (!this.isReleased) this.socket.destroy();
    done(error);
  }

  /** @param isFree true where a head and a short body need not wait for a turn. */
  private async pump(isFree: boolean): Promise<void> {
    if (this.isPumping) return;
    this.isPumping = true;
    // The server begins to listen one turn after it was given the connection.
    if (!this.isReady) await yieldToEventLoop();
    this.isReady = true;
    let mustWait = !isFree;
    while (this.queue.length > 0 && !this.destroyed) {
      if (mustWait || this.isLongBody()) await this.turns.next();
      if (this.destroyed || (this.isBusy && !this.isInBody())) break;
      // A head may take its short body along; what is behind that waits.
      mustWait = this.isInBody();
      this.push(this.nextPiece());
    }
    this.isPumping = false;
    if (this.queue.length === 0 && !this.isReleased) this.readOn();
  }

  private readOn(): void {
    if (!this.hasEnded) this.socket.resume();
    else if (!this.isBusy || this.isInBody()) this.push(null);
  }

  private isInBody(): boolean {
    return this.request !== null && !this.request.complete;
  }

  private isLongBody(): boolean {
    return this.isInBody() && (this.bodyLeft === null || this.bodyLeft > INLINE_BYTES);
  }

  private nextPiece(): Buffer {
    const chunk = this.queue[0] ?? Buffer.alloc(0);
    const isBody = this.isInBody();
    const length = Math.min(chunk.length, isBody ? this.bodyPiece() : this.headPiece(chunk));
    if (isBody && this.bodyLeft !== null) this.bodyLeft -= length;
    if (length === chunk.length) this.queue.shift();
    else this.queue[0] = chunk.subarray(length);
    this.queuedBytes -= length;
    return chunk.subarray(0, length);
  }

  private bodyPiece(): number {
    const isCounted = this.bodyLeft !== null && this.bodyLeft > 0;
    return isCounted ? Math.min(this.bodyLeft ?? 0, BODY_PIECE_BYTES) : BLIND_PIECE_BYTES;
  }

  /** To the end of the head, or all where that is not there yet; of a long head a part. */
  private headPiece(chunk: Buffer): number {
    const end = chunk.indexOf(HEAD_END);
    const length = end < 0 ? chunk.length : end + HEAD_END.length;
    this.isHeadWhole = end >= 0 && length <= INLINE_BYTES;
    return Math.min(length, INLINE_BYTES);
  }
}

function bodyLength({ headers }: IncomingMessage): number | null {
  if (headers['transfer-encoding'] !== undefined) return null;
  return Number(headers['content-length'] ?? 0);
}
