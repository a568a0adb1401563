import { join } from 'node:path';
import { fastify } from 'fastify';
import { World } from '../conformance/world.js';
import { projectRoot } from '../devnet/projectRoot.js';
import { startRecordedServer } from './recordedServer.js';
import { sharedMs } from './sharedMs.js';

/**
 * A process under load, forked by `rpc.ts`, `hostile.ts` and `fanout.ts`: `slipstream` is the node's RPC server on a recorded
 * chain, with its metrics; `bare` is Fastify that answers every request with one kept body of the given number of bytes. Tells
 * its URL by a message and ends with its parent. Sent a number, the first makes it the number of its unsafe head and tells
 * when it did.
 */

async function startSlipstream(): Promise<string> {
  const world = new World(join(projectRoot(), 'conformance', 'worlds', 'forks'));
  const { url, status } = await startRecordedServer(world);
  process.on('message', (number: number) => {
    const { unsafeL2, ...rest } = status.get();
    const atMs = sharedMs();
    status.set({ ...rest, unsafeL2: { ...unsafeL2, number: BigInt(number) } });
    process.send?.({ number, atMs });
  });
  return url;
}

async function startBare(bytes: number): Promise<string> {
  const kept = Buffer.alloc(bytes, '1');
  const app = fastify();
  app.post('/', (_request, reply) => {
    reply.header('content-type', 'application/json').send(kept);
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

const [kind, bytes] = process.argv.slice(2);
const url = kind === 'bare' ? await startBare(Number(bytes)) : await startSlipstream();
process.on('disconnect', () => process.exit(0));
process.send?.(url);
