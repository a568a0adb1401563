import type { BlockVersion } from '../codec/blockVersion.js';
import { BLOCK_VERSIONS } from '../codec/blockVersion.js';

/** The topic of blocks of a version. Spec: specs `protocol/rollup-node-p2p.md`, "Gossip Topics". */
export function blocksTopic(l2ChainId: bigint, version: BlockVersion): string {
  return `/optimism/${l2ChainId}/${version - 1}/blocks`;
}

/** All topics of a chain with their versions: every node subscribes to all, whatever fork is active. */
export function blocksTopics(l2ChainId: bigint): ReadonlyMap<string, BlockVersion> {
  return new Map(BLOCK_VERSIONS.map((version) => [blocksTopic(l2ChainId, version), version]));
}
