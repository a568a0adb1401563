/** What the parts of p2p need of the node. */

/** Keys with values that survive a restart, of what is known about peers. Reading is from memory-mapped pages. */
export interface P2pStore {
  get(key: string): Uint8Array | null;
  put(key: string, value: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
  /** All entries whose key begins with the prefix, in the order of keys. */
  entries(prefix: string): Iterable<readonly [key: string, value: Uint8Array]>;
  close(): Promise<void>;
}
