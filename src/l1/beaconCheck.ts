import { hasCode, NodeError } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';

export interface BeaconCheckOptions {
  /** False when `--l1.beacon` is not set. */
  readonly isConfigured: boolean;
  /** `--l1.beacon.ignore`: a missing or failing endpoint is only warned about. */
  readonly isIgnored: boolean;
}

export interface BeaconCheckDeps {
  readonly beacon: { version(signal: AbortSignal): Promise<string> };
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tries and waits as op-node: five, from one second on, doubled each time. */
const ATTEMPTS = 5;
const FIRST_DELAY_MS = 1_000;

/**
 * Asks the beacon node for its version at start: a node that derives from blobs should not start without one.
 * @throws NodeError L1_BEACON_CHECK_FAILED (critical) unless ignored. op-node `node/node.go` initL1BeaconAPI.
 */
export async function checkBeacon(
  options: BeaconCheckOptions,
  deps: BeaconCheckDeps,
  signal: AbortSignal,
): Promise<void> {
  const { log } = deps;
  if (!options.isConfigured) {
    if (!options.isIgnored) throw failed('missing L1 Beacon API endpoint');
    log.warn(
      'This endpoint is required for the Ecotone upgrade, but is missing, and configured to be ignored. The node may be unable to retrieve EIP-4844 blobs data.',
    );
    return;
  }
  try {
    const version = await versionWithRetries(deps, signal);
    log.info('Connected to L1 Beacon API, ready for EIP-4844 blobs retrieval.', { version });
  } catch (error) {
    if (hasCode(error, 'ABORTED')) throw error;
    if (!options.isIgnored) throw failed('failed to check L1 Beacon API version', error);
    log.warn(
      'Failed to check L1 Beacon API version, but configuration ignores results. The node may be unable to retrieve EIP-4844 blobs data.',
      { error },
    );
  }
}

async function versionWithRetries(deps: BeaconCheckDeps, signal: AbortSignal): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await deps.beacon.version(signal);
    } catch (error) {
      if (hasCode(error, 'ABORTED') || attempt + 1 === ATTEMPTS) throw error;
      await deps.clock.sleep(FIRST_DELAY_MS * 2 ** attempt, signal);
    }
  }
}

function failed(message: string, cause?: unknown): NodeError {
  return new NodeError('L1_BEACON_CHECK_FAILED', message, { severity: 'critical', cause });
}
