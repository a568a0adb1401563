import { setMaxListeners } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { NodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import { Gate } from '../../runtime/http/gate.js';
import { GUARDED_SERVER_OPTIONS, HttpGuard } from '../../runtime/http/httpGuard.js';
import { Turns } from '../../runtime/turns.js';
import type { WatchReader } from '../../runtime/watch.js';
import type { Logger } from '../../telemetry/logger.js';
import { NO_SCHEMAS } from '../../telemetry/noSchemas.js';
import type { SyncStatus } from '../../types/syncStatus.js';
import type { Caller } from '../batchRun.js';
import { Dispatcher } from '../dispatcher.js';
import { quoteGo } from '../json/goString.js';
import { type FixedAnswers, methodTable } from '../methods/methods.js';
import { OptimismApi } from '../methods/optimismApi.js';
import { SuperRootApi, type SuperRootChain } from '../methods/superRootApi.js';
import type {
  RpcAdminPort,
  RpcL2Port,
  RpcOpstackPort,
  RpcP2pPort,
  RpcPayloadPort,
  RpcReadiness,
  RpcSafeDbPort,
  RpcStatusPort,
} from '../ports.js';
import { RpcMetrics, type RpcServerRecorders } from '../rpcMetrics.js';
import { SUBSCRIPTION_METHODS } from '../ws/subscriptions.js';
import { UpgradableRequest } from '../ws/upgradableRequest.js';
import type { WsMetrics } from '../ws/wsMetrics.js';
import { WsServer } from '../ws/wsServer.js';
import { compress } from './compress.js';
import { FastLane } from './fastLane.js';
import {
  type HttpAnswer,
  headOf,
  isContinueAwaited,
  isGzipWanted,
  readinessAnswer,
  routeRequest,
} from './httpRules.js';
import { askForBody, discardBody, readBody } from './readBody.js';

/** Go's `DefaultMaxHeaderBytes`. */
const MAX_HEADER_BYTES = 1 << 20;

/** Requests being read and answers not read yet, of all callers together: some ten of the largest. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** Many more than callers have; a connection costs some ten kilobytes. */
const MAX_CONNECTIONS = 16_000;

/**
 * So many may wait to be taken, where the kernel allows it, as with Go. Of Node.js' 511 a burst of callers fills the last,
 * and who finds no room tries again after a second.
 */
const BACKLOG = 4_096;

/** Of these, WebSockets in all and of one address: some tens of kilobytes each. */
const WEB_SOCKETS = { maxConnections: 4_096, maxOfAddress: 1_024 };

/** How long `stop` waits for answers under way before it cuts their connections. */
const STOP_GRACE_MS = 500;

const REFUSED = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' };

export interface RpcServerOptions {
  /** Listening address; `0.0.0.0` and `::` for all. */
  readonly addr: string;
  /** 0 binds a free port. */
  readonly port: number;
  readonly enableAdmin: boolean;
  readonly version: { readonly version: string; readonly meta: string };
  readonly chain: SuperRootChain;
  /** The answer of `optimism_rollupConfig`. */
  readonly rollupConfigJson: string;
  /** The answer of `optimism_dependencySet`; null answers "not found". */
  readonly dependencySetJson: string | null;
}

export interface RpcServerDeps {
  readonly status: RpcStatusPort & WatchReader<SyncStatus>;
  /** What the safe-head database has come to: the status, or what of it is proven. */
  readonly recordedStatus: RpcStatusPort;
  readonly l2: RpcL2Port;
  readonly readiness: RpcReadiness;
  readonly safeDb: RpcSafeDbPort;
  readonly admin: RpcAdminPort;
  readonly payload: RpcPayloadPort;
  /** Null without `--experimental.sequencer-api`. */
  readonly opstack: RpcOpstackPort | null;
  /** Null without peers. */
  readonly p2p: RpcP2pPort | null;
  /** Increases with each engine reset. */
  readonly resetEpoch: () => number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recorders: RpcServerRecorders;
  /** Null without `--rpc.ws`: then a request for a WebSocket is a plain one. */
  readonly ws: WsMetrics | null;
}

/**
 * The node's JSON-RPC server on one HTTP port, with op-node's and go-ethereum's behaviour down to the bytes.
 * Fastify owns the connections and their timeouts; what a path, method, size or content type means is decided by
 * `httpRules.ts` in the first hook, since Fastify's own parsers and faults are not go-ethereum's. JSON-RPC itself is
 * `dispatcher.ts`. A failing method never stops the server; its stack never leaves the process.
 */
export class RpcServer {
  private readonly options: RpcServerOptions;
  private readonly deps: RpcServerDeps;
  private readonly dispatcher: Dispatcher;
  private readonly app: FastifyInstance<Server>;
  private readonly guard: HttpGuard;
  private readonly stopping = unlimitedListeners(new AbortController());
  private stopped: Promise<void> | null = null;
  private readonly healthzBody: string;

  constructor(options: RpcServerOptions, deps: RpcServerDeps) {
    this.options = options;
    this.deps = deps;
    const { clock, log, recorders } = deps;
    const methods = methodTable(fixedAnswers(options, deps), {
      optimism: new OptimismApi(deps),
      superRoot: new SuperRootApi({ ...deps, chain: options.chain, status: deps.recordedStatus }),
      admin: deps.admin,
      payload: deps.payload,
      opstack: deps.opstack,
      p2p: deps.p2p,
      clock,
    }).filter((row) => options.enableAdmin || !row.isAdmin);
    const turns = new Turns();
    this.dispatcher = new Dispatcher({
      methods,
      metrics: new RpcMetrics(recorders, [
        ...methods.map((row) => row.name),
        ...(deps.ws === null ? [] : SUBSCRIPTION_METHODS),
      ]),
      turns,
      clock,
      log,
    });
    this.healthzBody = `{"version":${quoteGo(options.version.version)}}\n`;
    this.app = this.makeApp();
    const fastLane = new FastLane({
      clock,
      answerFor: (connection) => {
        const caller = this.callerOf({
          isGone: () => connection.isGone,
          holds: (bytes) => connection.holds(bytes),
        });
        return (body) => this.dispatcher.answer(body, caller);
      },
    });
    this.guard = new HttpGuard(
      { maxHeldBytes: MAX_HELD_BYTES, maxConnections: MAX_CONNECTIONS },
      { clock, turns, makeFront: (connection) => fastLane.laneOf(connection) },
    );
    this.guard.attach(this.app.server);
    if (deps.ws !== null) this.serveWebSockets(deps.ws, turns);
  }

  /**
   * Binds and serves.
   * @returns host and port bound, as in the log line `Started JSON-RPC server`.
   * @throws NodeError RPC_LISTEN_FAILED (critical) when the address cannot be bound.
   */
  async start(): Promise<{ readonly addr: string }> {
    const { addr: host, port } = this.options;
    this.deps.log.info('Starting JSON-RPC server');
    try {
      await this.app.listen({ host, port, backlog: BACKLOG });
    } catch (cause) {
      const fields = { addr: hostPort(host, port) };
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new NodeError('RPC_LISTEN_FAILED', `could not bind the RPC server: ${reason}`, {
        severity: 'critical',
        fields,
        cause,
      });
    }
    const bound = this.app.server.address();
    const addr =
      bound === null || typeof bound === 'string'
        ? hostPort(host, port)
        : hostPort(bound.address, bound.port);
    this.deps.log.info('Started JSON-RPC server', { addr });
    return { addr };
  }

  /** Takes no more requests, gives answers under way half a second, then cuts what is left. Later calls give the same promise. */
  stop(): Promise<void> {
    this.stopped ??= this.stopNow();
    return this.stopped;
  }

  private async stopNow(): Promise<void> {
    this.guard.stop();
    const closed = this.app.close();
    const cut = this.deps.clock.schedule(STOP_GRACE_MS, () => {
      this.stopping.abort();
      this.guard.destroy();
    });
    await closed;
    cut();
    this.stopping.abort();
    this.deps.log.info('Stopped JSON-RPC server');
  }

  private serveWebSockets(metrics: WsMetrics, turns: Turns): void {
    const { clock, log, status } = this.deps;
    new WsServer(WEB_SOCKETS, {
      answer: (message, caller) => this.dispatcher.answer(message, caller),
      stopped: this.stopping.signal,
      ...{ status, turns, clock, metrics, log },
    }).attach(this.app.server);
  }

  private makeApp(): FastifyInstance<Server> {
    const app: FastifyInstance<Server> = Fastify({
      serverFactory: (handler) => this.makeHttpServer(handler),
      schemaController: NO_SCHEMAS,
      // Paths are judged by httpRules.ts; no target may fail before that.
      rewriteUrl: () => '/',
      exposeHeadRoutes: false,
      forceCloseConnections: 'idle',
    });
    app.addHook('onRequest', (request, reply) => this.serve(request, reply));
    // Never reached: the hook answers every request. Fastify wants a handler for what it routes.
    app.setNotFoundHandler((_request, reply) => reply.send());
    return app;
  }

  private makeHttpServer(handler: RequestListener): Server {
    const server = createServer(
      {
        ...GUARDED_SERVER_OPTIONS,
        maxHeaderSize: MAX_HEADER_BYTES,
        // Judged by httpRules.ts, with Go's answer.
        requireHostHeader: false,
        ...(this.deps.ws !== null && { IncomingMessage: UpgradableRequest }),
      },
      (request, response) => {
        // The first word of HTTP/2, which Node takes for a method of HTTP/0.9 and Fastify has no route for.
        if (request.method === 'PRI') response.writeHead(400, REFUSED).end('400 Bad Request');
        else handler(request, response);
      },
    );
    // Node would answer both by itself, without looking at the rest of the head.
    for (const event of ['checkContinue', 'checkExpectation'] as const) {
      server.on(event, (request, response) => server.emit('request', request, response));
    }
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (!socket.writable) return;
      const status =
        error.code === 'HPE_HEADER_OVERFLOW'
          ? '431 Request Header Fields Too Large'
          : '400 Bad Request';
      socket.end(
        `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`,
      );
    });
    return server;
  }

  private async serve(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { raw } = request;
    const head = headOf(raw, request.originalUrl);
    const route = routeRequest(head, this.healthzBody);
    const isAwaited = isContinueAwaited(head);
    if (route.kind !== 'rpc') {
      // A body that was never asked for may come, or not: nothing behind it can be read.
      const isRead = !isAwaited && (await discardBody(raw));
      if (!isRead) reply.header('connection', 'close');
      const isReadiness = route.kind === 'readiness';
      return send(
        reply,
        isReadiness ? readinessAnswer(this.deps.readiness.missing()) : route.answer,
      );
    }
    if (isAwaited) await askForBody(raw, reply.raw);
    const { text, isCut, isLate } = await readBody(raw);
    const gate = Gate.of(raw);
    // The body is held until it is answered.
    const holds = (bytes: number): void => gate.holds(text.length + bytes);
    const connection = { isGone: () => gate.isGone, holds };
    const caller = this.callerOf(connection, isLate ? 'read timeout' : 'parse error');
    const body = await this.dispatcher.answer(text, caller);
    if (isCut) reply.header('connection', 'close');
    gate.holds(0);
    const answer = { status: 200, headers: route.headers, body };
    const packed = isGzipWanted(head) ? await compress(body) : null;
    return packed === null ? send(reply, answer) : sendGzip(reply, answer, packed);
  }

  private callerOf(
    connection: { readonly isGone: () => boolean; readonly holds: (bytes: number) => void },
    malformed: Caller['malformed'] = 'parse error',
  ): Caller {
    return {
      stopped: this.stopping.signal,
      malformed,
      get isGone() {
        return connection.isGone();
      },
      holds: connection.holds,
    };
  }
}

