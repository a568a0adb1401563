import { outcomeOfShared } from '../runtime/abort.js';
import type { Hash } from '../types/block.js';

/** What is being fetched, by the hash of its block. */
export type Fetching = Map<Hash, Promise<unknown>>;

export interface Wanted<T> {
  readonly hash: Hash;
  /** What is kept of the block; undefined where nothing is. */
  readonly known: () => T | undefined;
  /** Gets it, and keeps it. Null: there is no such block. */
  readonly fetch: () => Promise<T | null>;
}

/**
 * What is known of a block, or what another caller is just fetching, or what `fetch` brings. Another caller's abort must
 * not end this call: it looks again, and fetches itself if that came to nothing.
 * @throws what `fetch` throws; NodeError ABORTED when the signal fires while another caller is waited for.
 */
export async function fetchOnce<T>(
  fetching: Fetching,
  { hash, known, fetch }: Wanted<T>,
  signal: AbortSignal,
): Promise<T | null> {
  for (;;) {
    const value = known();
    if (value !== undefined) return value;
    const underway = fetching.get(hash);
    if (underway === undefined) break;
    await outcomeOfShared(underway, signal);
  }
  const fetched = fetch();
  fetching.set(hash, fetched);
  try {
    return await fetched;
  } finally {
    fetching.delete(hash);
  }
}
