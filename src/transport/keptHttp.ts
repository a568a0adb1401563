import { abortable } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import type { HttpAnswer } from './httpAnswer.js';
import type { HttpRequest } from './httpRequest.js';
import { clientClosed, type HttpWay } from './httpWay.js';
import { type ConnectionOwner, KeptConnection, type ServerAddress } from './keptConnection.js';
import { requestText } from './requestText.js';

export interface KeptHttpOptions {
  readonly address: ServerAddress;
  /** A connection that was not used for so long is closed; sooner where the server says so. */
  readonly maxIdleMs: number;
}

/**
 * Plain requests to one server over TCP connections that are kept. A node at rest asks for something each second, with cold
 * caches and nothing compiled: then Node.js' own client takes twice as long for a request as all of this. It knows no TLS.
 */
export class KeptHttp implements HttpWay, ConnectionOwner {
  /** The one that was used last is used next, so that the others get old. */
  private readonly free: KeptConnection[] = [];
  private readonly connections = new Set<KeptConnection>();
  private cancelSweep: (() => void) | null = null;
  private isClosed = false;

  constructor(
    private readonly options: KeptHttpOptions,
    private readonly deps: { readonly clock: Clock },
  ) {}

  /** As `HttpWay`. @param request goes to the one server, and its target and headers are plain. */
  exchange(
    request: HttpRequest,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    return abortable<HttpAnswer>(signal, ({ resolve, reject }) => {
      if (this.isClosed) {
        reject(clientClosed());
        return () => undefined;
      }
      const connection = this.takeFree() ?? this.open();
      connection.send({ text: requestText(request), maxBytes, resolve, reject });
      return () => connection.abandon();
    });
  }

  leaveIdle(): void {
    for (const connection of [...this.free]) connection.abandon();
  }

  close(): void {
    this.isClosed = true;
    this.cancelSweep?.();
    const why = clientClosed();
    for (const connection of [...this.connections]) connection.destroy(why);
  }

  onFree(connection: KeptConnection): void {
    connection.idleSinceMs = this.deps.clock.monotonicMs();
    this.free.push(connection);
    this.cancelSweep ??= this.deps.clock.schedule(this.options.maxIdleMs, () => this.sweep());
  }

  onGone(connection: KeptConnection): void {
    this.connections.delete(connection);
    const at = this.free.indexOf(connection);
    if (at >= 0) this.free.splice(at, 1);
  }

  private takeFree(): KeptConnection | null {
    for (let kept = this.free.pop(); kept !== undefined; kept = this.free.pop()) {
      if (this.isFresh(kept)) return kept;
      kept.abandon();
    }
    return null;
  }

  private open(): KeptConnection {
    const opened = new KeptConnection(this.options.address, this);
    this.connections.add(opened);
    return opened;
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
