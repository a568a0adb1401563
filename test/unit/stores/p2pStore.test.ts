import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryP2pStore } from '../../../src/stores/memoryP2pStore.js';
import { readOrMakeKeyFile } from '../../../src/stores/p2pKeyFile.js';
import { LmdbP2pStore } from '../../../src/stores/p2pStore.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'p2p-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each([
  ['on disk', () => new LmdbP2pStore({ path: join(folder, 'db') })],
  ['in memory', () => new MemoryP2pStore()],
])('the store of peers %s', (_where, open) => {
  it('keeps values by key, and lists them by prefix in order', async () => {
    const store = open();
    await store.put('/a/2', Uint8Array.of(2));
    await store.put('/a/1', Uint8Array.of(1));
    await store.put('/b/1', new Uint8Array());
    expect(store.get('/c')).toBeNull();
    expect([...(store.get('/a/1') ?? [])]).toEqual([1]);
    expect([...(store.get('/b/1') ?? [9])]).toEqual([]);
    expect([...store.entries('/a/')].map(([key]) => key)).toEqual(['/a/1', '/a/2']);
    await store.delete('/a/1');
    expect([...store.entries('/a/')].map(([key, value]) => [key, ...value])).toEqual([['/a/2', 2]]);
    await store.close();
  });
});

describe('the store on disk', () => {
  it('lives in a folder of any name', async () => {
    const path = join(folder, 'peers.v1');
    mkdirSync(path);
    const store = new LmdbP2pStore({ path });
    await store.put('key', Uint8Array.of(7));
    await store.close();
    expect(readdirSync(path)).toContain('data.mdb');
  });

  it('is there after a restart', async () => {
    const path = join(folder, 'db');
    const store = new LmdbP2pStore({ path });
    await store.put('key', Uint8Array.of(7));
    await store.close();
    const later = new LmdbP2pStore({ path });
    expect([...(later.get('key') ?? [])]).toEqual([7]);
    await later.close();
  });

  it('says where it cannot be', () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    expect(() => new LmdbP2pStore({ path: join(path, 'db') })).toThrow(
      expect.objectContaining({ code: 'P2P_STORE_OPEN_FAILED', severity: 'critical' }),
    );
  });
});

describe('the key file', () => {
  it('is made once, for its owner alone, and read as it is', async () => {
    const path = join(folder, 'key.txt');
    const made = await readOrMakeKeyFile(path);
    expect(made).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await readOrMakeKeyFile(path)).toBe(made);
    expect(readFileSync(path, 'utf8')).toBe(made);
  });

  it('that cannot be made is a critical error', async () => {
    await expect(readOrMakeKeyFile(join(folder, 'missing', 'key.txt'))).rejects.toMatchObject({
      code: 'P2P_KEY_UNWRITABLE',
      severity: 'critical',
    });
  });
});
