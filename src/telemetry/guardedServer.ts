import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { fastify } from 'fastify';
import { NodeError } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import {
  GUARDED_SERVER_OPTIONS,
  HttpGuard,
  type HttpGuardOptions,
} from '../runtime/http/httpGuard.js';
import { Turns } from '../runtime/turns.js';
import type { Logger } from './logger.js';
import { NO_SCHEMAS } from './noSchemas.js';

export interface GuardedServerOptions {
  /** What it serves, in its log line and its error. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits: HttpGuardOptions;
}

export interface GuardedServerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly turns?: Turns;
}

/** A server of its own port for the operator's programs, behind the walls: routes are added before it starts. */
export class GuardedServer {
  readonly app: FastifyInstance<Server>;
  private readonly guard: HttpGuard;

  constructor(
    private readonly options: GuardedServerOptions,
    private readonly deps: GuardedServerDeps,
  ) {
    const { clock, turns = new Turns() } = deps;
    this.app = fastify({
      logger: false,
      schemaController: NO_SCHEMAS,
      serverFactory: (handler) => createServer(GUARDED_SERVER_OPTIONS, handler),
    });
    this.guard = new HttpGuard(options.limits, { clock, turns, makeFront: null });
    this.guard.attach(this.app.server);
  }

  /**
   * Binds and logs the address.
   * @returns the bound address.
   * @throws NodeError TELEMETRY_BIND_FAILED (critical) when the address cannot be bound.
   */
  async start(): Promise<AddressInfo> {
    const { name, host, port } = this.options;
    try {
      await this.app.listen({ host, port });
    } catch (cause) {
      throw new NodeError('TELEMETRY_BIND_FAILED', `${name} address cannot be bound`, {
        severity: 'critical',
        cause,
        fields: { host, port },
      });
    }
    const bound = this.app.server.address() as AddressInfo;
    const shownHost = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    this.deps.log.info(`started ${name} server`, { addr: `${shownHost}:${bound.port}` });
    return bound;
  }

  /** Ends open connections too. */
  async stop(): Promise<void> {
    const closed = this.app.close();
    this.guard.stop();
    this.guard.destroy();
    await closed;
  }
}
