import { LruCache } from '../../runtime/lruCache.js';
import type { Hash } from '../../types/block.js';
import type { FollowEnginePort, FollowVerifierPort } from '../ports.js';

/** More than blocks are fetched ahead of the unsafe head. */
const MAX_PARENTS = 4_096;

/**
 * The engine for who fetches blocks: neither a refuted block comes back as an unsafe one, nor what builds on it, for
 * which the execution layer still holds it. Everything else passes.
 */
export function withoutRefuted(
  engine: FollowEnginePort,
  { refuted }: FollowVerifierPort,
): FollowEnginePort {
  /** Of every block that came: a refuted one may have passed before it was. */
  const parents = new LruCache<Hash, Hash>(MAX_PARENTS);
  const buildsOn = (block: Hash, root: Hash): boolean => {
    for (let at: Hash | undefined = block; at !== undefined; at = parents.get(at)) {
      if (at === root) return true;
    }
    return false;
  };
  return {
    heads: engine.heads,
    follow: (target, signal) => engine.follow(target, signal),
    noteMove: (to) => engine.noteMove(to),
    addUnsafePayload: (envelope) => {
      const { blockHash, parentHash } = envelope.executionPayload;
      parents.set(blockHash, parentHash);
      const root = refuted.get();
      if (root === null || !buildsOn(blockHash, root.hash)) engine.addUnsafePayload(envelope);
    },
  };
}
