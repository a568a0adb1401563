import { abortable } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import type { HttpAnswer } from './httpAnswer.js';
import {
  type ConnectionOwner,
  type Exchange,
  KeptConnection,
  type ServerAddress,
} from './keptConnection.js';

export interface KeptHttpOptions {
  readonly address: ServerAddress;
  readonly maxConnections: number;
  /** A connection that was not used for so long is closed; sooner where the server says so. */
  readonly maxIdleMs: number;
}

/** A request with what carries it; null while it waits for its turn. */
interface Pending extends Exchange {
  connection: KeptConnection | null;
}

/**
 * Requests to one server over TCP connections that are kept. A node at rest asks for something each second, with cold caches
 * and nothing compiled: then Node.js' own client takes twice as long for a request as all of this. It knows no TLS.
 * Requests for which there is no connection wait their turn.
 */
export class KeptHttp implements ConnectionOwner {
  /** The one that was used last is used next, so that the others get old. */
  private readonly free: KeptConnection[] = [];
  private readonly connections = new Set<KeptConnection>();
  private readonly waiting = new Set<Pending>();
  private cancelSweep: (() => void) | null = null;
  private isClosed = false;

  constructor(
    private readonly options: KeptHttpOptions,
    private readonly deps: { readonly clock: Clock },
  ) {}

  /**
   * @param text the whole request. @param maxBytes what may be read of a body, by the answer's status.
   * @throws Error when the server is not reached, breaks off, or sends no HTTP; ABORTED, which ends its connection.
   */
  exchange(
    text: string,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    return abortable<HttpAnswer>(signal, ({ resolve, reject }) => {
      const pending: Pending = { text, maxBytes, resolve, reject, connection: null };
      if (this.isClosed) reject(new Error('client is closed'));
      else if (!this.start(pending)) this.waiting.add(pending);
      return () => {
        this.waiting.delete(pending);
        pending.connection?.abandon();
      };
    });
  }

  /** Ends all connections; requests in flight and all later ones fail. */
  close(): void {
    this.isClosed = true;
    this.cancelSweep?.();
    const why = new Error('client is closed');
    for (const pending of this.waiting) pending.reject(why);
    this.waiting.clear();
    for (const connection of [...this.connections]) connection.destroy(why);
  }

  onFree(connection: KeptConnection): void {
    const [next] = this.waiting;
    if (next !== undefined) {
      this.waiting.delete(next);
      this.send(next, connection);
      return;
    }
    connection.idleSinceMs = this.deps.clock.monotonicMs();
    this.free.push(connection);
    this.cancelSweep ??= this.deps.clock.schedule(this.options.maxIdleMs, () => this.sweep());
  }

  onGone(connection: KeptConnection): void {
    this.connections.delete(connection);
    const at = this.free.indexOf(connection);
    if (at >= 0) this.free.splice(at, 1);
    const [next] = this.waiting;
    if (next !== undefined && this.start(next)) this.waiting.delete(next);
  }

  /** @returns false when it must wait. */
  private start(pending: Pending): boolean {
    for (let kept = this.free.pop(); kept !== undefined; kept = this.free.pop()) {
      if (this.isFresh(kept)) {
        this.send(pending, kept);
        return true;
      }
      kept.abandon();
    }
    if (this.connections.size >= this.options.maxConnections) return false;
    const opened = new KeptConnection(this.options.address, this);
    this.connections.add(opened);
    this.send(pending, opened);
    return true;
  }

  private send(pending: Pending, connection: KeptConnection): void {
    pending.connection = connection;
    connection.send(pending);
  }

  private isFresh({ idleSinceMs, maxIdleMs }: KeptConnection): boolean {
    const idleMs = this.deps.clock.monotonicMs() - idleSinceMs;
    return idleMs < Math.min(maxIdleMs, this.options.maxIdleMs);
  }

  /** One timer for all, and rarely: a connection may stay twice as long as it is used. */
  private sweep(): void {
    this.cancelSweep = null;
    for (const connection of [...this.free]) {
      if (!this.isFresh(connection)) connection.abandon();
    }
    if (this.free.length > 0) {
      this.cancelSweep = this.deps.clock.schedule(this.options.maxIdleMs, () => this.sweep());
    }
  }
}
