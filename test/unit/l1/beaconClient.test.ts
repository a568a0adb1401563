import { beforeEach, describe, expect, it } from 'vitest';
import type { DeriveBlobSource } from '../../../src/derive/ports.js';
import { checkBeacon } from '../../../src/l1/beaconCheck.js';
import { BeaconClient } from '../../../src/l1/beaconClient.js';
import type { BeaconHttp } from '../../../src/l1/beaconEndpoint.js';
import { BeaconEndpoint } from '../../../src/l1/beaconEndpoint.js';
import type { BlobHasher } from '../../../src/l1/blobHasher.js';
import { versionedHashOf } from '../../../src/l1/blobHasher.js';
import { bytesToHex } from '../../../src/rollup/bytes.js';
import { HttpStatusError, transportFailed } from '../../../src/transport/transportErrors.js';
import { ZERO_L1_REF } from '../../../src/types/block.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const signal = new AbortController().signal;
const GENESIS = 1000n;
const BLOCK = { ...ZERO_L1_REF, number: 5n, timestamp: 1125n };
const SLOT = 10;

/** How much the beacon node had been asked when the computing was told to begin. */
const prepared: number[] = [];

/** Stands in for KZG: a blob is its own commitment; an empty one is no blob. */
const hasher: BlobHasher = {
  prepare: () => prepared.push(beacons[0]?.paths.length ?? 0),
  versionedHash: async (blob) => (blob.length === 0 ? null : versionedHashOf(blob)),
};
const blobOf = (byte: number): Uint8Array => Buffer.from([byte, byte]);
const hashOf = (byte: number): `0x${string}` => versionedHashOf(blobOf(byte));
const hexOf = (byte: number): string => bytesToHex(blobOf(byte));
const sidecar = (byte: number): object => ({ blob: hexOf(byte), kzg_commitment: hexOf(byte) });

class FakeBeacon implements BeaconHttp {
  readonly paths: string[] = [];
  readonly answers: Record<string, unknown> = {
    '/eth/v1/node/version': { version: 'fake/1' },
    '/eth/v1/beacon/genesis': { genesis_time: String(GENESIS) },
    '/eth/v1/config/spec': { SECONDS_PER_SLOT: '12' },
  };

  async getJson(path: string): Promise<unknown> {
    this.paths.push(path);
    const answer = this.answers[path.split('?')[0] ?? ''];
    if (answer instanceof Error) throw answer;
    if (answer === undefined) throw new HttpStatusError('http://beacon', 404, 'not found');
    return { data: answer };
  }

  blobs(bytes: readonly number[]): this {
    this.answers[`/eth/v1/beacon/blobs/${SLOT}`] = bytes.map(hexOf);
    return this;
  }

  sidecars(bytes: readonly number[]): this {
    this.answers[`/eth/v1/beacon/blob_sidecars/${SLOT}`] = bytes.map(sidecar);
    return this;
  }

  fails(): this {
    this.answers[`/eth/v1/beacon/blobs/${SLOT}`] = transportFailed('http://beacon', undefined);
    return this;
  }
}

let beacons: FakeBeacon[];

function client(
  options: { slotDurationOverrideSec?: bigint; fetchAllSidecars?: boolean } = {},
): DeriveBlobSource & BeaconClient {
  const { slotDurationOverrideSec = 0n, fetchAllSidecars = false } = options;
  const endpoints = beacons.map((http) => new BeaconEndpoint({ fetchAllSidecars }, http));
  return new BeaconClient(
    { slotDurationOverrideSec },
    { endpoints, hasher, log: new FakeLogger() },
  );
}

const ask = (source: DeriveBlobSource, ...bytes: number[]): Promise<readonly Uint8Array[] | null> =>
  source.blobsByHash(BLOCK, bytes.map(hashOf), signal);

beforeEach(() => {
  beacons = [new FakeBeacon()];
});

