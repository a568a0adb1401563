import type { Gateway, UPnPNAT } from '@achingbrain/nat-port-mapper';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import { describe, expect, it } from 'vitest';
import { natService } from '../../../../src/p2p/host/natService.js';
import { ObservedRouters } from '../../../../src/p2p/host/observedRouters.js';
import { onAbort } from '../../../../src/runtime/abort.js';
import { FakeLogger } from '../../../support/fakeLogger.js';

/** A router that maps a port to the same one, until it is told not to. */
function makeRouter(state = { isWilling: true }): Gateway {
  const orRefuse = <T>(value: T): Promise<T> =>
    state.isWilling ? Promise.resolve(value) : Promise.reject(new Error('refused'));
  return {
    id: 'router',
    host: '192.168.1.1',
    port: 80,
    family: 'IPv4',
    stop: async () => undefined,
    unmap: async () => undefined,
    mapAll: async function* () {},
    externalIp: () => orRefuse('8.8.8.8'),
    map: (internalPort, internalHost) =>
      orRefuse({
        internalHost,
        internalPort,
        externalHost: '8.8.8.8',
        externalPort: internalPort,
        protocol: 'TCP',
      }),
  };
}

function setup(found: readonly Gateway[]) {
  const log = new FakeLogger();
  const stopping = new AbortController();
  const inner: UPnPNAT = {
    findGateways: async function* () {
      yield* found;
    },
    getGateway: () => Promise.reject(new Error('no such router')),
  };
  const routers = new ObservedRouters(inner, { log, signal: stopping.signal });
  const search = async (): Promise<readonly Gateway[]> => {
    const all: Gateway[] = [];
    for await (const gateway of routers.findGateways()) all.push(gateway);
    return all;
  };
  const lines = () => log.lines.map(({ level, message }) => `${level} ${message}`);
  return { search, lines, stopping };
}

describe('routers that are asked for a port', () => {
  it('are warned of once when none answers, and not because the node stops', async () => {
    const { search, lines, stopping } = setup([]);
    await search();
    await search();
    expect(lines()).toEqual(['warn No router answers, no port is mapped']);
    const stopped = setup([]);
    stopped.stopping.abort();
    await stopped.search();
    expect(stopped.lines()).toEqual([]);
    stopping.abort();
  });

  it('are named when they map it, and when they do not', async () => {
    const state = { isWilling: true };
    const { search, lines } = setup([makeRouter(state)]);
    const [router] = await search();
    const mapped = await router?.map(9222, '192.168.1.2');
    expect(mapped).toMatchObject({ externalHost: '8.8.8.8', externalPort: 9222 });
    expect(await router?.externalIp()).toBe('8.8.8.8');
    state.isWilling = false;
    await expect(router?.map(9222, '192.168.1.2')).rejects.toThrow('refused');
    await expect(router?.externalIp()).rejects.toThrow('refused');
    await expect(router?.externalIp()).rejects.toThrow('refused');
    expect(lines()).toEqual([
      'info Router maps our port',
      'warn Router does not map our port',
      'warn Router does not tell its address',
    ]);
  });

  it('hold up neither start nor stop while they are silent', async () => {
    const stopping = new AbortController();
    const log = new FakeLogger();
    const silent: UPnPNAT = {
      findGateways: async function* ({ signal } = {}) {
        await new Promise<void>((resolve) => onAbort(signal as AbortSignal, resolve));
        yield* [];
      },
      getGateway: () => new Promise(() => undefined),
    };
    const nat = await natService({ log, signal: stopping.signal }, silent);
    const host = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      services: { nat },
    });
    stopping.abort();
    await host.stop();
    expect(log.lines).toEqual([]);
  });
});
