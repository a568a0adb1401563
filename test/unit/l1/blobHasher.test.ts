import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { BLOB_BYTES, KzgBlobHasher } from '../../../src/l1/blobHasher.js';
import { hexToBytes } from '../../../src/rollup/bytes.js';
import { readWorldL1 } from '../../support/recordedWorld.js';
import { rejection } from '../../support/until.js';

const blobs = readWorldL1('forks').flatMap((entry) => entry.blobs ?? []);
const signal = new AbortController().signal;
const hasher = new KzgBlobHasher();
const bytesOf = (blob: string): Uint8Array => hexToBytes(blob) as Uint8Array;
const firstBlob = (): Uint8Array => bytesOf(blobs[0]?.blob as string);

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

  onLinux(
    'ends at once while the trusted setup is read, and leaves no process behind',
    async () => {
      const starting = new KzgBlobHasher();
      const waiting = rejection(starting.versionedHash(firstBlob(), signal));
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
