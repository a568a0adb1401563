import type { Gateway, UPnPNAT } from '@achingbrain/nat-port-mapper';
import { toNodeError } from '../../errors/nodeError.js';
import type { Log } from '../../telemetry/logger.js';

export interface ObservedRoutersDeps {
  readonly log: Log;
  /** Fires when the node stops. */
  readonly signal: AbortSignal;
}

/**
 * Routers that map ports for us, with a line for what becomes of each: the library that asks them keeps that to itself.
 * Nothing here ends the node: without a router that answers it is reachable as it was.
 */
export class ObservedRouters implements UPnPNAT {
  private found = 0;
  private lastLine = '';

  constructor(
    private readonly routers: UPnPNAT,
    private readonly deps: ObservedRoutersDeps,
  ) {}

  async *findGateways(
    options: Parameters<UPnPNAT['findGateways']>[0] = {},
  ): AsyncGenerator<Gateway, void, unknown> {
    try {
      for await (const gateway of this.routers.findGateways(options)) {
        this.found += 1;
        yield this.observed(gateway);
      }
    } finally {
      if (this.found === 0 && !this.deps.signal.aborted)
        this.say('warn', 'No router answers, no port is mapped', {});
    }
  }

  async getGateway(...args: Parameters<UPnPNAT['getGateway']>): Promise<Gateway> {
    return this.observed(await this.routers.getGateway(...args));
  }

  private observed(gateway: Gateway): Gateway {
    const { id, host, port, family } = gateway;
    return {
      id,
      host,
      port,
      family,
      stop: (options) => gateway.stop(options),
      unmap: (internalPort, options) => gateway.unmap(internalPort, options),
      mapAll: (internalPort, options) => gateway.mapAll(internalPort, options),
      externalIp: (options) =>
        this.tried('Router does not tell its address', host, () => gateway.externalIp(options)),
      map: async (internalPort, internalHost, options) => {
        const mapped = await this.tried('Router does not map our port', host, () =>
          gateway.map(internalPort, internalHost, options),
        );
        const { externalHost, externalPort } = mapped;
        const external = `${externalHost}:${externalPort}`;
        this.say('info', 'Router maps our port', { router: host, external, port: internalPort });
        return mapped;
      },
    };
  }

  private async tried<T>(problem: string, router: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (thrown) {
      this.say('warn', problem, { router, err: toNodeError(thrown).message });
      throw thrown;
    }
  }

  /** Each thing once in a row: routers are asked again and again. */
  private say(level: 'info' | 'warn', message: string, fields: Record<string, unknown>): void {
    const line = `${message} ${JSON.stringify(fields)}`;
    if (line === this.lastLine) return;
    this.lastLine = line;
    this.deps.log[level](message, fields);
  }
}
