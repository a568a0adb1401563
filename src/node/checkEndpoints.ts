import type { NodeConfig } from '../../config/nodeConfig.js';
import { checkBeacon } from '../l1/beaconCheck.js';
import { linkSignals } from '../runtime/abort.js';
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

type Check = (signal: AbortSignal) => Promise<void>;

/**
 * Checks before anything runs that the endpoints serve the configured chains, all at once: a start takes as long as the
 * slowest of them. While following, blobs are not needed and the beacon node is not asked, unless what is followed is
 * verified.
 * @throws NODE_WRONG_CHAIN, NODE_ENDPOINT_UNAVAILABLE, L1_BEACON_CHECK_FAILED of the first check that fails; all
 * critical. ABORTED.
 */
export async function checkEndpoints(
  config: NodeConfig,
  parts: CheckedParts,
  deps: NodeDeps,
  signal: AbortSignal,
): Promise<void> {
  const { rollup, sync, follow } = config;
  const { l1, l2 } = parts;
  const checks: Check[] = [];
  const derives = follow === null || follow.isVerifyEnabled;
  if (derives && rollup.forks.ecotone !== undefined) {
    checks.push((s) => checkBlobSource(config, parts, deps, s));
  }
  if (l1 !== null) {
    const check: Check = (s) => checkL1Identity(rollup, l1.client, deps.log, s);
    checks.push((s) => withStartRetry('L1 (--l1)', check, deps, s));
  }
  const skipGenesis = sync.mode === 'execution-layer';
  const check: Check = (s) => checkL2Identity(rollup, l2.source, { skipGenesis }, s);
  checks.push((s) => withStartRetry('execution engine (--l2)', check, deps, s));
  await allOf(checks, signal);
}

function checkBlobSource(
  config: NodeConfig,
  { beacon }: CheckedParts,
  { clock, log }: NodeDeps,
  signal: AbortSignal,
): Promise<void> {
  return checkBeacon(
    { isConfigured: beacon !== null, isIgnored: config.isBeaconCheckIgnored },
    { beacon: beacon?.client ?? { version: async () => '' }, clock, log },
    signal,
  );
}

/** Resolves when all have passed. The first that fails ends the others, and is what is thrown. */
async function allOf(checks: readonly Check[], signal: AbortSignal): Promise<void> {
  const link = linkSignals(signal);
  try {
    await Promise.all(checks.map((check) => check(link.signal)));
  } finally {
    link.abort();
    link.dispose();
  }
}
