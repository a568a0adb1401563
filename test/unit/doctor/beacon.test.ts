import { describe, expect, it } from 'vitest';
import { beaconCheck } from '../../../src/doctor/checks/beacon.js';
import { blobsCheck } from '../../../src/doctor/checks/blobs.js';
import {
  HttpStatusError,
  transportFailed,
  transportTimeout,
} from '../../../src/transport/transportErrors.js';
import type { DoctorWorld } from '../../support/doctorContext.js';
import { wrongIn } from '../../support/doctorContext.js';
import { FakeClock } from '../../support/fakeClock.js';
import { L1_CHAIN, L1_HEAD, l1Handlers, recordedDoctor } from '../../support/recordedDoctor.js';

const GENESIS = Number(L1_CHAIN[0]?.block.timestamp);
const version = () => ({ data: { version: 'Lighthouse/v1' } });
const genesis = (time: unknown) => () => ({ data: { genesis_time: time } });
const spec = (fields: object) => () => ({ data: { SECONDS_PER_SLOT: '1', ...fields } });
const fails = (error: Error) => () => {
  throw error;
};
const GOOD = {
  '/eth/v1/node/version': version,
  '/eth/v1/beacon/genesis': genesis(String(GENESIS)),
  '/eth/v1/config/spec': spec({ DEPOSIT_CHAIN_ID: '900' }),
};
const down = fails(transportFailed('http://beacon', new Error('gone')));

const beacon = async (world: DoctorWorld) => wrongIn(await beaconCheck.run(recordedDoctor(world)));

describe('the check of the beacon node', () => {
  it('finds nothing wrong with the one of our L1', async () => {
    const findings = await beaconCheck.run(recordedDoctor({ beacons: [GOOD] }));
    expect(findings).toEqual([
      expect.objectContaining({
        level: 'ok',
        text: 'Beacon node at http://beacon-0 (Lighthouse/v1) has slots of 1 s that fit L1',
      }),
    ]);
  });

  it.each([
    ['it is down', { '/eth/v1/node/version': down }, 'error beacon-unreachable'],
    [
      'it is no beacon node',
      { '/eth/v1/node/version': () => '<html>' },
      'error beacon-unreachable',
    ],
    ['its genesis is odd', { '/eth/v1/beacon/genesis': genesis({}) }, 'error beacon-unreachable'],
    [
      'its genesis is hostile',
      { '/eth/v1/beacon/genesis': genesis('9'.repeat(99)) },
      'error beacon-unreachable',
    ],
    [
      'it has another chain',
      { '/eth/v1/config/spec': spec({ DEPOSIT_CHAIN_ID: '1' }) },
      'error beacon-wrong-chain',
    ],
    [
      'it begins after L1',
      { '/eth/v1/beacon/genesis': genesis('9999999999') },
      'error beacon-wrong-chain',
    ],
    [
      'L1 has no block at the start of its slots',
      { '/eth/v1/config/spec': spec({ SECONDS_PER_SLOT: '7919' }) },
      'error beacon-wrong-chain',
    ],
    [
      'its slots last no time',
      { '/eth/v1/config/spec': spec({ SECONDS_PER_SLOT: '0' }) },
      'error beacon-wrong-chain',
    ],
  ])('tells that %s', async (_, answers, expected) => {
    expect(await beacon({ beacons: [{ ...GOOD, ...answers }] })).toEqual([expected]);
  });

  it('believes --l1.beacon.slot-duration-override before the node', async () => {
    const beacons = [{ ...GOOD, '/eth/v1/config/spec': spec({ SECONDS_PER_SLOT: '7919' }) }];
    expect(await beacon({ beacons, flags: ['--l1.beacon.slot-duration-override=1'] })).toEqual([]);
  });

  it('only warns with --l1.beacon.ignore', async () => {
    const flags = ['--l1.beacon.ignore'];
    const beacons = [{ ...GOOD, '/eth/v1/node/version': down }];
    expect(await beacon({ beacons, flags })).toEqual(['warning beacon-unreachable']);
    expect(await beacon({ flags })).toEqual(['warning beacon-missing']);
  });

  it.each([
    ['answers', version, []],
    ['answers that it does not know', fails(new HttpStatusError('http://b', 404, '')), []],
    ['is down', down, ['warning beacon-fallback-unreachable']],
    ['hangs', fails(transportTimeout('http://b', 1)), ['warning beacon-fallback-unreachable']],
  ])('knows whether a fallback %s', async (_, answer, expected) => {
    const beacons = [GOOD, { '/eth/v1/node/version': answer }];
    expect(await beacon({ beacons })).toEqual(expected);
  });

  it('is not made by a follower', async () => {
    const flags = ['--l2.follow.source=http://s'];
    expect(await beacon({ beacons: [{}], flags })).toEqual([]);
    expect(await beacon({ beacons: [{}], flags: [...flags, '--l2.follow.verify'] })).toEqual([
      'error beacon-unreachable',
    ]);
  });
});

describe('the check of blobs', () => {
  const HASH = `0x01${'ab'.repeat(31)}`;
  const first = L1_CHAIN[0]?.block;
  const PATH = '/eth/v1/beacon/blobs/0';
  const OLD = `/eth/v1/beacon/blob_sidecars/0`;
  const missing = fails(new HttpStatusError('http://b', 404, ''));
  const withBlob = (hashes: unknown) => ({
    ...l1Handlers(),
    eth_getBlockByHash: () => ({ ...first, transactions: [{ blobVersionedHashes: hashes }] }),
  });

  it.each([
    ['are there', [{ ...GOOD, [PATH]: () => ({ data: ['0xab'] }) }], []],
    [
      'are in a fallback',
      [{ ...GOOD, [PATH]: missing, [OLD]: missing }, { [PATH]: () => ({ data: ['0xab'] }) }],
      [],
    ],
    ['are gone', [{ ...GOOD, [PATH]: missing, [OLD]: missing }], ['error blobs-gone']],
    ['are an empty list', [{ ...GOOD, [PATH]: () => ({ data: [] }) }], ['error blobs-gone']],
    ['are nonsense', [{ ...GOOD, [PATH]: () => ({ data: [{}] }) }], ['error blobs-gone']],
  ])('knows whether they %s', async (_, beacons, expected) => {
    const context = recordedDoctor({ beacons, l1: withBlob([HASH]) });
    expect(wrongIn(await blobsCheck.run(context))).toEqual(expected);
  });

  it.each([[null], ['x'], [[7]], [[]]])('takes %j for no blobs', async (hashes) => {
    const context = recordedDoctor({ beacons: [GOOD], l1: withBlob(hashes) });
    expect(wrongIn(await blobsCheck.run(context))).toEqual([]);
  });

  it('warns where derivation starts before what beacon nodes keep', async () => {
    const clock = new FakeClock((Number(L1_HEAD.timestamp) + 19 * 86_400) * 1_000);
    const context = recordedDoctor({ beacons: [GOOD], clock });
    expect(wrongIn(await blobsCheck.run(context))).toEqual(['warning blobs-unproven']);
  });
});
