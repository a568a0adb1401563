import type { AgentOptions, RequestOptions } from 'node:http';
import type { NetConnectOpts } from 'node:net';
import { expect, it, vi } from 'vitest';
import { KeptHttp } from '../../../src/transport/keptHttp.js';
import { NodeHttp } from '../../../src/transport/nodeHttp.js';
import { tcpFailure } from '../../../src/transport/tcpProbe.js';
import { FakeClock } from '../../support/fakeClock.js';
import { RawHttpServer } from '../../support/rawHttpServer.js';

/** What connections are made with. */
const options: unknown[] = [];

vi.mock('node:net', async (original) => {
  const net = await original<typeof import('node:net')>();
  const connect = (of: NetConnectOpts) => {
    options.push(of);
    return net.connect(of);
  };
  return { ...net, connect };
});
vi.mock('node:http', async (original) => {
  const http = await original<typeof import('node:http')>();
  const request = (of: RequestOptions) => {
    options.push((of.agent as unknown as { readonly options: AgentOptions }).options);
    return http.request(of);
  };
  return { ...http, request };
});

it('gives an address of a name that has several the time that a lost packet takes', async () => {
  const server = await RawHttpServer.start();
  const origin = { isTls: false, host: '127.0.0.1', port: server.port };
  const request = { ...origin, method: 'GET', path: '/', headers: {}, body: null } as const;
  const kept = new KeptHttp({ address: origin, maxIdleMs: 1 }, { clock: new FakeClock() });
  const node = new NodeHttp({ maxIdleMs: 1 });
  for (const way of [kept, node]) {
    await way.exchange(request, () => 9, new AbortController().signal);
    way.close();
  }
  await tcpFailure(origin, new AbortController().signal);
  const expected = expect.objectContaining({ autoSelectFamilyAttemptTimeout: 2_000 });
  expect(options).toEqual([expected, expected, expected]);
  await server.stop();
});
