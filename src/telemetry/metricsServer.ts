import type { AddressInfo } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../runtime/clock.js';
import { Turns } from '../runtime/turns.js';
import { GuardedServer } from './guardedServer.js';
import type { Logger } from './logger.js';

/** Answers that are not read yet, of all callers together: hundreds of expositions. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** A few programs read metrics, each on a connection or two. */
const MAX_CONNECTIONS = 1_000;

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** An answer that is not the metrics. */
export interface MetricsPage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface MetricsServerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly source: {
    readonly contentType: string;
    expose(): Promise<string>;
  };
  /** What is answered instead of the metrics, by path without the query and the header `accept`; null for the metrics. */
  readonly pageFor: (path: string, accept: string) => Promise<MetricsPage | null>;
}

/**
 * Serves the metrics to GET requests on every path, as op-node does, under its time limits; but for the pages beside them,
 * which programs that read metrics do not ask for. Who asks while they are being
 * written gets the same text: many who ask cost no more than one.
 */
export class MetricsServer {
  private readonly server: GuardedServer;
  private readonly turns = new Turns();
  private exposition: Promise<string> | null = null;

  constructor(
    { host, port }: MetricsServerOptions,
    private readonly deps: MetricsServerDeps,
  ) {
    const limits = { maxHeldBytes: MAX_HELD_BYTES, maxConnections: MAX_CONNECTIONS };
    const { clock, log } = deps;
    this.server = new GuardedServer(
      { name: 'metrics', host, port, limits },
      { clock, log, turns: this.turns },
    );
    this.server.app.get('*', async (request, reply) => {
      const page = await deps.pageFor(pathOf(request), request.headers.accept ?? '');
      if (page !== null) return reply.headers(page.headers).send(page.body);
      reply.header('content-type', deps.source.contentType);
      return this.expose();
    });
  }

  private expose(): Promise<string> {
    this.exposition ??= this.turns
      .next()
      .then(() => this.deps.source.expose())
      .finally(() => {
        this.exposition = null;
      });
    return this.exposition;
  }

  /**
   * Binds and logs the address.
   * @returns the bound address.
   * @throws NodeError TELEMETRY_BIND_FAILED (critical) when the address cannot be bound.
   */
  start(): Promise<AddressInfo> {
    return this.server.start();
  }

  /** Ends open connections too. */
  stop(): Promise<void> {
    return this.server.stop();
  }
}

function pathOf({ url }: FastifyRequest): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
