import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { L1Server } from '../../conformance/l1Server.js';
import { World } from '../../conformance/world.js';
import { BeaconClient } from '../../src/l1/beaconClient.js';
import { BeaconEndpoint } from '../../src/l1/beaconEndpoint.js';
import { KzgBlobHasher } from '../../src/l1/blobHasher.js';
import { EthClient } from '../../src/l1/ethClient.js';
import { L1ByNumber } from '../../src/l1/l1ByNumber.js';
import { L1HeadTracker } from '../../src/l1/l1HeadTracker.js';
import { L1WatcherActor } from '../../src/l1/l1WatcherActor.js';
import { bytesToHex } from '../../src/rollup/bytes.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { WatchCell } from '../../src/runtime/watch.js';
import { HttpGetClient } from '../../src/transport/httpGet.js';
import type { RpcClient } from '../../src/transport/ports.js';
import { createRpcClient } from '../../src/transport/rpcClient.js';
import type { L1Heads } from '../../src/types/l1Heads.js';
import { UNKNOWN_L1_HEADS } from '../../src/types/l1Heads.js';
import { FakeLogger } from '../support/fakeLogger.js';
import { readWorldJson, readWorldL1, worldPath } from '../support/recordedWorld.js';

const clock = new SystemClock();
const chain = readWorldL1('forks');
const signal = new AbortController().signal;

const NO_METRICS = { recordL1Ref: (): void => undefined, recordReorgDepth: (): void => undefined };
/** The machine may be busy. */
const WAIT = { timeout: 30_000, interval: 50 };

let server: L1Server;
const closing: (() => Promise<void>)[] = [];

function connect(url: string): RpcClient {
  const rpc = createRpcClient({ url, maxConcurrent: 10 }, { clock, random: () => 0.5 });
  closing.push(() => rpc.close());
  return rpc;
}

function ethClient(rpc: RpcClient): EthClient {
  const options = { isTrusted: false, rpcKind: 'standard', cacheSize: 900, keep: null } as const;
  return new EthClient(options, { rpc, clock, log: new FakeLogger() });
}

