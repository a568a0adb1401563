import { Worker } from 'node:worker_threads';
import type { NodeConfig } from '../../config/nodeConfig.js';
import type { EngineActor } from '../engine/engineActor.js';
import { NodeError, toNodeError } from '../errors/nodeError.js';
import { FirstSigner } from '../p2p/firstSigner.js';
import { GapFiller } from '../p2p/gapFiller.js';
import { parsePrivateKey } from '../p2p/privateKey.js';
import { type ReadSigner, signerReader } from '../p2p/signerReader.js';
import { SignerWatcher } from '../p2p/signerWatcher.js';
import { P2pClient } from '../p2p/worker/p2pClient.js';
import { abortable, linkSignals } from '../runtime/abort.js';
import type { Actor } from '../runtime/actor.js';
import type { BlockPublisher } from '../sequencer/ports.js';
import { readOrMakeKeyFile } from '../stores/p2pKeyFile.js';
import type { Address } from '../types/block.js';
import type { P2pOptions } from '../types/p2pOptions.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import type { NodeDeps } from './nodeDeps.js';
import type { P2pWorkerData } from './p2pWorker.js';
import { PeerPublisher } from './peerPublisher.js';
import type { NodeTelemetry } from './telemetry.js';

/** Longest time for the thread to end by itself. */
const STOP_LIMIT_MS = 6_000;

export interface P2pParts {
  readonly client: P2pClient;
  readonly publisher: BlockPublisher;
  /** Learns who may sign blocks; may run before `start`. Null without an L1. */
  readonly signerWatcher: Actor | null;
  readonly actors: readonly Actor[];
  /** Listens and meets peers. @throws NodeError P2P_START_FAILED, critical; ABORTED when the signal fires. */
  start(signal: AbortSignal): Promise<void>;
  /** Once; later calls wait for the first. */
  stop(): Promise<void>;
}

export interface P2pPeers {
  /** Null without an L1: then nobody says who may sign blocks, and none is taken. */
  readonly l1: L1Parts | null;
  readonly l2: L2Parts;
  readonly telemetry: NodeTelemetry;
  readonly engine: EngineActor;
}

/**
 * Makes the thread that has the peers, and what drives it. The thread runs at once, and listens once it is started.
 * @throws NodeError P2P_KEY_UNWRITABLE or P2P_KEY_INVALID, critical.
 */
export async function createP2p(
  config: NodeConfig,
  p2p: P2pOptions,
  { l1, l2, telemetry, engine }: P2pPeers,
  deps: NodeDeps,
): Promise<P2pParts> {
  const { clock } = deps;
  const log = deps.log.child({ component: 'p2p' });
  const { rollup, sync } = config;
  const workerData: P2pWorkerData = { options: { p2p, rollup }, privateKey: await identity(p2p) };
  const thread = new Worker(new URL('./p2pWorker.js', import.meta.url), { workerData });
  const stopping = linkSignals();
  const client = new P2pClient({
    port: thread,
    engine,
    blocks: l2.source,
    metrics: telemetry.p2p,
    onReceived: telemetry.receivedPayload,
    log,
    signal: stopping.signal,
  });
  const died = watchThread(thread, client);
  const firstSigner = new FirstSigner(clock);
  const setSigner = (address: Address): Promise<void> => client.call('setSigner', address);
  const signerWatcher =
    l1 === null
      ? null
      : new SignerWatcher(
          { reloadMs: p2p.signerReloadMs },
          {
            read: readSigner(config, l1),
            set: setSigner,
            onFirst: () => firstSigner.known(),
            clock,
            log,
          },
        );
  const gaps = new GapFiller(rollup, {
    engine,
    request: (range) => client.call('requestRange', range),
    clock,
    log,
  });
  return {
    client,
    publisher: new PeerPublisher({
      publish: (envelope) => client.call('publish', { envelope, signature: null }),
      ready: async () => signerWatcher !== null && firstSigner.wait(stopping.signal),
      recorder: telemetry.sequencer,
      log,
    }),
    signerWatcher,
    actors: [
      new ThreadWatcher(died),
      ...(sync.isReqRespEnabled && p2p.isReqRespEnabled ? [gaps] : []),
    ],
    start: async (signal) => {
      await Promise.race([client.start(signal), died.then((error) => Promise.reject(error))]);
    },
    stop: once(async () => {
      stopping.abort();
      const limit = clock.sleep(STOP_LIMIT_MS, new AbortController().signal);
      await Promise.race([client.call('stop', null).catch(() => undefined), limit]);
      await thread.terminate();
    }),
  };
}

/** The same end for everybody who asks. */
function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => {
    running ??= run();
    return running;
  };
}

/** Who we are to peers. */
async function identity({ identity }: P2pOptions): Promise<Uint8Array> {
  const text = 'key' in identity ? identity.key : await readOrMakeKeyFile(identity.path);
  return parsePrivateKey(text);
}

/** The signer at L1's head; null while there is none. */
function readSigner({ rollup, derivation }: NodeConfig, { client, heads }: L1Parts): ReadSigner {
  return signerReader(
    { systemConfig: rollup.l1SystemConfigAddress, confDepth: BigInt(derivation.l1Confs) },
    {
      head: () => heads.get().head,
      l1BlockRefByNumber: (number, signal) => client.l1BlockRefByNumber(number, signal),
      storageAt: (place, hash, signal) => client.storageAt(place, hash, signal),
    },
  );
}

/** Resolves with the reason when the thread has ended. */
function watchThread(thread: Worker, client: P2pClient): Promise<NodeError> {
  return new Promise((resolve) => {
    const end = (cause: unknown): void => {
      const message = `the p2p thread has ended: ${toNodeError(cause).message}`;
      client.close(message);
      resolve(new NodeError('P2P_UNAVAILABLE', message, { severity: 'critical', cause }));
    };
    thread.on('error', end);
    thread.on('exit', (code) => end(new Error(`exit code ${code}`)));
  });
}

/** Ends the node when the thread with the peers has ended. */
class ThreadWatcher implements Actor {
  readonly name = 'p2p-thread';

  constructor(private readonly died: Promise<NodeError>) {}

  async step(signal: AbortSignal): Promise<void> {
    throw await abortable<NodeError>(signal, ({ resolve }) => {
      void this.died.then(resolve);
      return () => undefined;
    });
  }
}
