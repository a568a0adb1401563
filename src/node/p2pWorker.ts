import '../p2p/host/withResolvers.js';
import { parentPort, workerData } from 'node:worker_threads';
import type { P2pNodeOptions } from '../p2p/createP2pNode.js';
import { parsePrivateKey } from '../p2p/keys.js';
import type { BlockSigner } from '../p2p/signer/blockSigner.js';
import { DisabledSigner } from '../p2p/signer/blockSigner.js';
import { LocalSigner } from '../p2p/signer/localSigner.js';
import { runP2pWorker } from '../p2p/worker/runP2pWorker.js';
import { SystemClock } from '../runtime/clock.js';
import { LmdbP2pStore, MemoryP2pStore } from '../stores/p2pStore.js';

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
  const { peerstorePath } = options.p2p;
  await runP2pWorker(options, {
    port: parentPort,
    privateKey,
    store:
      peerstorePath === null ? new MemoryP2pStore() : new LmdbP2pStore({ path: peerstorePath }),
    signer: signerOf(options),
    clock: new SystemClock(),
  });
}

function signerOf({ p2p, rollup }: P2pNodeOptions): BlockSigner {
  if (p2p.sequencerKey === null) return new DisabledSigner();
  const privateKey = parsePrivateKey(p2p.sequencerKey);
  return new LocalSigner({ privateKey, l2ChainId: rollup.l2ChainId });
}

await main();
