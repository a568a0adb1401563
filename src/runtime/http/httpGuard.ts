import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import type { Turns } from '../turns.js';
import { AnswerTurns } from './answerTurns.js';
import { Gate } from './gate.js';
import { type Front, GuardedConnection, REQUEST_TIMEOUT_MS } from './guardedConnection.js';
import { HeldBytes } from './heldBytes.js';

export interface HttpGuardOptions {
  /** Bytes that all connections together may make the server hold; those that hold most are cut. */
  readonly maxHeldBytes: number;
  /** Of more connections the oldest without a request under way is cut. */
  readonly maxConnections: number;
  /** For a whole request and its answer; 30 seconds where nothing else is said. */
  readonly answerTimeoutMs?: number;
}

export interface HttpGuardDeps {
  readonly clock: Clock;
  readonly turns: Turns;
  /** Makes what answers requests of a connection in front of the HTTP server; null where nothing does. */
  readonly makeFront: ((connection: GuardedConnection) => Front) | null;
}

/** How often Node looks for heads that take too long: the guard's own limits come first, but for pipelined ones. */
const CHECK_EVERY_MS = 5_000;

/** Options of Node's HTTP server behind a guard. */
export const GUARDED_SERVER_OPTIONS = {
  headersTimeout: REQUEST_TIMEOUT_MS,
  /** Bodies have no limit there: a handler that wants one reads it with a limit of its own. */
  requestTimeout: 0,
  keepAliveTimeout: 0,
  connectionsCheckingInterval: CHECK_EVERY_MS,
} as const;

/** Puts itself between the sockets of an HTTP server and its parser: every connection is a GuardedConnection. */
export class HttpGuard {
  private readonly options: HttpGuardOptions;
  private readonly deps: HttpGuardDeps;
  private readonly held: HeldBytes;
  private readonly answers = new AnswerTurns();
  private readonly connections = new Set<GuardedConnection>();
  private isStopping = false;

  constructor(options: HttpGuardOptions, deps: HttpGuardDeps) {
    this.options = options;
    this.deps = deps;
    this.held = new HeldBytes(options.maxHeldBytes);
  }

  attach(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const handOver = (gate: Gate): void => {
        for (const listener of listeners) listener.call(server, gate);
      };
      if (this.isStopping) socket.destroy();
      else this.serve(socket, handOver);
    });
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      Gate.of(request).opened(request, response),
    );
  }

  /** Closes idle connections at once; the others close behind the answer that is under way. */
  stop(): void {
    this.isStopping = true;
    for (const connection of this.connections) connection.closeWhenIdle();
  }

  /** Cuts what is left. */
  destroy(): void {
    for (const connection of this.connections) connection.cut();
  }

  private serve(socket: Socket, handOver: (gate: Gate) => void): void {
    const { clock, turns, makeFront } = this.deps;
    const { held, answers } = this;
    const { answerTimeoutMs = REQUEST_TIMEOUT_MS } = this.options;
    const onGone = (gone: GuardedConnection): boolean => this.connections.delete(gone);
    const connection = new GuardedConnection(socket, {
      ...{ clock, turns, held, answers, answerTimeoutMs },
      ...{ handOver, onGone },
    });
    this.connections.add(connection);
    connection.start(makeFront?.(connection) ?? null);
    if (this.connections.size > this.options.maxConnections) this.cutOldestIdle();
  }

  private cutOldestIdle(): void {
    for (const connection of this.connections) {
      if (!connection.isIdle) continue;
      this.connections.delete(connection);
      connection.cut();
      return;
    }
  }
}