function fixedAnswers(
  options: RpcServerOptions,
  { opstack, p2p }: Pick<RpcServerDeps, 'opstack' | 'p2p'>,
): FixedAnswers {
  const optional = [
    ...(options.enableAdmin ? ['admin'] : []),
    ...(opstack === null ? [] : ['opstack']),
    ...(p2p === null ? [] : ['opp2p']),
  ];
  const namespaces = ['health', 'optimism', 'rpc', 'superroot', ...optional];
  const { version, rollupConfigJson, dependencySetJson } = options;
  return { version, rollupConfigJson, dependencySetJson, namespaces };
}

/** Every call under way listens to the one signal: many at a time are no leak. */
function unlimitedListeners(controller: AbortController): AbortController {
  setMaxListeners(0, controller.signal);
  return controller;
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function send(reply: FastifyReply, { status, reason, headers, body }: HttpAnswer): FastifyReply {
  if (reason !== undefined) reply.raw.statusMessage = reason;
  reply.code(status).headers(headers);
  return body === '' ? reply.send() : reply.send(Buffer.from(body, 'latin1'));
}

function sendGzip(reply: FastifyReply, answer: HttpAnswer, packed: Buffer): FastifyReply {
  reply.code(answer.status).headers({ ...answer.headers, 'content-encoding': 'gzip' });
  return reply.send(packed);
}
