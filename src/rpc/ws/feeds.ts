import { encodeL2BlockRef, encodeSyncStatus } from '../../types/codec.js';
import type { SyncStatus } from '../../types/syncStatus.js';

/** What can be subscribed to, and how what is pushed is written. */
export const FEEDS = {
  syncStatus: encodeSyncStatus,
  unsafeHead: ({ unsafeL2 }: SyncStatus) => encodeL2BlockRef(unsafeL2),
  safeHead: ({ safeL2 }: SyncStatus) => encodeL2BlockRef(safeL2),
  finalizedHead: ({ finalizedL2 }: SyncStatus) => encodeL2BlockRef(finalizedL2),
} as const satisfies Readonly<Record<string, (status: SyncStatus) => string>>;

export type FeedName = keyof typeof FEEDS;

export const FEED_NAMES = Object.keys(FEEDS) as readonly FeedName[];

export function isFeedName(name: string): name is FeedName {
  return Object.hasOwn(FEEDS, name);
}

/** kona-node's names of three of them: `ws_subscribe_…`, `ws_unsubscribe_…`; its `crates/node/rpc/src/jsonrpsee.rs`. */
export const KONA_FEEDS: ReadonlyMap<string, FeedName> = new Map([
  ['unsafe_head', 'unsafeHead'],
  ['safe_head', 'safeHead'],
  ['finalized_head', 'finalizedHead'],
]);
