import { connect, type Socket } from 'node:net';
import { ADDRESS_ATTEMPTS } from './addressAttempts.js';
import { AnswerParser } from './answerParser.js';
import type { HttpAnswer } from './httpAnswer.js';
import { brokenOff, PROBE_AFTER_MS, StaleConnection } from './httpWay.js';

export interface ServerAddress {
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A request, and how it ends: one of the two, once. */
export interface Exchange {
  /** The whole request. */
  readonly text: string;
  /** What may be read of a body, by the answer's status. */
  readonly maxBytes: (status: number) => number;
  resolve(answer: HttpAnswer): void;
  reject(error: unknown): void;
}

export interface ConnectionOwner {
  /** It takes the next request. */
  onFree(connection: KeptConnection): void;
  /** It takes none any more. */
  onGone(connection: KeptConnection): void;
}

/** What is read at once, into the same place each time: large answers come in parts of it. */
const READ_BYTES = 64 * 1024;
/** A server closes about when it says, so a connection is not used in the last second before. */
const HINT_MARGIN_MS = 1_000;
const HINT = /timeout=(\d{1,9})/i;

/** One TCP connection, with one request at a time. */
export class KeptConnection {
  /** How long the server says that it keeps it unused. */
  maxIdleMs = Number.POSITIVE_INFINITY;
  /** Monotonic. */
  idleSinceMs = 0;
  private readonly socket: Socket;
  private current: { readonly exchange: Exchange; readonly parser: AnswerParser } | null = null;
  private isUsed = false;
  private isGone = false;

  constructor(
    address: ServerAddress,
    private readonly owner: ConnectionOwner,
  ) {
    const callback = (size: number, buffer: Uint8Array): boolean => {
      this.onBytes(buffer.subarray(0, size) as Buffer);
      return true;
    };
    this.socket = connect({
      ...address,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_AFTER_MS,
      ...ADDRESS_ATTEMPTS,
      onread: { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback },
    });
    this.socket.on('error', (error) => this.end(error));
    this.socket.on('end', () => this.end(null));
    this.socket.on('close', () => this.end(null));
  }

  /** Sends a request; only while it is free, or new. */
  send(exchange: Exchange): void {
    this.current = { exchange, parser: new AnswerParser(exchange.maxBytes) };
    this.socket.write(exchange.text);
  }

  /** Ends it; a request under way fails with that. */
  destroy(why: Error): void {
    const { current } = this;
    this.abandon();
    current?.exchange.reject(why);
  }

  /** Ends it without a word to who asked. */
  abandon(): void {
    this.current = null;
    this.end(null);
  }

  private onBytes(bytes: Buffer): void {
    const { current } = this;
    try {
      // What nobody asked for ends the connection.
      if (current === null) this.end(null);
      else if (current.parser.take(bytes)) this.finish(current);
    } catch (thrown) {
      this.end(thrown as Error);
    }
  }

  private finish({ exchange, parser }: NonNullable<typeof this.current>): void {
    const { answer } = parser;
    this.current = null;
    this.isUsed = true;
    this.heedHint(answer.headers['keep-alive']);
    exchange.resolve(answer);
    // Who answers before all of the request is there may never read the rest of it, nor the next request behind that.
    const isSent = this.socket.writableLength === 0;
    if (isSent && parser.isReusable && this.maxIdleMs > 0) this.owner.onFree(this);
    else this.end(null);
  }

  private heedHint(hint: HttpAnswer['headers'][string]): void {
    const seconds = typeof hint === 'string' ? HINT.exec(hint)?.[1] : undefined;
    if (seconds !== undefined) this.maxIdleMs = Number(seconds) * 1000 - HINT_MARGIN_MS;
  }

  /** Once: what is under way fails, unless the end of the connection is the end of its answer. */
  private end(error: Error | null): void {
    if (this.isGone) return;
    this.isGone = true;
    const { current } = this;
    this.current = null;
    this.socket.destroy();
    this.owner.onGone(this);
    if (current === null) return;
    const { exchange, parser } = current;
    const why = error ?? brokenOff();
    if (error === null && parser.end()) exchange.resolve(parser.answer);
    else exchange.reject(this.isUsed && !parser.hasBegun ? new StaleConnection(why) : why);
  }
}
