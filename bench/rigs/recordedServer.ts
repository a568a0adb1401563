import type { World } from '../../conformance/world.js';
import { AdminBackend } from '../../src/node/adminBackend.js';
import { RpcServer } from '../../src/rpc/http/server.js';
import { makeWsMetrics } from '../../src/rpc/ws/wsMetrics.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { WatchCell } from '../../src/runtime/watch.js';
import { PromRegistry } from '../../src/telemetry/promRegistry.js';
import { RpcServerMetrics } from '../../src/telemetry/rpcMetrics.js';
import { SILENT } from '../../src/telemetry/silentLogger.js';
import { UNKNOWN_HEADS } from '../../src/types/engineHeads.js';
import type { SyncStatus } from '../../src/types/syncStatus.js';
import { recordedRpc } from './recordedRpc.js';

/** The node's RPC server, with WebSockets and metrics, on a recorded chain. */
export interface RecordedServer {
  readonly url: string;
  /** What it answers and pushes; the caller may change it. */
  readonly status: WatchCell<SyncStatus>;
  close(): Promise<void>;
}

/** Starts one on a free loopback port. */
export async function startRecordedServer(world: World): Promise<RecordedServer> {
  const { options, ports, status } = recordedRpc(world, 'follower');
  const clock = new SystemClock();
  const registry = new PromRegistry();
  const recorder = new RpcServerMetrics(registry, () => clock.monotonicMs()).recorder('main');
  const engine = { heads: new WatchCell(UNKNOWN_HEADS), addUnsafePayload: async () => {} };
  const server = new RpcServer(options, {
    ...ports,
    opstack: null,
    p2p: null,
    admin: new AdminBackend({
      ...{ engine, derivation: null, sequencer: null, sdm: null, setLogLevel: () => {} },
      ...{ clock, log: SILENT },
    }),
    ...{ clock, log: SILENT },
    readiness: { missing: () => [] },
    ws: makeWsMetrics(registry, recorder.notification),
    recorders: { served: recorder, received: { notification: () => {} } },
  });
  const { addr } = await server.start();
  return { url: `http://${addr}`, status, close: () => server.stop() };
}
