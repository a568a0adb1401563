import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../../../../src/errors/nodeError.js';
import { decodeFollowStatus } from '../../../../src/follow/sources/statusDecoder.js';
import { statusJson } from '../../../support/followStatusJson.js';
import { refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';
import { readWorldJson } from '../../../support/recordedWorld.js';

const CHAIN = refsOn(GENESIS_REF, 10);
const STATUS = statusOf(CHAIN, { safe: 5, localSafe: 7, finalized: 2 });

type Mutable = Record<string, unknown>;

function changed(path: string, value: unknown): unknown {
  const json = structuredClone(statusJson(STATUS)) as Mutable;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => at[key] as Mutable, json);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return json;
}

describe('decodeFollowStatus', () => {
  it('reads what a recorded op-node answered', () => {
    const status = decodeFollowStatus(readWorldJson('forks', 'sync-status.json'));
    expect(status.safe).toMatchObject({
      number: 129n,
      hash: '0x1205f9690fd326c7dd7a2428a21faeaeab245e2c3491dd8861119c264d6f5aeb',
      l1Origin: { number: 84n },
    });
    expect(status.currentL1?.number).toBe(89n);
    expect(status.finalized.number).toBe(118n);
  });

  it('reads back every used field', () => {
    expect(decodeFollowStatus(statusJson(STATUS))).toEqual(STATUS);
  });

  it('takes the safe head for a local safe head that is absent, but not for one that is null', () => {
    expect(decodeFollowStatus(changed('local_safe_l2', undefined)).localSafe).toEqual(STATUS.safe);
    expect(() => decodeFollowStatus(changed('local_safe_l2', null))).toThrow('is not an object');
  });

  it('reads a zero current_l1 as unknown', () => {
    const status = { ...STATUS, currentL1: null };
    expect(decodeFollowStatus(statusJson(status)).currentL1).toBeNull();
  });

  it('lowers hashes', () => {
    const upper = STATUS.safe.hash.toUpperCase().replace('0X', '0x');
    expect(decodeFollowStatus(changed('safe_l2.hash', upper)).safe.hash).toBe(STATUS.safe.hash);
  });

  it.each([
    ['safe_l2', undefined],
    ['safe_l2', null],
    ['safe_l2', []],
    ['finalized_l2', undefined],
    ['current_l1', undefined],
    ['current_l1', 'x'],
    ['current_l1.timestamp', undefined],
    ['safe_l2.hash', '0x12'],
    ['safe_l2.hash', undefined],
    ['safe_l2.number', '5'],
    ['safe_l2.number', 1.5],
    ['safe_l2.number', -1],
    ['safe_l2.number', 2 ** 53],
    ['safe_l2.number', null],
    ['safe_l2.parentHash', 7],
    ['safe_l2.l1origin', undefined],
    ['safe_l2.l1origin.hash', `0x${'g'.repeat(64)}`],
    ['safe_l2.l1origin.number', Number.NaN],
    ['safe_l2.sequenceNumber', undefined],
    ['safe_l2.hash', `0x${'0'.repeat(64)}`],
    ['current_l1.hash', `0x${'0'.repeat(64)}`],
    ['unsafe_l2', 5],
  ])('refuses a status whose %s is %j', (path, value) => {
    const decode = (): unknown => decodeFollowStatus(changed(path, value));
    expect(decode).toThrow(expect.objectContaining({ code: 'FOLLOW_STATUS_MALFORMED' }));
    expect(decode).toThrow(path.split('.')[0]);
  });

  it.each([null, undefined, 5, 'x', []])('refuses %j for a whole status', (json) => {
    expect(() => decodeFollowStatus(json)).toThrow('sync status is not an object');
  });

  it('never throws anything but its own error, whatever it is given', () => {
    const ref = fc.dictionary(fc.constantFrom('hash', 'number', 'l1origin'), fc.jsonValue());
    const key = fc.constantFrom('safe_l2', 'local_safe_l2', 'finalized_l2', 'current_l1');
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(ref, fc.jsonValue())), (json) => {
        try {
          decodeFollowStatus({ ...statusJson(STATUS), ...json });
        } catch (thrown) {
          expect(hasCode(thrown, 'FOLLOW_STATUS_MALFORMED')).toBe(true);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
