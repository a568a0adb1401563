import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';

/** Version of a payload's encoding; the topic of version n is `/optimism/<chain>/<n - 1>/blocks`. */
export type BlockVersion = 1 | 2 | 3 | 4;

/** All versions, oldest first. */
export const BLOCK_VERSIONS = [1, 2, 3, 4] as const satisfies readonly BlockVersion[];

/**
 * The version that the chain uses at this L2 time (Unix seconds): by it the topic of a published block is chosen, and how an
 * answer of request-response is read. op-node `op-node/p2p/gossip.go` publishRawSignedPayload.
 */
export function blockVersionAt(
  config: Pick<RollupConfig, 'forks'>,
  timestamp: bigint,
): BlockVersion {
  if (isActive(config, 'isthmus', timestamp)) return 4;
  if (isActive(config, 'ecotone', timestamp)) return 3;
  return isActive(config, 'canyon', timestamp) ? 2 : 1;
}

/** True for the versions whose body starts with the parent beacon block root. */
export function hasBeaconRoot(version: BlockVersion): boolean {
  return version >= 3;
}
