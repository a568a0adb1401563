import { afterAll, describe, expect, it } from 'vitest';
import { BLOB_BYTES, KzgBlobHasher } from '../../../src/l1/blobHasher.js';
import { hexToBytes } from '../../../src/rollup/bytes.js';
import { readWorldL1 } from '../../support/recordedWorld.js';

const blobs = readWorldL1('forks').flatMap((entry) => entry.blobs ?? []);
const signal = new AbortController().signal;
const hasher = new KzgBlobHasher();
const bytesOf = (blob: string): Uint8Array => hexToBytes(blob) as Uint8Array;
const firstBlob = (): Uint8Array => bytesOf(blobs[0]?.blob as string);

afterAll(() => hasher.close());

describe('KzgBlobHasher', () => {
  it('gives recorded blobs the versioned hash of their transaction', async () => {
    hasher.preload();
    const some = blobs.slice(0, 3);
    expect(some.length).toBeGreaterThan(1);
    const hashes = some.map(({ blob }) => hasher.versionedHash(bytesOf(blob), signal));
    expect(await Promise.all(hashes)).toEqual(some.map((blob) => blob.versioned_hash));
  });

  it('gives a changed blob another hash', async () => {
    const changed = Uint8Array.from(firstBlob());
    changed[40] = (changed[40] ?? 0) ^ 1;
    const hash = await hasher.versionedHash(changed, signal);
    expect(hash).toMatch(/^0x01/);
    expect(hash).not.toBe(blobs[0]?.versioned_hash);
  });

  it('gives null for bytes that are no blob', async () => {
    expect(await hasher.versionedHash(new Uint8Array(10), signal)).toBeNull();
    expect(await hasher.versionedHash(new Uint8Array(BLOB_BYTES).fill(255), signal)).toBeNull();
  });

  it('stops waiting when told to, and works on', async () => {
    const controller = new AbortController();
    const waiting = hasher.versionedHash(firstBlob(), controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await hasher.versionedHash(firstBlob(), signal)).toBe(blobs[0]?.versioned_hash);
  });

  it('fails what was under way when closed, and starts again when asked', async () => {
    const waiting = hasher.versionedHash(firstBlob(), signal);
    const refused = expect(waiting).rejects.toMatchObject({
      code: 'L1_KZG_FAILED',
      severity: 'temporary',
    });
    await hasher.close();
    await refused;
    expect(await hasher.versionedHash(firstBlob(), signal)).toBe(blobs[0]?.versioned_hash);
  });
});
