import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { NodeError } from '../errors/nodeError.js';
import type { Logger } from './logger.js';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface MetricsServerDeps {
  readonly log: Logger;
  readonly source: {
    readonly contentType: string;
    expose(): Promise<string>;
  };
}

/** Serves the metrics to GET requests on every path, as op-node does. */
export class MetricsServer {
  private readonly app: FastifyInstance;

  constructor(
    private readonly options: MetricsServerOptions,
    private readonly deps: MetricsServerDeps,
  ) {
    this.app = fastify({ logger: false, forceCloseConnections: true });
    this.app.get('*', async (_request, reply) => {
      reply.header('content-type', deps.source.contentType);
      return deps.source.expose();
    });
  }

  /**
   * Binds and logs the address.
   * @returns the bound address.
   * @throws NodeError TELEMETRY_BIND_FAILED (critical) when the address cannot be bound.
   */
  async start(): Promise<AddressInfo> {
    const { host, port } = this.options;
    try {
      await this.app.listen({ host, port });
    } catch (cause) {
      throw new NodeError('TELEMETRY_BIND_FAILED', 'metrics address cannot be bound', {
        severity: 'critical',
        cause,
        fields: { host, port },
      });
    }
    const bound = this.app.server.address() as AddressInfo;
    const shownHost = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    this.deps.log.info('started metrics server', { addr: `${shownHost}:${bound.port}` });
    return bound;
  }

  /** Ends open connections too. */
  async stop(): Promise<void> {
    await this.app.close();
  }
}
