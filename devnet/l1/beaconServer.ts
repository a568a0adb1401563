import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { type BeaconChain, SLOT_SEC } from './beaconChain.js';

/** The part of the beacon API that a rollup node asks, for a development L1, on a free port. */
export class BeaconServer {
  readonly #chain: BeaconChain;
  readonly #app: FastifyInstance;

  private constructor(chain: BeaconChain) {
    this.#chain = chain;
    this.#app = Fastify({ forceCloseConnections: true });
    this.#serveFacts();
    this.#serveBlobs();
  }

  static async start(chain: BeaconChain): Promise<BeaconServer> {
    const server = new BeaconServer(chain);
    await server.#app.listen({ host: '127.0.0.1', port: 0 });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#app.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return this.#app.close();
  }

  #serveFacts(): void {
    this.#app.get('/eth/v1/beacon/genesis', async () => ({
      data: {
        genesis_time: String(this.#chain.genesisTime),
        genesis_validators_root: `0x${'0'.repeat(64)}`,
        genesis_fork_version: '0x00000000',
      },
    }));
    this.#app.get('/eth/v1/config/spec', async () => {
      return { data: { SECONDS_PER_SLOT: String(SLOT_SEC) } };
    });
    this.#app.get('/eth/v1/node/version', async () => ({ data: { version: 'devnet-l1/1' } }));
  }

  #serveBlobs(): void {
    this.#app.get<{ Params: { readonly slot: string } }>(
      '/eth/v1/beacon/blobs/:slot',
      async ({ params, url }, reply) => {
        const blobs = this.#chain.blobsAt(Number(params.slot));
        if (blobs === null) return reply.code(404).send({ code: 404, message: 'not found' });
        const wanted = new URL(url, this.url).searchParams
          .getAll('versioned_hashes')
          .flatMap((list) => list.split(','));
        const data = blobs
          .filter(({ versionedHash }) => wanted.length === 0 || wanted.includes(versionedHash))
          .map(({ blob }) => blob);
        return { execution_optimistic: false, finalized: false, data };
      },
    );
  }
}