beforeAll(async () => {
  server = await L1Server.start({ world: new World(worldPath('forks', '.')) });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => server.close());

describe('EthClient over HTTP', () => {
  it('reads every block with its transactions and receipts', async () => {
    const l1 = ethClient(connect(server.url));
    for (const [number, entry] of chain.entries()) {
      const ref = await l1.l1BlockRefByNumber(BigInt(number), signal);
      expect(ref?.hash).toBe(entry.block.hash);
      const receipts = await l1.l1ReceiptsByHash(entry.block.hash, signal);
      expect(receipts).toHaveLength(entry.receipts.length);
    }
  });
});

describe('BeaconClient over HTTP', () => {
  it('gives every recorded blob, proven', async () => {
    const http = new HttpGetClient(
      { url: server.url, timeoutMs: 10_000, maxBytes: 2 ** 26 },
      { clock, random: () => 0.5 },
    );
    const hasher = new KzgBlobHasher();
    closing.push(
      () => http.close(),
      () => hasher.close(),
    );
    const endpoints = [new BeaconEndpoint({ fetchAllSidecars: false }, http)];
    const log = new FakeLogger();
    const beacon = new BeaconClient({ slotDurationOverrideSec: 0n }, { endpoints, hasher, log });
    const l1 = ethClient(connect(server.url));
    const withBlobs = chain.filter(({ blobs }) => (blobs?.length ?? 0) > 0).slice(0, 4);
    expect(withBlobs.length).toBeGreaterThan(0);
    for (const { block, blobs = [] } of withBlobs) {
      const ref = await l1.l1BlockRefByHash(block.hash, signal);
      if (ref === null) throw new Error('block is missing');
      const hashes = blobs.map(({ versioned_hash }) => versioned_hash);
      const got = await beacon.blobsByHash(ref, hashes, signal);
      expect(got?.map(bytesToHex)).toEqual(blobs.map(({ blob }) => blob));
    }
    const before = { ...chain[0]?.block, hash: '0x', number: 0n, parentHash: '0x' } as const;
    const noSlot = { ...before, timestamp: BigInt(chain.at(-1)?.block.timestamp as string) + 50n };
    expect(await beacon.blobsByHash(noSlot, [`0x01${'00'.repeat(31)}`], signal)).toBeNull();
  });
});

describe('L1WatcherActor', () => {
  it.each([
    ['over HTTP', () => server.url],
    ['over WebSocket', () => server.wsUrl],
  ])('follows the head and the labels %s', async (_, url) => {
    server.chain.moveHead(50);
    const rpc = connect(url());
    const log = new FakeLogger();
    const heads = new WatchCell<L1Heads>(UNKNOWN_L1_HEADS);
    const l1 = ethClient(rpc);
    const actor = new L1WatcherActor(
      { headPollIntervalMs: 100, epochPollIntervalMs: 100 },
      {
        l1,
        subscribe: rpc.subscribe,
        tracker: new L1HeadTracker({ heads, log, ...NO_METRICS }),
        clock,
        random: () => 0.5,
        log,
      },
    );
    await whileRunning(actor, async () => {
      await vi.waitFor(() => expect(heads.get().finalized.number).toBeGreaterThan(0n), WAIT);
      expect(heads.get().head.number).toBe(50n);
      await vi.waitFor(() => {
        server.chain.advance();
        expect(heads.get().head.number).toBeGreaterThan(52n);
      }, WAIT);
      const { head, safe, finalized } = heads.get();
      expect(finalized.number).toBeLessThan(safe.number);
      expect(safe.number).toBeLessThan(head.number);
    });
  });

  it('subscribes again when the WebSocket connection breaks', async () => {
    const endpoint = await DroppingEndpoint.start();
    closing.push(() => endpoint.close());
    const rpc = connect(endpoint.url);
    const log = new FakeLogger();
    const heads = new WatchCell<L1Heads>(UNKNOWN_L1_HEADS);
    const actor = new L1WatcherActor(
      { headPollIntervalMs: 600_000, epochPollIntervalMs: 0 },
      {
        l1: ethClient(rpc),
        subscribe: rpc.subscribe,
        tracker: new L1HeadTracker({ heads, log, ...NO_METRICS }),
        clock,
        random: () => 0.5,
        log,
      },
    );
    await whileRunning(actor, async () => {
      await vi.waitFor(() => expect(heads.get().head.number).toBe(10n), WAIT);
      await vi.waitFor(() => expect(endpoint.subscriptions).toBe(1), WAIT);
      endpoint.announce(11);
      await vi.waitFor(() => expect(heads.get().head.number).toBe(11n), WAIT);
      endpoint.drop();
      await vi.waitFor(() => expect(endpoint.subscriptions).toBe(2), WAIT);
      endpoint.announce(12);
      await vi.waitFor(() => expect(heads.get().head.number).toBe(12n), WAIT);
    });
  });
});

describe('recorded L1 reorgs', () => {
  it('shows the new chain at every height, never an old block, once the head or a fresh read says so', async () => {
    const reorging = await L1Server.start({ world: new World(worldPath('reorg', '.')) });
    closing.push(() => reorging.close());
    const client = ethClient(connect(reorging.url));
    const heads = new WatchCell<L1Heads>(UNKNOWN_L1_HEADS);
    const depths: number[] = [];
    const log = new FakeLogger();
    const tracker = new L1HeadTracker({
      heads,
      log,
      recordL1Ref: () => undefined,
      recordReorgDepth: (depth) => depths.push(depth),
    });
    const byNumber = new L1ByNumber({ l1: client, heads });
    const chainNow = async (fresh: boolean): Promise<readonly unknown[]> => {
      const { head } = reorging.chain.labels;
      const numbers = Array.from({ length: head + 1 }, (_, i) => BigInt(i));
      const refs = numbers.map((n) => byNumber.l1BlockRefByNumber(n, { fresh }, signal));
      return (await Promise.all(refs)).map((ref) => ref?.hash);
    };
    const expected = (): readonly unknown[] =>
      Array.from(
        { length: reorging.chain.labels.head + 1 },
        (_, i) => reorging.chain.byNumber(i)?.block.hash,
      );
    const look = async (): Promise<void> => {
      const head = await client.l1BlockRefByLabel('latest', signal);
      if (head !== null) tracker.onHead(head);
    };
    await look();
    expect(await chainNow(false)).toEqual(expected());
    for (const { fork, at } of readWorldJson('reorg', 'forks/steps.json') as unknown as Step[]) {
      const before = expected();
      reorging.chain.reorg(fork, at);
      expect(expected()[at]).not.toBe(before[at]);
      // The head is not seen yet: only reading past the cache shows the truth.
      expect(await chainNow(true)).toEqual(expected());
      await look();
      expect(await chainNow(false)).toEqual(expected());
      for (const hash of expected()) {
        expect(await client.l1ReceiptsByHash(hash as `0x${string}`, signal)).not.toBeNull();
      }
    }
    expect(log.messages('warn')).toEqual(
      Array.from({ length: 3 }, () => 'L1 head signal indicates a possible L1 re-org'),
    );
    // Each fork ends above the head before it: a jump, not a step back.
    expect(depths).toEqual([]);
  });
});

interface Step {
  readonly fork: string;
  readonly at: number;
}

async function whileRunning(actor: L1WatcherActor, check: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const running = (async () => {
    while (!stop.signal.aborted) await actor.step(stop.signal).catch(() => undefined);
  })();
  try {
    await check();
  } finally {
    stop.abort();
    await running;
  }
}

/** A WebSocket endpoint whose head is block 10 or what it announced last; it drops its connections when told. */
class DroppingEndpoint {
  subscriptions = 0;
  private head = 10;

  private constructor(private readonly sockets: WebSocketServer) {
    sockets.on('connection', (socket) => {
      socket.on('message', (data) => socket.send(this.answer(JSON.parse(String(data)))));
    });
  }

  static async start(): Promise<DroppingEndpoint> {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(sockets, 'listening');
    return new DroppingEndpoint(sockets);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.sockets.address() as AddressInfo).port}`;
  }

  announce(number: number): void {
    this.head = number;
    const params = { subscription: `0x${this.subscriptions}`, result: chain[number]?.block };
    const message = JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params });
    for (const socket of this.sockets.clients) socket.send(message);
  }

  drop(): void {
    for (const socket of this.sockets.clients) socket.terminate();
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.sockets.close(resolve));
  }

  private answer({ id, method }: { id: unknown; method: string }): string {
    if (method !== 'eth_subscribe') {
      return JSON.stringify({ jsonrpc: '2.0', id, result: chain[this.head]?.block });
    }
    this.subscriptions++;
    return JSON.stringify({ jsonrpc: '2.0', id, result: `0x${this.subscriptions}` });
  }
}
