/** Told what a cache does, for metrics. */
export interface CacheObserver {
  got(isHit: boolean): void;
  /** @param size entries after adding. */
  added(size: number, hasEvicted: boolean): void;
}

/** Keeps the `maxEntries` most recently used entries; with 0 it keeps nothing. */
export class LruCache<K, V extends object | string> {
  private readonly entries = new Map<K, V>();

  constructor(
    private readonly maxEntries: number,
    private readonly observer?: CacheObserver,
  ) {}

  /** The value, now the most recently used one; undefined when it is not here. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    this.observer?.got(value !== undefined);
    if (value === undefined) return undefined;
    // A Map iterates in the order of insertion: moved to the end, the oldest entry stays in front.
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    if (this.maxEntries <= 0) return;
    this.entries.delete(key);
    const oldest = this.entries.keys().next();
    const hasEvicted = this.entries.size >= this.maxEntries && oldest.done !== true;
    if (hasEvicted) this.entries.delete(oldest.value);
    this.entries.set(key, value);
    this.observer?.added(this.entries.size, hasEvicted);
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }

  get size(): number {
    return this.entries.size;
  }

  keys(): IterableIterator<K> {
    return this.entries.keys();
  }
}
