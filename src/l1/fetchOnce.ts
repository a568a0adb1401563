import { outcomeOfShared } from '../runtime/abort.js';

/** What is being fetched, by what it is: of a block, its hash. */
export type Fetching = Map<string, Promise<unknown>>;

export interface Wanted<T> {
  readonly key: string;
  /** What is kept of it; undefined where nothing is. */
  readonly known: () => T | undefined;
  /** Gets it, and keeps it. */
  readonly fetch: () => Promise<T>;
}

/**
 * What is known already, or what another caller is just fetching, or what `fetch` brings. Another caller's abort must
 * not end this call: it looks again, and fetches itself if that came to nothing.
 * @throws what `fetch` throws; NodeError ABORTED when the signal fires while another caller is waited for.
 */
export async function fetchOnce<T>(
  fetching: Fetching,
  { key, known, fetch }: Wanted<T>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const value = known();
    if (value !== undefined) return value;
    const underway = fetching.get(key);
    if (underway === undefined) break;
    await outcomeOfShared(underway, signal);
  }
  const fetched = fetch();
  fetching.set(key, fetched);
  try {
    return await fetched;
  } finally {
    fetching.delete(key);
  }
}
