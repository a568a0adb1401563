import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { L1Server } from '../../../conformance/l1Server.js';
import type { BlockJson, L1Entry } from '../../../conformance/recorded.js';
import { recordedWorld } from '../../../devnet/followRig.js';
import { rpc } from '../../../devnet/rpcClient.js';
import { waitFor } from '../../../devnet/waitFor.js';

const world = recordedWorld('forks');

describe('the recorded L1', () => {
  let l1: L1Server;
  beforeEach(async () => {
    l1 = await L1Server.start({ world, head: 40 });
  });
  afterEach(() => l1.close());

  const block = (tag: string) =>
    rpc<BlockJson | null>(l1.url, 'eth_getBlockByNumber', [tag, false]);
  const control = (command: unknown) =>
    fetch(`${l1.url}/control`, { method: 'POST', body: JSON.stringify(command) });

  it('shows nothing above its head', async () => {
    expect(Number((await block('latest'))?.number)).toBe(40);
    expect(await block('0x29')).toBeNull();
    const hidden = world.l1[41]?.block.hash;
    expect(await rpc(l1.url, 'eth_getBlockByHash', [hidden, false])).toBeNull();
    l1.chain.advance();
    expect((await block('0x29'))?.hash).toBe(hidden);
  });

  it('lets safe and finalized follow the head at the recorded distances', async () => {
    expect(l1.chain.labels).toEqual({ head: 40, safe: 36, finalized: 32 });
    l1.chain.moveHead(world.facts.l1.head);
    expect(l1.chain.labels).toEqual({ head: 89, safe: 85, finalized: 81 });
  });

  it('moves as told over HTTP and says where it stands', async () => {
    const state = (await (await control({ head: 50, finalized: 20 })).json()) as object;
    expect(state).toMatchObject({ head: 50, safe: 36, finalized: 20, last: 89 });
  });

  it('serves the blobs of a slot by versioned hash', async () => {
    const entry = world.l1.find((candidate) => candidate.blobs?.length) as L1Entry;
    l1.chain.moveHead(Number(entry.block.number));
    const { genesisTime } = world.facts.l1.beacon;
    const slot = Number(entry.block.timestamp) - genesisTime;
    const [blob] = entry.blobs ?? [];
    const path = `/eth/v1/beacon/blobs/${slot}?versioned_hashes=${blob?.versioned_hash}`;
    const answer = await (await fetch(l1.url + path)).json();
    expect(answer).toMatchObject({ data: [blob?.blob] });
    expect((await fetch(`${l1.url}/eth/v1/beacon/blobs/999999`)).status).toBe(404);
  });

  it('fails as often as told and then answers again', async () => {
    await control({ fault: { kind: 'http500', count: 2 } });
    const post = () => fetch(l1.url, { method: 'POST', body: '{"id":1,"method":"eth_chainId"}' });
    expect([(await post()).status, (await post()).status, (await post()).status]).toEqual([
      500, 500, 200,
    ]);
  });

  it('comes back on the same address', async () => {
    const { url } = l1;
    await l1.close();
    await expect(rpc(url, 'eth_chainId')).rejects.toThrow();
    await l1.listen();
    expect(await rpc(url, 'eth_chainId')).toBe(world.facts.l1.chainId);
  });

  it('tells WebSocket subscribers of new heads', async () => {
    const socket = new WebSocket(l1.wsUrl);
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(String(data)));
    await waitFor(() => (socket.readyState === WebSocket.OPEN ? true : undefined), {
      what: 'open',
      timeoutMs: 5_000,
    });
    socket.send('{"jsonrpc":"2.0","id":7,"method":"eth_subscribe","params":["newHeads"]}');
    const wait = { what: 'message', timeoutMs: 5_000 };
    expect(JSON.parse(await waitFor(() => messages[0], wait))).toMatchObject({ id: 7 });
    l1.chain.advance();
    const head = JSON.parse(await waitFor(() => messages[1], wait)) as unknown;
    expect(head).toMatchObject({
      method: 'eth_subscription',
      params: { result: { hash: world.l1[41]?.block.hash } },
    });
    socket.terminate();
  });
});