describe('BeaconClient', () => {
  it('gives blobs in the order asked for, whatever the order of the answer', async () => {
    beacons[0]?.blobs([3, 1, 2]);
    expect(await ask(client(), 2, 3, 1)).toEqual([2, 3, 1].map(blobOf));
    expect(beacons[0]?.paths.at(-1)).toBe(
      `/eth/v1/beacon/blobs/${SLOT}?versioned_hashes=${hashOf(2)}&versioned_hashes=${hashOf(3)}&versioned_hashes=${hashOf(1)}`,
    );
  });

  it('gives a blob twice where it is asked for twice', async () => {
    beacons[0]?.blobs([1]);
    expect(await ask(client(), 1, 1)).toEqual([blobOf(1), blobOf(1)]);
  });

  it('takes a blob that the slot has twice, as anybody can send one again', async () => {
    beacons[0]?.blobs([1, 2, 1]);
    expect(await ask(client(), 1, 2)).toEqual([blobOf(1), blobOf(2)]);
  });

  it('asks for nothing when no blob is asked for', async () => {
    expect(await client().blobsByHash(BLOCK, [], signal)).toEqual([]);
    expect(beacons[0]?.paths).toEqual([]);
  });

  it('reads genesis and slot length once', async () => {
    beacons[0]?.blobs([1]);
    const source = client();
    await ask(source, 1);
    await ask(source, 1);
    expect(beacons[0]?.paths.map((path) => path.split('?')[0])).toEqual([
      '/eth/v1/beacon/genesis',
      '/eth/v1/config/spec',
      `/eth/v1/beacon/blobs/${SLOT}`,
      `/eth/v1/beacon/blobs/${SLOT}`,
    ]);
  });

  it('reads genesis and slot length once for calls that run side by side', async () => {
    beacons[0]?.blobs([1]);
    const source = client();
    await Promise.all([ask(source, 1), ask(source, 1), ask(source, 1)]);
    expect(beacons[0]?.paths.filter((path) => !path.includes('blobs'))).toEqual([
      '/eth/v1/beacon/genesis',
      '/eth/v1/config/spec',
    ]);
  });

  it('reads genesis and slot length again where another call has failed to, or was stopped', async () => {
    beacons[0]?.blobs([1]);
    const genesis = '/eth/v1/beacon/genesis';
    const answers = beacons[0]?.answers ?? {};
    const right = answers[genesis];
    answers[genesis] = transportFailed('http://beacon', undefined);
    const source = client();
    const first = expect(ask(source, 1)).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
    const second = ask(source, 1);
    answers[genesis] = right;
    await first;
    expect(await second).toEqual([blobOf(1)]);
  });

  it('has the computing begin before anything is asked, and not where no blob is', async () => {
    beacons[0]?.blobs([1]);
    prepared.length = 0;
    const source = client();
    await source.blobsByHash(BLOCK, [], signal);
    expect(prepared).toEqual([]);
    await ask(source, 1);
    expect(prepared).toEqual([0]);
  });

  it('takes the slot length from the option instead', async () => {
    beacons[0]?.blobs([1]);
    const block = { ...BLOCK, timestamp: GENESIS + 2n * BigInt(SLOT) + 1n };
    const source = client({ slotDurationOverrideSec: 2n });
    expect(await source.blobsByHash(block, [hashOf(1)], signal)).toEqual([blobOf(1)]);
    expect(beacons[0]?.paths).not.toContain('/eth/v1/config/spec');
  });

  it('takes the whole slot with --l1.beacon.fetch-all-sidecars', async () => {
    beacons[0]?.blobs([1, 2, 3]);
    expect(await ask(client({ fetchAllSidecars: true }), 2)).toEqual([blobOf(2)]);
    expect(beacons[0]?.paths.at(-1)).toBe(`/eth/v1/beacon/blobs/${SLOT}`);
  });

  it('falls back to sidecars where blobs are not offered, and asks for them first from then on', async () => {
    beacons[0]?.sidecars([7, 1, 2]);
    const source = client();
    expect(await ask(source, 2, 1)).toEqual([2, 1].map(blobOf));
    expect(await ask(source, 2)).toEqual([blobOf(2)]);
    expect(beacons[0]?.paths.slice(2).map((path) => path.split('/')[4])).toEqual([
      'blobs',
      'blob_sidecars',
      'blob_sidecars',
    ]);
  });

  it('gives null when every endpoint says that it has none', async () => {
    beacons.push(new FakeBeacon());
    expect(await ask(client(), 1)).toBeNull();
    expect(beacons[1]?.paths).toHaveLength(2);
  });

  it.each<readonly [string, (beacon: FakeBeacon) => void]>([
    ['is down', (beacon) => beacon.fails()],
    ['has none', () => undefined],
    ['leaves one out', (beacon) => beacon.blobs([1])],
    ['changes one', (beacon) => beacon.blobs([1, 9])],
    [
      'sends something that is no blob',
      (beacon) => (beacon.blobs([1]).answers[`/eth/v1/beacon/blobs/${SLOT}`] = [hexOf(1), '0x']),
    ],
    ['sends no hex', (beacon) => (beacon.answers[`/eth/v1/beacon/blobs/${SLOT}`] = ['zz'])],
    ['sends no list', (beacon) => (beacon.answers[`/eth/v1/beacon/blobs/${SLOT}`] = {})],
  ])('asks the fallback when the beacon node %s, and stays with it', async (_, spoil) => {
    beacons.push(new FakeBeacon().blobs([1, 2]));
    spoil(beacons[0] as FakeBeacon);
    const source = client();
    expect(await ask(source, 1, 2)).toEqual([1, 2].map(blobOf));
    const asked = beacons[0]?.paths.length;
    expect(await ask(source, 1, 2)).toEqual([1, 2].map(blobOf));
    expect(beacons[0]?.paths).toHaveLength(asked ?? 0);
  });

  it('asks every endpoint for each of the calls that run side by side', async () => {
    beacons.push(new FakeBeacon().blobs([1, 2]), new FakeBeacon());
    const source = client();
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(source, 1, 2)));
    expect(all).toEqual(Array.from({ length: 8 }, () => [1, 2].map(blobOf)));
    const asked = beacons[0]?.paths.length;
    await ask(source, 1);
    expect(beacons[0]?.paths).toHaveLength(asked ?? 0);
  });

  it('fails for now when no endpoint gives what it should', async () => {
    beacons.push(new FakeBeacon());
    beacons[0]?.blobs([1]);
    await expect(ask(client(), 1, 2)).rejects.toMatchObject({
      code: 'L1_BLOBS_UNAVAILABLE',
      severity: 'temporary',
    });
  });

  it('never takes a sidecar by the commitment it claims', async () => {
    const beacon = beacons[0] as FakeBeacon;
    beacon.answers[`/eth/v1/beacon/blob_sidecars/${SLOT}`] = [
      { blob: hexOf(9), kzg_commitment: hexOf(1) },
    ];
    await expect(ask(client(), 1)).rejects.toMatchObject({ code: 'L1_BLOBS_UNAVAILABLE' });
  });

  it('fails for a block from before the beacon chain', async () => {
    const old = { ...BLOCK, timestamp: GENESIS - 1n };
    await expect(client().blobsByHash(old, [hashOf(1)], signal)).rejects.toThrow('older');
  });

  it.each(['0', '', 'x', 12])('refuses %j for a slot length', async (value) => {
    (beacons[0] as FakeBeacon).answers['/eth/v1/config/spec'] = { SECONDS_PER_SLOT: value };
    await expect(ask(client(), 1)).rejects.toMatchObject({ code: 'L1_BEACON_ANSWER_INVALID' });
  });

  it('fails when there is no endpoint at all', async () => {
    beacons = [];
    await expect(ask(client(), 1)).rejects.toMatchObject({ code: 'L1_BLOBS_UNAVAILABLE' });
  });
});

