import type { BeaconConfig } from '../../config/nodeConfig.js';
import { BeaconClient } from '../l1/beaconClient.js';
import { BeaconEndpoint } from '../l1/beaconEndpoint.js';
import { KzgBlobHasher } from '../l1/blobHasher.js';
import { HttpGetClient } from '../transport/httpGet.js';
import { beaconAddresses } from './beaconAddresses.js';
import type { NodeDeps } from './nodeDeps.js';

/** op-node's HTTP client for the beacon API. */
const TIMEOUT_MS = 30_000;
/** A slot's sidecars with many blobs, in hex, with room to spare. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Of a request that the only endpoint turned away. */
const RETRIES = 3;

export interface BeaconParts {
  readonly client: BeaconClient;
  close(): Promise<void>;
}

/** Makes the beacon client over the endpoint and its fallbacks; nothing is asked yet. */
export function createBeacon(config: BeaconConfig, deps: NodeDeps): BeaconParts {
  const limits = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES };
  const addresses = beaconAddresses(config);
  // A fallback is asked sooner than the endpoint that turned a request away.
  const retries = addresses.length === 1 ? RETRIES : 0;
  const clients = addresses.map(
    (address) => new HttpGetClient({ ...address, ...limits, retries }, deps),
  );
  const { fetchAllSidecars, slotDurationOverride } = config;
  const hasher = new KzgBlobHasher();
  const client = new BeaconClient(
    { slotDurationOverrideSec: BigInt(slotDurationOverride) },
    {
      endpoints: clients.map((http) => new BeaconEndpoint({ fetchAllSidecars }, http)),
      hasher,
      log: deps.log.child({ component: 'beacon' }),
    },
  );
  return {
    client,
    close: async () => {
      await Promise.all([hasher.close(), ...clients.map((http) => http.close())]);
    },
  };
}
