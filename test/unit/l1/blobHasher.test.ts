import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DasContextJs } from '@crate-crypto/node-eth-kzg';
import { afterAll, describe, expect, it } from 'vitest';
import { BLOB_BYTES, KzgBlobHasher, versionedHashOf } from '../../../src/l1/blobHasher.js';
import { hexToBytes } from '../../../src/rollup/bytes.js';
import { readWorldL1 } from '../../support/recordedWorld.js';
import { seededRandom } from '../../support/seededRandom.js';
import { rejection } from '../../support/until.js';

const blobs = readWorldL1('forks').flatMap((entry) => entry.blobs ?? []);
const signal = new AbortController().signal;
const hasher = new KzgBlobHasher();
const bytesOf = (blob: string): Uint8Array => hexToBytes(blob) as Uint8Array;
const firstBlob = (): Uint8Array => bytesOf(blobs[0]?.blob as string);

/** The order of BLS12-381's scalar field: field elements are below it. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

/** A blob of these field elements, by their places. */
function blobWith(elements: ReadonlyMap<number, bigint>): Uint8Array {
  const blob = Buffer.alloc(BLOB_BYTES);
  for (const [place, value] of elements)
    blob.write(value.toString(16).padStart(64, '0'), 32 * place, 'hex');
  return blob;
}

/** Field elements from one place up to another, as they fall. */
function randomElements(from: number, to: number): ReadonlyMap<number, bigint> {
  const random = seededRandom(4844);
  const element = (): bigint =>
    Array.from({ length: 8 }, () => BigInt(Math.floor(random() * 2 ** 32))).reduce(
      (all, part) => (all << 32n) | part,
    ) % ORDER;
  return new Map(Array.from({ length: to - from }, (_, index) => [from + index, element()]));
}

/** The library that takes any blob, asked without our process. */
function libraryContext(): DasContextJs {
  const library = createRequire(import.meta.url)('@crate-crypto/node-eth-kzg') as {
    DasContextJs: typeof DasContextJs;
  };
  return library.DasContextJs.create({ usePrecomp: false });
}

/** Process ids of our living children, whichever thread has started them. */
function children(): readonly number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    const text = readFileSync(`/proc/self/task/${thread}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  });
}

/** Only Linux tells. */
const onLinux = it.runIf(process.platform === 'linux');

afterAll(() => hasher.close());

describe('KzgBlobHasher', () => {
  it('gives recorded blobs the versioned hash of their transaction', async () => {
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

  it('gives nearly empty and full blobs the hash of the commitment that the library has for them', async () => {
    const context = libraryContext();
    const some = [
      // All points that a nearly empty blob is summed of, and one beyond.
      randomElements(0, 384),
      randomElements(0, 385),
      randomElements(383, 384),
      randomElements(0, 4096),
      new Map([[7, 1n]]),
      new Map([
        [0, ORDER - 1n],
        [200, 2n ** 254n],
      ]),
      new Map(),
    ].map(blobWith);
    const hashes = await Promise.all(some.map((blob) => hasher.versionedHash(blob, signal)));
    expect(hashes).toEqual(some.map((blob) => versionedHashOf(context.blobToKzgCommitment(blob))));
  });

  it('gives null for bytes that are no blob', async () => {
    expect(await hasher.versionedHash(new Uint8Array(10), signal)).toBeNull();
    expect(await hasher.versionedHash(new Uint8Array(BLOB_BYTES).fill(255), signal)).toBeNull();
    for (const tooLarge of [ORDER, ORDER + 1n, 2n ** 256n - 1n]) {
      const blob = blobWith(
        new Map([
          [0, 1n],
          [3, tooLarge],
        ]),
      );
      expect(await hasher.versionedHash(blob, signal)).toBeNull();
    }
  });

  onLinux('reads no trusted setup for nearly empty blobs', async () => {
    const known = new Set(children());
    const light = new KzgBlobHasher();
    const libraries = (): boolean =>
      children().some((pid) => {
        const isOurs = !known.has(pid);
        return isOurs && readFileSync(`/proc/${pid}/maps`, 'utf8').includes('node-eth-kzg');
      });
    await light.versionedHash(firstBlob(), signal);
    expect(libraries()).toBe(false);
    await light.versionedHash(blobWith(randomElements(0, 385)), signal);
    expect(libraries()).toBe(true);
    await light.close();
  });

  it('stops waiting when told to, and works on', async () => {
    const controller = new AbortController();
    const waiting = hasher.versionedHash(firstBlob(), controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await hasher.versionedHash(firstBlob(), signal)).toBe(blobs[0]?.versioned_hash);
  });

  onLinux(
    'ends at once while the trusted setup is read, and leaves no process behind',
    async () => {
      const starting = new KzgBlobHasher();
      const blob = blobWith(randomElements(0, 4096));
      const waiting = rejection(starting.versionedHash(blob, signal));
      const before = children();
      await starting.close();
      // What was under way has failed, not succeeded: nothing waited for the setup.
      expect(await waiting).toMatchObject({ code: 'L1_KZG_FAILED' });
      expect(before.length).toBeGreaterThan(children().length);
    },
  );

  onLinux('starts another process when the first one dies', async () => {
    const known = new Set(children());
    const dying = new KzgBlobHasher();
    const waiting = rejection(dying.versionedHash(firstBlob(), signal));
    for (const pid of children()) {
      if (!known.has(pid)) process.kill(pid, 'SIGKILL');
    }
    expect(await waiting).toMatchObject({ code: 'L1_KZG_FAILED', severity: 'temporary' });
    expect(await dying.versionedHash(firstBlob(), signal)).toBe(blobs[0]?.versioned_hash);
    await dying.close();
  });

  onLinux('begins when told that blobs will come, once', async () => {
    const before = children().length;
    const early = new KzgBlobHasher();
    early.prepare();
    early.prepare();
    expect(children()).toHaveLength(before + 1);
    expect(await early.versionedHash(firstBlob(), signal)).toBe(blobs[0]?.versioned_hash);
    expect(children()).toHaveLength(before + 1);
    await early.close();
    expect(children()).toHaveLength(before);
  });

  onLinux('does nothing before the first blob', async () => {
    const before = children();
    const idle = new KzgBlobHasher();
    await idle.versionedHash(new Uint8Array(10), signal);
    await idle.close();
    expect(children()).toEqual(before);
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
