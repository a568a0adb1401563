import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../devnet/projectRoot.js';
import { peerIdFault } from '../../src/p2p/api/peerIdText.js';
import type { P2pService } from '../../src/p2p/p2pService.js';
import { serviceOf } from '../../src/p2p/worker/runP2pWorker.js';
import type { RpcP2pPort } from '../../src/rpc/ports.js';
import { startPeer, type TestPeer } from '../support/p2pNetwork.js';
import { startServer } from '../support/rpcServer.js';

interface Recorded {
  readonly name: string;
  readonly http: { readonly body: string };
  readonly response: { readonly body: string };
}

const RECORDED = readFileSync(join(projectRoot(), 'test', 'fixtures', 'opp2p.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

/** Of what a value consists: names in their order, and kinds of values. Peers by their id are one peer. */
function shape(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  // The one field that op-node does not have is the last of a peer.
  const entries = Object.entries(value).filter(([name]) => name !== 'deliveries');
  if (key === 'peers') return entries.slice(0, 1).map(([, peer]) => shape(peer));
  return entries.map(([name, inner]) => [name, shape(inner, name)]);
}

/** A node that has one peer, asked as an operator asks. */
describe('opp2p_*', () => {
  let node: TestPeer;
  let peer: TestPeer;
  let server: Awaited<ReturnType<typeof startServer>>;

  beforeAll(async () => {
    [node, peer] = await Promise.all([startPeer(2), startPeer(3)]);
    const service = serviceOf(node.node);
    const port: RpcP2pPort = {
      call: (method, argument) =>
        (service[method as keyof P2pService] as (argument: unknown) => never)(argument),
      peerIdFault,
    };
    server = await startServer({ deps: { p2p: port } });
    await node.node.api.connectPeer(peer.address);
  });
  afterAll(async () => {
    await server.server.stop();
    await Promise.all([node.node.stop(), peer.node.stop()]);
  });

  const ask = async (body: string): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(server.url, { method: 'POST', headers, body });
    return (await response.json()) as Record<string, unknown>;
  };

  it.each(RECORDED)('$name is answered in the words of op-node', async ({ http, response }) => {
    const expected = JSON.parse(response.body) as Record<string, unknown>;
    const answer = await ask(http.body);
    if (expected.error !== undefined) expect(answer).toEqual(expected);
    else expect(shape(answer)).toEqual(shape(expected));
  });

  it('connects to the first address that a node tells, and each side has the other', async () => {
    const call = (method: string, ...params: unknown[]) =>
      ask(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    const { addresses } = await peer.node.api.self();
    await call('opp2p_disconnectPeer', peer.id);
    expect(await call('opp2p_peerStats')).toMatchObject({ result: { connected: 0 } });
    await call('opp2p_connectPeer', addresses[0]);
    const { result } = await call('opp2p_peers', true);
    const { peers } = result as { peers: Record<string, object> };
    expect(Object.keys(peers)).toEqual([peer.id]);
    const none = { first: 0, late: 0, rejected: 0 };
    expect(Object.entries(peers[peer.id] ?? {}).at(-1)).toEqual(['deliveries', none]);
    expect(Object.keys((await peer.node.api.peers(true)).peers)).toEqual([node.id]);
  });
});
