import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Hash } from '../../src/types/block.js';
import { rpc } from '../rpcClient.js';
import { KeptBlobs } from './keptBlobs.js';

export interface BeaconFrontOptions {
  /** The L1's own JSON-RPC. */
  readonly upstream: string;
  /** L1 blocks between the head and what the tags `safe` and `finalized` mean. */
  readonly safeLag: number;
  readonly finalizedLag: number;
}

/** Room for a transaction with six blobs in hex. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
const SLOT_SEC = 1;

interface RpcRequest {
  readonly method?: string;
  readonly params?: readonly unknown[];
}

interface L1Block {
  readonly number: string;
  readonly timestamp: string;
  readonly transactions: readonly { readonly blobVersionedHashes?: readonly Hash[] }[];
}

/**
 * Stands before an L1 execution client and adds what a rollup node needs of a beacon node: blobs by slot, kept when
 * their transaction passes through, and the tags `safe` and `finalized` at a fixed distance behind the head. One port
 * serves both, JSON-RPC by POST and the beacon API below /eth/v1. A slot is one second, from the genesis block on.
 */
export class BeaconFront {
  private readonly blobs = new KeptBlobs();
  private readonly app: FastifyInstance;
  private genesisTime = 0;

  private constructor(private readonly options: BeaconFrontOptions) {
    this.app = Fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
    this.app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
    this.app.removeContentTypeParser('application/json');
    this.app.post('/', async (request, reply) => {
      reply.type('application/json');
      return this.forward(JSON.parse(String(request.body)) as RpcRequest | readonly RpcRequest[]);
    });
    this.serveBeacon();
  }

  /** @throws Error when the L1 does not answer. */
  static async start(options: BeaconFrontOptions): Promise<BeaconFront> {
    const front = new BeaconFront(options);
    const genesis = await front.block('0x0');
    front.genesisTime = Number(genesis?.timestamp);
    await front.app.listen({ host: '127.0.0.1', port: 0 });
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.app.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return this.app.close();
  }

  private async forward(request: RpcRequest | readonly RpcRequest[]): Promise<string> {
    const rewritten = Array.isArray(request)
      ? await Promise.all(request.map((one) => this.rewrite(one)))
      : await this.rewrite(request as RpcRequest);
    const response = await fetch(this.options.upstream, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(rewritten),
    });
    return response.text();
  }

  private async rewrite(request: RpcRequest): Promise<RpcRequest> {
    const [first, ...rest] = request.params ?? [];
    if (request.method === 'eth_sendRawTransaction') this.blobs.keep(first);
    if (request.method !== 'eth_getBlockByNumber') return request;
    const { safeLag, finalizedLag } = this.options;
    const lag = first === 'safe' ? safeLag : first === 'finalized' ? finalizedLag : null;
    if (lag === null) return request;
    const number = Math.max(0, (await this.headNumber()) - lag);
    return { ...request, params: [`0x${number.toString(16)}`, ...rest] };
  }

  private serveBeacon(): void {
    const { app } = this;
    app.get('/eth/v1/beacon/genesis', async () => ({
      data: {
        genesis_time: String(this.genesisTime),
        genesis_validators_root: `0x${'0'.repeat(64)}`,
        genesis_fork_version: '0x00000000',
      },
    }));
    app.get('/eth/v1/config/spec', async () => ({ data: { SECONDS_PER_SLOT: String(SLOT_SEC) } }));
    app.get('/eth/v1/node/version', async () => ({ data: { version: 'devnet-l1/1' } }));
    app.get<{ Params: { slot: string } }>(
      '/eth/v1/beacon/blobs/:slot',
      async ({ params, url }, reply) => {
        const block = await this.blockAt(this.genesisTime + Number(params.slot) * SLOT_SEC);
        if (block === null) return reply.code(404).send({ code: 404, message: 'not found' });
        const wanted = new URL(url, this.url).searchParams
          .getAll('versioned_hashes')
          .flatMap((list) => list.split(','));
        const data = block.transactions
          .flatMap((tx) => tx.blobVersionedHashes ?? [])
          .filter((hash) => wanted.length === 0 || wanted.includes(hash))
          .map((hash) => this.blobs.get(hash));
        return { execution_optimistic: false, finalized: false, data };
      },
    );
  }

  /** The block of exactly that time, by bisection: block times rise. */
  private async blockAt(time: number): Promise<L1Block | null> {
    let low = 0;
    let high = await this.headNumber();
    while (low < high) {
      const middle = (low + high) >> 1;
      const block = await this.block(`0x${middle.toString(16)}`);
      if (Number(block?.timestamp) < time) low = middle + 1;
      else high = middle;
    }
    const block = await this.block(`0x${low.toString(16)}`, true);
    return Number(block?.timestamp) === time ? block : null;
  }

  private async headNumber(): Promise<number> {
    return Number(await rpc<string>(this.options.upstream, 'eth_blockNumber'));
  }

  private block(tag: string, isFull = false): Promise<L1Block | null> {
    return rpc<L1Block | null>(this.options.upstream, 'eth_getBlockByNumber', [tag, isFull]);
  }
}
