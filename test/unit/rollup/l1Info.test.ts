import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { L1BlockInfo, L1InfoFormat } from '../../../src/rollup/l1Info.js';
import { decodeL1Info, encodeL1Info, l1InfoFormatAt } from '../../../src/rollup/l1Info.js';
import { l2BlockRefFrom, payloadToBlockRef } from '../../../src/rollup/l2BlockRef.js';
import { rpcBlockToPayload } from '../../../src/rollup/rpcPayload.js';
import { recordedConfig } from '../../support/recordedConfig.js';
import type { Json } from '../../support/recordedWorld.js';
import { readWorldLines } from '../../support/recordedWorld.js';

const FORMATS: readonly L1InfoFormat[] = ['bedrock', 'ecotone', 'isthmus', 'jovian'];
const hexOf = (bytes: number): fc.Arbitrary<`0x${string}`> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((data) => `0x${Buffer.from(data).toString('hex')}` as const);
const uint = (bits: number): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });

const anyInfo: fc.Arbitrary<L1BlockInfo> = fc.record({
  number: uint(64),
  time: uint(64),
  baseFee: uint(256),
  blockHash: hexOf(32),
  sequenceNumber: uint(64),
  batcherAddr: hexOf(20),
  l1FeeOverhead: hexOf(32),
  l1FeeScalar: hexOf(32),
  blobBaseFee: uint(256),
  baseFeeScalar: fc.nat({ max: 2 ** 32 - 1 }),
  blobBaseFeeScalar: fc.nat({ max: 2 ** 32 - 1 }),
  operatorFeeScalar: fc.nat({ max: 2 ** 32 - 1 }),
  operatorFeeConstant: uint(64),
  daFootprintGasScalar: fc.nat({ max: 2 ** 16 - 1 }),
});

describe('decodeL1Info', () => {
  it.each(FORMATS)('reads back what the %s encoding wrote, byte for byte', (format) => {
    fc.assert(
      fc.property(anyInfo, (info) => {
        const data = encodeL1Info(format, info);
        const decoded = decodeL1Info(format, data);
        expect(encodeL1Info(format, decoded)).toBe(data);
        expect(decoded.blockHash).toBe(info.blockHash);
        expect(decoded.batcherAddr).toBe(info.batcherAddr);
        expect(decoded.number).toBe(info.number);
        if (format === 'jovian') {
          expect(decoded).toEqual({
            ...info,
            l1FeeOverhead: `0x${'0'.repeat(64)}`,
            l1FeeScalar: `0x${'0'.repeat(64)}`,
          });
        }
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  it.each([
    ['another length', (data: string) => `${data}00`, 'data is unexpected length: 261'],
    ['another selector', (data: string) => `0x00${data.slice(4)}`, 'invalid function signature'],
    [
      'a padded number',
      (data: string) => `${data.slice(0, 10)}01${data.slice(12)}`,
      'number padding was not empty: 01',
    ],
    [
      'a padded address',
      (data: string) => `${data.slice(0, 10 + 64 * 5)}ff${data.slice(12 + 64 * 5)}`,
      'address padding was not empty: ff',
    ],
  ])('refuses %s', (_, spoil, reason) => {
    const info = fc.sample(anyInfo, { numRuns: 1, seed: 1 })[0] as L1BlockInfo;
    const data = spoil(encodeL1Info('bedrock', info)) as `0x${string}`;
    expect(() => decodeL1Info('bedrock', data)).toThrow(reason);
  });
});

describe('l1InfoFormatAt', () => {
  it('keeps the older format in the activation block', () => {
    const config = { blockTime: 2n, forks: { ecotone: 100n, isthmus: 200n, jovian: 300n } };
    const at = (time: bigint): L1InfoFormat => l1InfoFormatAt(config, time);
    expect([98n, 100n, 102n, 200n, 202n, 300n, 302n].map(at)).toEqual([
      'bedrock',
      'bedrock',
      'ecotone',
      'ecotone',
      'isthmus',
      'isthmus',
      'jovian',
    ]);
  });

  it('uses the newest format at once where a fork is active from genesis', () => {
    const config = { blockTime: 2n, forks: { ecotone: 0n, isthmus: 0n, jovian: 0n } };
    expect(l1InfoFormatAt(config, 1000n)).toBe('jovian');
  });
});

describe('payloadToBlockRef', () => {
  it.each(['forks', 'adversarial'])('gives the recorded refs of %s in every fork', (world) => {
    const config = recordedConfig(world);
    const outputs = new Map(
      readWorldLines(world, 'outputs.jsonl.gz').map((line) => {
        const ref = line.blockRef as Json;
        return [ref.hash, ref];
      }),
    );
    let compared = 0;
    for (const block of readWorldLines(world, 'l2-unsafe.jsonl.gz')) {
      const expected = outputs.get(block.hash);
      if (expected === undefined) continue;
      const origin = expected.l1origin as Json;
      expect(payloadToBlockRef(config, rpcBlockToPayload(block).executionPayload)).toEqual({
        hash: expected.hash,
        number: BigInt(expected.number as number),
        parentHash: expected.parentHash,
        timestamp: BigInt(expected.timestamp as number),
        l1Origin: { hash: origin.hash, number: BigInt(origin.number as number) },
        sequenceNumber: BigInt(expected.sequenceNumber as number),
      });
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
  });
});

describe('l2BlockRefFrom', () => {
  const config = recordedConfig('forks');
  const header = {
    hash: `0x${'01'.repeat(32)}`,
    number: 5n,
    parentHash: `0x${'02'.repeat(32)}`,
    timestamp: 9n,
  } as const;

  it('takes the origin of the genesis block from the config', () => {
    const genesis = { ...header, ...config.genesis.l2 };
    expect(l2BlockRefFrom(config, genesis, null)).toMatchObject({
      l1Origin: config.genesis.l1,
      sequenceNumber: 0n,
    });
  });

  it('refuses another block at the genesis height', () => {
    expect(() =>
      l2BlockRefFrom(config, { ...header, number: config.genesis.l2.number }, null),
    ).toThrowError(expect.objectContaining({ code: 'ROLLUP_GENESIS_MISMATCH' }));
  });

  it('refuses a block without an L1 info deposit in front', () => {
    expect(() => l2BlockRefFrom(config, header, null)).toThrow('missing L1 info deposit tx');
    expect(() => l2BlockRefFrom(config, header, { type: 2, data: '0x' })).toThrow(
      'first payload tx has unexpected tx type: 2',
    );
  });

  it('refuses a payload whose first transaction is cut off', () => {
    const block = readWorldLines('forks', 'l2-unsafe.jsonl.gz')[3] as Json;
    const { executionPayload } = rpcBlockToPayload(block);
    const cut = executionPayload.transactions[0]?.slice(0, 80) as `0x${string}`;
    expect(() => payloadToBlockRef(config, { ...executionPayload, transactions: [cut] })).toThrow(
      'failed to decode first tx',
    );
  });
});
