import type { AddressInfo } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../runtime/clock.js';
import { GuardedServer } from '../guardedServer.js';
import type { Logger } from '../logger.js';
import type { CpuProfiler } from './cpuProfiler.js';
import type { HeapProfiler } from './heapProfiler.js';
import { INDEX_PAGE } from './indexPage.js';

const PATH = '/debug/pprof/';
/** What Go profiles when nobody says how long. */
const DEFAULT_SECONDS = 30;
/** The longest profile: what is kept of it grows with each sample. */
const MAX_SECONDS = 60;
/** A profile, and time to read it. */
const ANSWER_TIMEOUT_MS = 90_000;
/** A thousand samples a second, the engine's own default. */
const INTERVAL_MICROS = 1_000;
/** Profiles are some hundred kilobytes. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
const MAX_CONNECTIONS = 100;
const TEXT_TYPE = 'text/plain; charset=utf-8';

export interface ProfileServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ProfileServerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly cpu: Pick<CpuProfiler, 'start'>;
  readonly heap: Pick<HeapProfiler, 'profile'>;
}

/**
 * Serves CPU and heap profiles at the paths of Go's `net/http/pprof`, so that `go tool pprof http://HOST:PORT` and
 * continuous profilers read them; the headers are Go's. One CPU profile at a time, of a minute at most.
 */
export class ProfileServer {
  private readonly server: GuardedServer;
  private readonly stopping = new AbortController();

  constructor(
    { host, port }: ProfileServerOptions,
    private readonly deps: ProfileServerDeps,
  ) {
    const limits = {
      maxHeldBytes: MAX_HELD_BYTES,
      maxConnections: MAX_CONNECTIONS,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
    };
    this.server = new GuardedServer({ name: 'pprof', host, port, limits }, deps);
    this.addRoutes();
  }

  /**
   * Binds and logs the address.
   * @returns the bound address.
   * @throws NodeError TELEMETRY_BIND_FAILED (critical) when the address cannot be bound.
   */
  start(): Promise<AddressInfo> {
    return this.server.start();
  }

  /** Ends open connections and what they wait for. */
  stop(): Promise<void> {
    this.stopping.abort();
    return this.server.stop();
  }

  private addRoutes(): void {
    const { app } = this.server;
    app.get(PATH, (_request, reply) => reply.type('text/html; charset=utf-8').send(INDEX_PAGE));
    app.get(PATH.slice(0, -1), (_request, reply) => reply.redirect(PATH, 307));
    app.get(`${PATH}profile`, (request, reply) => this.answerCpu(request, reply));
    app.get(`${PATH}heap`, async (request, reply) => {
      const collects = wholeNumber(request, 'gc') > 0;
      return sendProfile(reply, 'heap', await this.deps.heap.profile(collects));
    });
    app.get(`${PATH}*`, (_request, reply) => refuse(reply, 404, 'Unknown profile'));
  }

  private async answerCpu(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const asked = wholeNumber(request, 'seconds');
    const seconds = asked > 0 ? asked : DEFAULT_SECONDS;
    if (seconds > MAX_SECONDS) {
      return refuse(reply, 400, `profile duration exceeds ${MAX_SECONDS} seconds`);
    }
    const recording = await this.deps.cpu.start(INTERVAL_MICROS);
    if (recording === null) {
      const why = 'Could not enable CPU profiling: cpu profiling already in use';
      return refuse(reply, 500, why);
    }
    await this.deps.clock.sleep(seconds * 1_000, this.stopping.signal).catch(() => undefined);
    return sendProfile(reply, 'profile', await recording.finish());
  }
}

/** A whole number of the query; 0 for anything else. */
function wholeNumber(request: FastifyRequest, name: string): number {
  const text = (request.query as Readonly<Record<string, unknown>>)[name];
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function sendProfile(reply: FastifyReply, name: string, profile: Uint8Array): FastifyReply {
  return reply
    .header('x-content-type-options', 'nosniff')
    .header('content-disposition', `attachment; filename="${name}"`)
    .type('application/octet-stream')
    .send(profile);
}

function refuse(reply: FastifyReply, status: number, why: string): FastifyReply {
  return reply
    .code(status)
    .header('x-content-type-options', 'nosniff')
    .header('x-go-pprof', '1')
    .type(TEXT_TYPE)
    .send(`${why}\n`);
}
