import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../runtime/clock.js';
import { Gate } from '../../runtime/http/gate.js';
import type { Turns } from '../../runtime/turns.js';
import type { WatchReader } from '../../runtime/watch.js';
import type { Logger } from '../../telemetry/logger.js';
import type { SyncStatus } from '../../types/syncStatus.js';
import type { Caller } from '../batchRun.js';
import { MAX_BODY_BYTES } from '../http/httpRules.js';
import { StatusFeed } from './statusFeed.js';
import { MAX_FRAGMENTS, WsConnection } from './wsConnection.js';
import type { CutReason, RefusalReason, WsMetrics } from './wsMetrics.js';

/** How long a peer that broke the protocol has to read why. */
const CLOSE_TIMEOUT_MS = 1_000;
/** The same trouble is warned about once in this time. */
const WARN_EVERY_MS = 60_000;

/** A message of the most bytes that comes in packets of the least size that networks have (RFC 791: 576) has fewer. */
const MAX_CHUNKS = 16 * 1024;

const OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  autoPong: false,
  maxPayload: MAX_BODY_BYTES,
  maxFragments: MAX_FRAGMENTS,
  maxBufferedChunks: MAX_CHUNKS,
  closeTimeout: CLOSE_TIMEOUT_MS,
} as const;

const TOO_MANY =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: 20\r\n\r\ntoo many WebSockets\n';

export interface WsServerOptions {
  readonly maxConnections: number;
  readonly maxOfAddress: number;
}

export interface WsServerDeps {
  readonly answer: (message: string, caller: Caller) => string | Promise<string>;
  readonly status: WatchReader<SyncStatus>;
  /** Fires when the server stops. */
  readonly stopped: AbortSignal;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly metrics: WsMetrics;
  readonly log: Logger;
}

/**
 * The WebSocket side of the RPC server: takes over the connections that ask for it, and bounds how many there are. Compression
 * is never agreed to: it would cost memory for each connection, and a small message could become a large one.
 */
export class WsServer {
  private readonly server = new WebSocketServer(OPTIONS);
  private readonly feed: StatusFeed;
  private readonly byAddress = new Map<string, number>();
  private count = 0;
  private warnAgainMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: WsServerOptions,
    private readonly deps: WsServerDeps,
  ) {
    this.feed = new StatusFeed(deps);
    deps.metrics.sampleConnections(() => this.count);
    deps.metrics.sampleSubscriptions(this.feed);
  }

  /** @param server makes its requests as `UpgradableRequest`, behind a guard. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, _gate: unknown, head: Buffer) =>
      this.upgrade(request, head),
    );
  }

  private upgrade(request: IncomingMessage, head: Buffer): void {
    const connection = new WsConnection({
      ...this.deps,
      feed: this.feed,
      onGone: (why) => this.gone(address, why),
    });
    const { socket, unread, onHeld } = Gate.of(request).release(connection);
    const address = socket.remoteAddress ?? '';
    const refusal = this.refusalOf(address);
    if (refusal !== null) {
      this.refuse(socket, refusal, address);
      return;
    }
    this.server.handleUpgrade(request, socket, Buffer.concat([head, unread]), (ws) => {
      this.count += 1;
      this.byAddress.set(address, (this.byAddress.get(address) ?? 0) + 1);
      this.deps.log.debug('WebSocket opened', { address, open: this.count });
      connection.start({ ws, socket, onHeld });
    });
  }

  private refusalOf(address: string): RefusalReason | null {
    const { maxConnections, maxOfAddress } = this.options;
    if (this.count >= maxConnections) return 'connections';
    return (this.byAddress.get(address) ?? 0) >= maxOfAddress ? 'address' : null;
  }

  private refuse(socket: Socket, reason: RefusalReason, address: string): void {
    this.deps.metrics.refused.inc({ reason });
    this.warn('WebSocket refused', { reason, address, open: this.count });
    socket.end(TOO_MANY, () => socket.destroy());
  }

  private gone(address: string, why: CutReason | null): void {
    this.count -= 1;
    const left = (this.byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.byAddress.delete(address);
    else this.byAddress.set(address, left);
    this.deps.log.debug('WebSocket closed', { address, open: this.count });
    if (why === null) return;
    this.deps.metrics.cut.inc({ reason: why });
    this.warn('WebSocket cut', { reason: why, address, open: this.count });
  }

  /** Whatever callers do, they fill no log. */
  private warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = this.deps.clock.monotonicMs();
    const isQuiet = nowMs < this.warnAgainMs;
    if (!isQuiet) this.warnAgainMs = nowMs + WARN_EVERY_MS;
    this.deps.log[isQuiet ? 'debug' : 'warn'](message, fields);
  }
}
