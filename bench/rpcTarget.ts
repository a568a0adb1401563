import { join } from 'node:path';
import { fastify } from 'fastify';
import { World } from '../conformance/world.js';
import { projectRoot } from '../devnet/projectRoot.js';
import { AdminBackend } from '../src/node/adminBackend.js';
import { RpcServer } from '../src/rpc/http/server.js';
import { SystemClock } from '../src/runtime/clock.js';
import { WatchCell } from '../src/runtime/watch.js';
import { PromRegistry } from '../src/telemetry/promRegistry.js';
import { RpcServerMetrics } from '../src/telemetry/rpcMetrics.js';
import { UNKNOWN_HEADS } from '../src/types/engineHeads.js';
import { recordedRpc } from './recordedRpc.js';
import { SILENT } from './silentLogger.js';

/**
 * A process under load, forked by `rpc.ts`: `slipstream` is the node's RPC server on a recorded chain, with its
 * metrics; `bare` is Fastify that answers every request with one kept body of the given number of bytes. Tells its
 * URL by a message and ends with its parent.
 */

async function startSlipstream(): Promise<string> {
  const world = new World(join(projectRoot(), 'conformance', 'worlds', 'forks'));
  const { options, ports } = recordedRpc(world, 'follower');
  const clock = new SystemClock();
  const metrics = new RpcServerMetrics(new PromRegistry(), () => clock.monotonicMs());
  const engine = {
    heads: new WatchCell(UNKNOWN_HEADS),
    addUnsafePayload: async () => {},
  };
  const server = new RpcServer(options, {
    ...ports,
    readiness: { missing: () => [] },
    opstack: null,
    p2p: null,
    admin: new AdminBackend({
      engine,
      derivation: null,
      sequencer: null,
      sdm: null,
      setLogLevel: () => {},
      clock,
      log: SILENT,
    }),
    clock,
    log: SILENT,
    recorders: { served: metrics.recorder('main'), received: { notification: () => {} } },
  });
  return `http://${(await server.start()).addr}`;
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
