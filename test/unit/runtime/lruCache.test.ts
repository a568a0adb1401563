import { describe, expect, it } from 'vitest';
import { LruCache } from '../../../src/runtime/lruCache.js';

describe('LruCache', () => {
  it('drops the least recently used entry, not the oldest', () => {
    const cache = new LruCache<number, string>(2);
    cache.set(1, 'a');
    cache.set(2, 'b');
    cache.get(1);
    cache.set(3, 'c');
    expect([...cache.keys()]).toEqual([1, 3]);
    expect(cache.get(2)).toBeUndefined();
  });

  it('replaces a value without dropping another', () => {
    const cache = new LruCache<number, string>(2);
    cache.set(1, 'a');
    cache.set(2, 'b');
    cache.set(2, 'c');
    expect(cache.get(1)).toBe('a');
    expect(cache.get(2)).toBe('c');
    expect(cache.size).toBe(2);
  });

  it('keeps nothing with a bound of 0', () => {
    const cache = new LruCache<number, string>(0);
    cache.set(1, 'a');
    expect(cache.size).toBe(0);
  });

  it('forgets on request', () => {
    const cache = new LruCache<number, string>(4);
    cache.set(1, 'a');
    cache.set(2, 'b');
    cache.delete(1);
    expect(cache.get(1)).toBeUndefined();
    cache.clear();
    expect(cache.size).toBe(0);
  });

  it('tells its observer of hits, sizes and evictions', () => {
    const seen: unknown[] = [];
    const cache = new LruCache<number, string>(1, {
      got: (isHit) => seen.push(['got', isHit]),
      added: (size, hasEvicted) => seen.push(['added', size, hasEvicted]),
    });
    cache.get(1);
    cache.set(1, 'a');
    cache.get(1);
    cache.set(2, 'b');
    expect(seen).toEqual([
      ['got', false],
      ['added', 1, false],
      ['got', true],
      ['added', 1, true],
    ]);
  });
});
