import type { Socket } from 'node:net';
import type { RawData } from 'ws';
import { WebSocket } from 'ws';
import type { NodeError } from '../errors/nodeError.js';
import { abortable } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import { ADDRESS_ATTEMPTS } from './addressAttempts.js';
import type { WireAnswer, WireMessage } from './rpcCaller.js';
import {
  HttpStatusError,
  transportFailed,
  transportMalformed,
  transportTooLarge,
} from './transportErrors.js';
import { WsInflow } from './wsInflow.js';

export interface WsConnectionOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest accepted message; a larger one ends the connection. */
  readonly maxBytes: number;
}

export interface WsConnectionDeps {
  readonly clock: Clock;
  /** Told of every event of a subscription, known or not; a method that nobody here subscribes to is `other`. */
  readonly onNotification: (method: string) => void;
  /** Called once, after everything in flight was settled. */
  readonly onEnd: () => void;
}

/** A peer that says nothing for this long and does not answer a ping is gone; a half-open socket tells nothing. */
const PING_EVERY_MS = 30_000;

/** Methods of events become labels of metrics: there are these, whatever a peer makes up. */
const EVENT_METHODS: ReadonlySet<string> = new Set(['eth_subscription', 'optimism_subscription']);
const OTHER_METHOD = 'other';
/** An id that is kept as long as its subscription; longer ones are not real. */
const MAX_SUBSCRIPTION_ID_CHARS = 256;

/** One subscription's listeners. */
export interface Subscriber {
  onEvent(result: unknown): void;
  onLost(error: NodeError): void;
}

interface Pending {
  readonly message: WireMessage;
  readonly subscriber: Subscriber | null;
  readonly resolve: (answer: WireAnswer) => void;
  readonly reject: (error: NodeError) => void;
}

/**
 * One open WebSocket: matches answers to messages by id and events to subscriptions. It ends once, by a break, by a
 * message that is not JSON-RPC, by one larger than any that is awaited, by a flood, by silence, or by `close`; then
 * everything in flight fails, every subscriber is told, and `onEnd` is called.
 */
export class WsConnection {
  private readonly pending = new Map<number, Pending>();
  private readonly subscribers = new Map<string, Subscriber>();
  private readonly inflow: WsInflow;
  private isEnded = false;
  private isHeard = true;
  private cancelPing: () => void = () => undefined;

  private constructor(
    private readonly socket: WebSocket,
    private readonly options: WsConnectionOptions,
    private readonly deps: WsConnectionDeps,
  ) {
    this.inflow = new WsInflow(deps.clock);
    this.pingLater();
    socket.on('ping', (data: Buffer) => this.receiveControl(data));
    socket.on('pong', (data: Buffer) => {
      this.isHeard = true;
      this.receiveControl(data);
    });
    socket.on('message', (data) => this.receive(data));
    socket.on('error', (error) => this.end(this.lossOf(error)));
    socket.on('close', (code) => this.end(this.lost(`connection closed with code ${code}`)));
  }

  /** Opens a connection. @throws NodeError TRANSPORT_FAILED; HttpStatusError; ABORTED */
  static open(
    options: WsConnectionOptions,
    deps: WsConnectionDeps,
    signal: AbortSignal,
  ): Promise<WsConnection> {
    return abortable(signal, ({ resolve, reject }) => {
      const socket = new WebSocket(options.url, {
        headers: { ...options.headers },
        maxPayload: options.maxBytes,
        perMessageDeflate: false,
        followRedirects: false,
        ...ADDRESS_ATTEMPTS,
      });
      const fail = (error: Error): void => reject(transportFailed(options.url, error));
      socket.once('error', fail);
      socket.once('unexpected-response', (request, response) => {
        reject(new HttpStatusError(options.url, response.statusCode ?? 0, ''));
        request.destroy();
      });
      let weigh: (bytes: number) => void = () => undefined;
      socket.once('upgrade', ({ socket: raw }: { readonly socket: Socket }) => {
        raw.on('data', (chunk: Buffer) => weigh(chunk.length));
      });
      socket.once('open', () => {
        socket.off('error', fail);
        const connection = new WsConnection(socket, options, deps);
        weigh = (bytes) => connection.weigh(bytes);
        resolve(connection);
      });
      return () => {
        socket.on('error', () => undefined);
        socket.terminate();
      };
    });
  }

  /**
   * Sends a message and waits for its answer.
   * @param subscriber gets the events of the subscription whose id the answer carries, from the very first one.
   * @throws NodeError TRANSPORT_*; ABORTED
   */
  exchange(
    message: WireMessage,
    signal: AbortSignal,
    subscriber: Subscriber | null = null,
  ): Promise<WireAnswer> {
    if (this.isEnded) return Promise.reject(this.lost('connection is closed'));
    return abortable(signal, ({ resolve, reject }) => {
      const pending = { message, subscriber, resolve, reject };
      for (const id of message.ids) {
        this.pending.set(id, pending);
        this.inflow.await(id, message.maxBytes);
      }
      // A failed write ends the socket with an error event, which fails the message.
      this.socket.send(message.json, () => undefined);
      return () => {
        for (const id of message.ids) {
          this.pending.delete(id);
          this.inflow.abandon(id);
        }
      };
    });
  }

