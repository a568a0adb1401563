import '../p2p/host/withResolvers.js';
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import type { P2pNodeOptions } from '../p2p/p2pNodeOptions.js';
import type { BlockSigner } from '../p2p/signer/blockSigner.js';
import { DisabledSigner } from '../p2p/signer/blockSigner.js';
import { createLocalSigner } from '../p2p/signer/createLocalSigner.js';
import { runP2pWorker } from '../p2p/worker/runP2pWorker.js';
import { type Clock, SystemClock } from '../runtime/clock.js';
import { MemoryP2pStore } from '../stores/memoryP2pStore.js';
import type { LmdbP2pStore } from '../stores/p2pStore.js';

/** What the thread is started with. */
export interface P2pWorkerData {
  readonly options: P2pNodeOptions;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
}

/** The entry of the thread that has the peers: libp2p, compression, signatures and encodings run here. */
async function main(): Promise<void> {
  const { options, privateKey } = workerData as P2pWorkerData;
  if (parentPort === null) return;
  const clock = new SystemClock();
  const { peerstorePath, discoveryPath, isDiscoveryEnabled } = options.p2p;
  await runP2pWorker(options, {
    port: parentPort,
    privateKey,
    store: await openStore(peerstorePath),
    discoveryStore: await openStore(isDiscoveryEnabled ? discoveryPath : null),
    random: Math.random,
    onStray: (report) => {
      process.on('unhandledRejection', report);
      process.on('uncaughtException', report);
    },
    signer: await signerOf(options, clock),
    clock,
  });
}

/** The database is loaded only where one is wanted. @param path null: in memory. */
async function openStore(path: string | null): Promise<LmdbP2pStore | MemoryP2pStore> {
  if (path === null) return new MemoryP2pStore();
  const { LmdbP2pStore } = await import('../stores/p2pStore.js');
  return new LmdbP2pStore({ path });
}

/** What asks a server, HTTP and WebSockets, is loaded only where one signs. */
async function signerOf({ p2p, rollup }: P2pNodeOptions, clock: Clock): Promise<BlockSigner> {
  const { sequencerKey, remoteSigner } = p2p;
  if (sequencerKey !== null) return createLocalSigner(sequencerKey, rollup.l2ChainId);
  if (remoteSigner === null) return new DisabledSigner();
  const { createRemoteSigner } = await import('../p2p/signer/createRemoteSigner.js');
  return createRemoteSigner(remoteSigner, rollup.l2ChainId, {
    clock,
    random: Math.random,
    readFile: (path) => readFileSync(path, 'utf8'),
  });
}

// One signal ends many waits at once, by design; each wait removes its listener.
setMaxListeners(0);
await main();
