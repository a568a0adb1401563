import type { NodeConfig } from '../../config/nodeConfig.js';
import { checkBeacon } from '../l1/beaconCheck.js';
import type { BeaconParts } from './createBeacon.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import { checkL1Identity, checkL2Identity } from './endpointIdentity.js';
import type { NodeDeps } from './nodeDeps.js';
import { withStartRetry } from './startRetry.js';

export interface CheckedParts {
  /** Null without an L1. */
  readonly l1: L1Parts | null;
  readonly l2: L2Parts;
  /** Null where none is configured. */
  readonly beacon: BeaconParts | null;
}

/**
 * Checks before anything runs that the endpoints serve the configured chains. While following, blobs are not needed and
 * the beacon node is not asked, unless what is followed is verified.
 * @throws NODE_WRONG_CHAIN, NODE_ENDPOINT_UNAVAILABLE, L1_BEACON_CHECK_FAILED; all critical. ABORTED.
 */
export async function checkEndpoints(
  config: NodeConfig,
  parts: CheckedParts,
  deps: NodeDeps,
  signal: AbortSignal,
): Promise<void> {
  const { rollup, sync, follow } = config;
  const { l1, l2, beacon } = parts;
  const derives = follow === null || follow.isVerifyEnabled;
  if (derives && rollup.forks.ecotone !== undefined) {
    await checkBeacon(
      { isConfigured: beacon !== null, isIgnored: config.isBeaconCheckIgnored },
      {
        beacon: beacon?.client ?? { version: async () => '' },
        clock: deps.clock,
        log: deps.log,
      },
      signal,
    );
  }
  if (l1 !== null) {
    const check = (s: AbortSignal) => checkL1Identity(rollup, l1.client, deps.log, s);
    await withStartRetry('L1 (--l1)', check, deps, signal);
  }
  const skipGenesis = sync.mode === 'execution-layer';
  const check = (s: AbortSignal) => checkL2Identity(rollup, l2.source, { skipGenesis }, s);
  await withStartRetry('execution engine (--l2)', check, deps, signal);
}