  /** Events of this subscription are ignored from now on, and its subscriber is told nothing more. */
  unsubscribe(id: string): void {
    this.subscribers.delete(id);
  }

  /** Ends the connection at once. */
  close(): void {
    this.end(this.lost('connection was closed by us'));
  }

  private weigh(bytes: number): void {
    if (!this.inflow.arrived(bytes)) this.endTooLarge();
  }

  private receiveControl(data: Buffer): void {
    if (!this.inflow.control(data.length)) this.endFlooded();
  }

  private receive(data: RawData): void {
    if (this.isEnded) return;
    this.isHeard = true;
    this.inflow.messageEnded();
    const bytes = toBuffer(data);
    if (bytes.length > this.inflow.limitBytes()) {
      this.endTooLarge();
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(bytes.toString('utf8'));
    } catch (cause) {
      this.end(transportMalformed(this.options.url, 'not JSON', cause));
      return;
    }
    const event = asEvent(value);
    if (event === null) {
      this.receiveAnswer({ value, bytes: bytes.length });
      return;
    }
    if (!this.inflow.event()) {
      this.endFlooded();
      return;
    }
    this.deps.onNotification(EVENT_METHODS.has(event.method) ? event.method : OTHER_METHOD);
    this.subscribers.get(event.id)?.onEvent(event.result);
  }

  private receiveAnswer(answer: WireAnswer): void {
    const id = firstId(answer.value);
    const pending = typeof id === 'number' ? this.pending.get(id) : undefined;
    if (pending === undefined) {
      // An answer that came after its caller gave up; any other id was never asked for.
      const isLate = typeof id === 'number' && this.inflow.isAbandoned(id);
      if (isLate) this.inflow.answered(id);
      else this.end(transportMalformed(this.options.url, 'id of no request'));
      return;
    }
    this.forget(pending);
    const { maxBytes } = pending.message;
    if (answer.bytes > maxBytes) {
      pending.reject(transportTooLarge(this.options.url, maxBytes));
      return;
    }
    const subscription = isRecord(answer.value) ? answer.value.result : null;
    if (pending.subscriber !== null && isSubscriptionId(subscription)) {
      this.subscribers.set(subscription, pending.subscriber);
    }
    pending.resolve(answer);
  }

  private pingLater(): void {
    this.cancelPing = this.deps.clock.schedule(PING_EVERY_MS, () => {
      if (!this.isHeard) {
        this.end(this.lost('no sign of life'));
        return;
      }
      this.isHeard = false;
      this.socket.ping(() => undefined);
      this.pingLater();
    });
  }

  private forget(pending: Pending): void {
    for (const id of pending.message.ids) {
      this.pending.delete(id);
      this.inflow.answered(id);
    }
  }

  private endTooLarge(): void {
    this.end(transportTooLarge(this.options.url, this.inflow.limitBytes()));
  }

  private endFlooded(): void {
    this.end(transportMalformed(this.options.url, 'too many messages that nobody awaits'));
  }

  private end(error: NodeError): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.cancelPing();
    this.socket.terminate();
    const pending = new Set(this.pending.values());
    this.pending.clear();
    for (const one of pending) one.reject(error);
    const subscribers = [...this.subscribers.values()];
    this.subscribers.clear();
    for (const one of subscribers) one.onLost(error);
    this.deps.onEnd();
  }

  private lossOf(error: Error): NodeError {
    const isTooLarge = 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    if (isTooLarge) return transportTooLarge(this.options.url, this.options.maxBytes);
    return transportFailed(this.options.url, error);
  }

  private lost(reason: string): NodeError {
    return transportFailed(this.options.url, new Error(reason));
  }
}

interface SubscriptionEvent {
  readonly method: string;
  readonly id: string;
  readonly result: unknown;
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Null for a message that is no event of a subscription. */
function asEvent(value: unknown): SubscriptionEvent | null {
  if (!isRecord(value) || typeof value.method !== 'string' || !isRecord(value.params)) return null;
  const { subscription, result } = value.params;
  if (typeof subscription !== 'string') return null;
  return { method: value.method, id: subscription, result };
}

/** The id of an answer, of a batch the first one. */
function firstId(value: unknown): unknown {
  const answer: unknown = Array.isArray(value) ? value[0] : value;
  return isRecord(answer) ? answer.id : undefined;
}

/** True for an id as short as those of subscriptions are. */
export function isSubscriptionId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SUBSCRIPTION_ID_CHARS;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