describe('checkBeacon', () => {
  const run = async (
    options: { isConfigured?: boolean; isIgnored?: boolean },
    log: FakeLogger,
    clock = new FakeClock(),
  ): Promise<void> => {
    const deps = { beacon: client(), clock, log };
    await checkBeacon({ isConfigured: true, isIgnored: false, ...options }, deps, signal);
  };
  const break_ = (): void => {
    (beacons[0] as FakeBeacon).answers['/eth/v1/node/version'] = transportFailed('http://b', null);
  };

  it('says what it is connected to', async () => {
    const log = new FakeLogger();
    await run({}, log);
    expect(log.lines[0]).toMatchObject({ level: 'info', fields: { version: 'fake/1' } });
  });

  it.each([true, false])('asks five times over half a minute (ignored: %s)', async (isIgnored) => {
    break_();
    const clock = new FakeClock();
    const log = new FakeLogger();
    const checked = run({ isIgnored }, log, clock).then(
      () => 'started',
      (error: unknown) => error,
    );
    await clock.advance(30_000);
    expect(beacons[0]?.paths).toHaveLength(5);
    if (isIgnored) {
      expect(await checked).toBe('started');
      expect(log.messages('warn')).toHaveLength(1);
    } else {
      const expected = { code: 'L1_BEACON_CHECK_FAILED', severity: 'critical' };
      expect(await checked).toMatchObject(expected);
    }
  });

  it('stops a node without an endpoint unless told to go on', async () => {
    const log = new FakeLogger();
    await expect(run({ isConfigured: false }, log)).rejects.toThrow(
      'missing L1 Beacon API endpoint',
    );
    await run({ isConfigured: false, isIgnored: true }, log);
    expect(log.messages('warn')).toHaveLength(1);
    expect(beacons[0]?.paths).toEqual([]);
  });
});
