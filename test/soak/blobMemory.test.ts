import { describe, expect, it } from 'vitest';
import { childrenOf } from '../../bench/measure/childrenOf.js';
import { residentMiB } from '../../bench/measure/residentMemory.js';
import { BLOB_BYTES, KzgBlobHasher } from '../../src/l1/blobHasher.js';

/** Blobs of half a day of a busy chain; those without anything in them take a millisecond each. */
const BLOBS = 24_000;
const SIDE_BY_SIDE = 6;
const MOST_GROWTH_MIB = 4;

describe('the process of blob commitments', () => {
  it('keeps its size over the blobs of half a day', async () => {
    const hasher = new KzgBlobHasher();
    const { signal } = new AbortController();
    let asked = 0;
    const askUntil = async (last: number): Promise<void> => {
      while (asked < last) {
        asked += 1;
        await hasher.versionedHash(Buffer.alloc(BLOB_BYTES), signal);
      }
    };
    const sizeAt = async (last: number): Promise<number> => {
      await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => askUntil(last)));
      return residentMiB(onlyChild());
    };
    const before = await sizeAt(BLOBS / 4);
    const after = await sizeAt(BLOBS);
    console.log(`${before.toFixed(1)} MiB, ${after.toFixed(1)} MiB after ${BLOBS} blobs`);
    expect(after - before).toBeLessThan(MOST_GROWTH_MIB);
  });
});

function onlyChild(): number {
  const [child = 0, ...others] = childrenOf(process.pid);
  expect(child).toBeGreaterThan(0);
  expect(others).toEqual([]);
  return child;
}
