import type { FollowEnginePort, FollowVerifierPort } from '../follow/ports.js';
import { LruCache } from '../runtime/lruCache.js';
import type { BlockId, Hash } from '../types/block.js';

/** More than blocks are fetched ahead of the unsafe head. */
const MAX_BARRED = 4_096;

/**
 * The engine for who fetches blocks: neither a refuted block comes back as an unsafe one, nor what builds on it, for
 * which the execution layer still holds it. Everything else passes.
 */
export function withoutRefuted(
  engine: FollowEnginePort,
  { refuted }: FollowVerifierPort,
): FollowEnginePort {
  /** Descendants of `root` that came, lowest first. */
  const barred = new LruCache<Hash, Hash>(MAX_BARRED);
  let root: BlockId | null = null;
  return {
    heads: engine.heads,
    follow: (target, signal) => engine.follow(target, signal),
    addUnsafePayload: (envelope) => {
      const { blockHash, parentHash } = envelope.executionPayload;
      if (root !== refuted.get()) {
        root = refuted.get();
        barred.clear();
        if (root !== null) barred.set(root.hash, root.hash);
      }
      const isBarred = blockHash === root?.hash || barred.get(parentHash) !== undefined;
      if (isBarred) barred.set(blockHash, parentHash);
      else engine.addUnsafePayload(envelope);
    },
  };
}
