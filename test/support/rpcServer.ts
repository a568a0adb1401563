import { join } from 'node:path';
import { type Position, recordedRpc } from '../../bench/rigs/recordedRpc.js';
import { World } from '../../conformance/world.js';
import { projectRoot } from '../../devnet/projectRoot.js';
import { AdminBackend } from '../../src/node/adminBackend.js';
import { RpcServer, type RpcServerDeps, type RpcServerOptions } from '../../src/rpc/http/server.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { WatchCell } from '../../src/runtime/watch.js';
import type { RpcServerRecorder } from '../../src/telemetry/rpcMetrics.js';
import { UNKNOWN_HEADS } from '../../src/types/engineHeads.js';
import type { ExecutionPayloadEnvelope } from '../../src/types/payload.js';
import type { SyncStatus } from '../../src/types/syncStatus.js';
import { FakeLogger } from './fakeLogger.js';

const NO_RECORDER: RpcServerRecorder = {
  start: () => () => {},
  answered: () => {},
  notification: () => {},
};

export function recordedWorld(name: string): World {
  return new World(join(projectRoot(), 'conformance', 'worlds', name));
}

/** A started server on recorded ports, and what a test looks at. */
export interface RunningServer {
  readonly server: RpcServer;
  readonly addr: string;
  readonly url: string;
  readonly status: WatchCell<SyncStatus>;
  readonly log: FakeLogger;
  /** What `admin_postUnsafePayload` handed to the engine. */
  readonly payloads: readonly ExecutionPayloadEnvelope[];
  /** What `admin_setLogLevel` set. */
  readonly levels: readonly string[];
}

export interface ServerSetup {
  readonly world?: World;
  readonly position?: Position;
  readonly options?: Partial<RpcServerOptions>;
  readonly deps?: Partial<RpcServerDeps>;
}

/** Starts a server of the recorded world `forks` as a follower, unless told otherwise. The caller stops it. */
export async function startServer(setup: ServerSetup = {}): Promise<RunningServer> {
  const { world = recordedWorld('forks'), position = 'follower' } = setup;
  const { options, ports, status } = recordedRpc(world, position);
  const log = new FakeLogger();
  const payloads: ExecutionPayloadEnvelope[] = [];
  const levels: string[] = [];
  const admin = new AdminBackend({
    sequencer: null,
    sdm: null,
    engine: {
      heads: new WatchCell(UNKNOWN_HEADS),
      addUnsafePayload: async (envelope) => void payloads.push(envelope),
    },
    derivation: null,
    setLogLevel: (level) => levels.push(level),
    clock: new SystemClock(),
    log,
  });
  const server = new RpcServer(
    { ...options, ...setup.options },
    {
      ...ports,
      readiness: { missing: () => [] },
      admin,
      opstack: null,
      p2p: null,
      clock: new SystemClock(),
      log,
      recorders: { served: NO_RECORDER, received: NO_RECORDER },
      ws: null,
      ...setup.deps,
    },
  );
  const { addr } = await server.start();
  return { server, addr, url: `http://${addr}`, status, log, payloads, levels };
}
