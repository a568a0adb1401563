import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../devnet/batcher/byteWriter.js';
import { encodeSingularBatch } from '../../../../devnet/batcher/singularBatch.js';
import { encodeSpanBatch } from '../../../../devnet/batcher/spanBatch.js';
import type { SingularBatch } from '../../../../src/derive/codec/batch.js';
import { decodeSingularBatch } from '../../../../src/derive/codec/batch.js';
import type { RawSpanBatch } from '../../../../src/derive/codec/spanBatch.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../../../../src/derive/codec/spanBatch.js';
import { bytesToHex } from '../../../../src/rollup/bytes.js';
import { encodeRlp } from '../../../../src/rollup/rlp.js';
import { whole } from '../../../../src/rollup/slices.js';
import { consecutiveBatches, singularBatch } from '../../../support/deriveArbitraries.js';
import { deriveConfig, numberedHash } from '../../../support/deriveFakes.js';

const GENESIS_TIME = 1000n;
const config = deriveConfig();
const hashBytes = new Uint8Array(32).fill(7);
const EMPTY = new Uint8Array(0);

const hexOf = (transactions: readonly Uint8Array[]) => transactions.map(bytesToHex);

describe('singular batches', () => {
  it('read back as written, and with bytes behind them', () => {
    fc.assert(
      fc.property(singularBatch(), fc.uint8Array({ maxLength: 3 }), (batch, behind) => {
        const encoded = encodeSingularBatch(batch);
        expect(encoded[0]).toBe(0);
        const decoded = decodeSingularBatch(Uint8Array.of(...encoded.subarray(1), ...behind));
        expect(decoded).toMatchObject({
          parentHash: batch.parentHash,
          epochNumber: batch.epochNumber,
          epochHash: batch.epochHash,
          timestamp: batch.timestamp,
        });
        expect(hexOf(decoded?.transactions ?? [])).toEqual(hexOf(batch.transactions));
      }),
    );
  });

  const num = Uint8Array.of(5);
  it.each([
    ['a short parent hash', [hashBytes.subarray(1), num, hashBytes, num, []]],
    ['a list as parent hash', [[], num, hashBytes, num, []]],
    ['an epoch number of 9 bytes', [hashBytes, new Uint8Array(9).fill(1), hashBytes, num, []]],
    ['a timestamp with leading zeros', [hashBytes, num, hashBytes, Uint8Array.of(0, 5), []]],
    ['four fields', [hashBytes, num, hashBytes, num]],
    ['six fields', [hashBytes, num, hashBytes, num, [], []]],
    ['a list as transaction', [hashBytes, num, hashBytes, num, [[]]]],
    ['a string as transactions', [hashBytes, num, hashBytes, num, num]],
  ])('refuse %s', (_, fields) => {
    expect(decodeSingularBatch(encodeRlp(fields))).toBeNull();
  });

  it('refuse a string instead of the list, and nothing', () => {
    expect(decodeSingularBatch(encodeRlp(hashBytes))).toBeNull();
    expect(decodeSingularBatch(new Uint8Array(0))).toBeNull();
  });
});

describe('span batches', () => {
  const decode = (encoded: Uint8Array) => whole(decodeRawSpanBatch(encoded.subarray(1)));
  const block = (changes: Partial<SingularBatch> = {}): SingularBatch => ({
    type: 'singular',
    parentHash: numberedHash(1, 'b'),
    epochNumber: 10n,
    epochHash: numberedHash(2, 'a'),
    timestamp: GENESIS_TIME,
    transactions: [],
    ...changes,
  });

  it('read back block by block, and with bytes behind them', () => {
    fc.assert(
      fc.property(
        consecutiveBatches(GENESIS_TIME),
        fc.boolean(),
        fc.uint8Array({ maxLength: 3 }),
        (blocks, isFirst, behind) => {
          const encoded = encodeSpanBatch(blocks, GENESIS_TIME, isFirst);
          expect(encoded[0]).toBe(1);
          const raw = decode(Uint8Array.of(...encoded, ...behind));
          const span = raw && whole(deriveSpanBatch(raw, config));
          expect(span).not.toBeNull();
          if (span === null) return;
          expect(span.blockCount).toBe(blocks.length);
          expect(span.matchesParent(blocks[0]?.parentHash ?? '0x')).toBe(true);
          expect(span.matchesOrigin(blocks.at(-1)?.epochHash ?? '0x')).toBe(true);
          expect(span.lastTimestamp).toBe(blocks.at(-1)?.timestamp);
          expect(Array.from({ length: span.txCount }, (_, tx) => span.blockOf(tx))).toEqual(
            blocks.flatMap(({ transactions }, index) => transactions.map(() => index)),
          );
          expect([span.firstEpochNumber, span.lastEpochNumber]).toEqual([
            blocks[0]?.epochNumber,
            blocks.at(-1)?.epochNumber,
          ]);
          blocks.forEach((expected, index) => {
            const { epochNumber, timestamp, transactions } = span.block(index);
            expect({ epochNumber, timestamp }).toEqual({
              epochNumber: expected.epochNumber,
              timestamp: expected.timestamp,
            });
            expect(hexOf(transactions)).toEqual(hexOf(expected.transactions));
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('refuse data cut off anywhere', () => {
    const [sample] = fc.sample(consecutiveBatches(GENESIS_TIME), { numRuns: 1, seed: 3 });
    const encoded = encodeSpanBatch(sample ?? [block()], GENESIS_TIME, true);
    expect(decode(encoded)).not.toBeNull();
    for (let length = 1; length < encoded.length; length++) {
      expect(decode(encoded.subarray(0, length))).toBeNull();
    }
  });

  it('do not match other hashes', () => {
    const raw = decode(encodeSpanBatch([block()], GENESIS_TIME, true)) as RawSpanBatch;
    const span = whole(deriveSpanBatch(raw, config));
    expect(span?.matchesParent(numberedHash(1n << 200n, 'b'))).toBe(false);
    expect(span?.matchesOrigin(numberedHash(1n << 200n, 'a'))).toBe(false);
  });

  /** Prefix, then the parts given. */
  const handmade = (write: (writer: ByteWriter) => ByteWriter): Uint8Array =>
    write(new ByteWriter().uvarint(4n).uvarint(10n).bytes(new Uint8Array(40))).finish();
  const list = (...content: readonly number[]) => [0xc0 + content.length, ...content];
  const MAX = 10_000_000n;
  const signature = new Uint8Array(64).fill(1);
  const address = new Uint8Array(20).fill(2);
  /** One block with one transaction of that data. */
  const oneTx = (data: readonly number[], { isLegacy = false, isCreation = false } = {}) =>
    handmade((writer) =>
      writer
        .uvarint(1n)
        .bits([true])
        .uvarint(1n)
        .bits([isCreation])
        .bits([false])
        .bytes(signature)
        .bytes(isCreation ? new Uint8Array(0) : address)
        .bytes(Uint8Array.from(data))
        .uvarint(1n)
        .uvarint(21_000n)
        .bits(isLegacy ? [true] : []),
    );

  it.each([
    ['no blocks', handmade((writer) => writer.uvarint(0n))],
    [
      'more than ten million blocks',
      handmade((w) => w.uvarint(MAX + 1n).bytes(new Uint8Array(100))),
    ],
    [
      'more than ten million transactions in a block',
      handmade((w) =>
        w
          .uvarint(1n)
          .bits([true])
          .uvarint(MAX + 1n),
      ),
    ],
    [
      'more than ten million transactions in all',
      handmade((w) => w.uvarint(2n).bits([true, false]).uvarint(MAX).uvarint(1n)),
    ],
    [
      'an origin bit beyond the blocks',
      handmade((w) => w.uvarint(1n).bytes(Uint8Array.of(3)).uvarint(0n)),
    ],
    ['transaction data that is no list', oneTx([2, 0x80])],
    ['post-exec data that is no list', oneTx([0x7d, 0x82, 1, 2])],
    ['legacy data that is a string', oneTx([0x83, 1, 2, 3], { isLegacy: true })],
    ['a transaction of over ten million bytes', oneTx([2, 0xfa, 0x98, 0x96, 0x81])],
  ])('are malformed with %s', (_, data) => {
    expect(whole(decodeRawSpanBatch(data))).toBeNull();
  });

  it.each([
    ['a deposit', oneTx([0x7e, ...list(0x80)])],
    ['a post-exec transaction before Lagoon', oneTx([0x7d, ...list(0x80)])],
    ['an unknown type', oneTx([0x7c, ...list(0x80)])],
    ['a blob transaction', oneTx([3, ...list(0x80)])],
    ['type 0 written out', oneTx([0, ...list(0x80, 0x80, 0x80)], { isLegacy: true })],
    ['a missing field', oneTx([2, ...list(0x80, 0x80, 0x80, 0x80)])],
    ['a field too many', oneTx(list(0x80, 0x80, 0x80, 0x80), { isLegacy: true })],
    ['a value with leading zeros', oneTx(list(0x00, 0x80, 0x80), { isLegacy: true })],
    ['an access list that is a string', oneTx([1, ...list(0x80, 0x80, 0x80, 0x80)])],
    ['an access list entry without keys', oneTx([1, ...list(0x80, 0x80, 0x80, 0xc1, 0xc0)])],
    [
      'set code that creates a contract',
      oneTx([4, ...list(0x80, 0x80, 0x80, 0x80, 0xc0, 0xc0)], { isCreation: true }),
    ],
    [
      'a set code fee of 33 bytes',
      oneTx([4, 0xe6, 0x80, 0x80, 0xa1, ...Array(33).fill(1), 0x80, 0xc0, 0xc0]),
    ],
  ])('decode but cannot be derived with %s', (_, data) => {
    const raw = whole(decodeRawSpanBatch(data));
    expect(raw).not.toBeNull();
    expect(raw && whole(deriveSpanBatch(raw, config))).toBeNull();
  });

  it('derive a fee of 33 bytes outside of set code, as op-node does', () => {
    const fields = [0xe4, 0x80, 0xa1, ...Array(33).fill(1), 0x80];
    const raw = whole(decodeRawSpanBatch(oneTx(fields, { isLegacy: true })));
    expect(raw && whole(deriveSpanBatch(raw, config))).not.toBeNull();
  });

  describe('with post-exec transactions', () => {
    const lagoon = (at: bigint) => deriveConfig({ forks: { ...config.forks, lagoon: at } });
    const derive = (encoded: Uint8Array, at: bigint) => {
      const raw = whole(decodeRawSpanBatch(encoded)) as RawSpanBatch;
      return whole(deriveSpanBatch(raw, lagoon(at)));
    };
    const postExec = Uint8Array.of(0x7d, ...list(1, 0x10, 0xc0));
    /** No two of them have a field in common that a span batch keeps in a column. */
    const legacyOf = (number: number) => {
      const own = Uint8Array.of(number);
      const to = new Uint8Array(20).fill(number);
      return encodeRlp([own, EMPTY, own, to, EMPTY, EMPTY, Uint8Array.of(27), own, own]);
    };
    const legacy = legacyOf(1);

    it('carry them as they are, whatever stands in their columns', () => {
      const derived = derive(oneTx([...postExec]), 0n);
      expect(hexOf(derived?.blockTransactions(0) ?? [])).toEqual([bytesToHex(postExec)]);
      const created = derive(oneTx([0x7d, 0xc0], { isCreation: true }), 0n);
      expect(hexOf(created?.blockTransactions(0) ?? [])).toEqual(['0x7dc0']);
    });

    it('read the columns of the transactions around them rightly', () => {
      const blocks = [
        block({ transactions: [legacyOf(1), postExec] }),
        block({ timestamp: GENESIS_TIME + 2n, transactions: [postExec, legacyOf(2), legacyOf(3)] }),
      ];
      const span = derive(encodeSpanBatch(blocks, GENESIS_TIME, true).subarray(1), GENESIS_TIME);
      blocks.forEach(({ transactions }, index) => {
        expect(hexOf(span?.blockTransactions(index) ?? [])).toEqual(hexOf(transactions));
      });
    });

    it('pass over a target, a nonce and a gas limit that stand there for one', () => {
      const data = handmade((writer) =>
        writer
          .uvarint(1n)
          .bits([true])
          .uvarint(2n)
          .bits([false, false])
          .bits([false, false])
          .bytes(new Uint8Array(64).fill(9))
          .bytes(new Uint8Array([...Array(31).fill(0), 2, ...Array(31).fill(0), 2]))
          .bytes(new Uint8Array(20).fill(9))
          .bytes(new Uint8Array(20).fill(2))
          .bytes(Uint8Array.from([...postExec, ...list(0x80, 0x80, 0x80)]))
          .uvarint(9n)
          .uvarint(2n)
          .uvarint(9n)
          .uvarint(2n)
          .bits([false]),
      );
      const span = derive(data, 0n);
      expect(hexOf(span?.blockTransactions(0) ?? [])).toEqual(hexOf([postExec, legacyOf(2)]));
    });

    it('are dropped whole when one of them is in a block before Lagoon', () => {
      const blocks = [0n, 2n, 4n].map((after) =>
        block({
          timestamp: GENESIS_TIME + after,
          transactions: after === 2n ? [legacy, postExec] : [legacy],
        }),
      );
      const encoded = encodeSpanBatch(blocks, GENESIS_TIME, true).subarray(1);
      expect(derive(encoded, GENESIS_TIME + 2n)).not.toBeNull();
      expect(derive(encoded, GENESIS_TIME + 3n)).toBeNull();
      expect(derive(encoded, GENESIS_TIME + 4n)).toBeNull();
    });

    it('are judged by the time of their own block, not of the one before or after', () => {
      const blocks = [[legacy], [postExec], [], [postExec]].map((transactions, index) =>
        block({ timestamp: GENESIS_TIME + 2n * BigInt(index), transactions }),
      );
      const encoded = encodeSpanBatch(blocks, GENESIS_TIME, true).subarray(1);
      expect(derive(encoded, GENESIS_TIME + 2n)).not.toBeNull();
      const second = blocks.map((one, index) => (index === 1 ? { ...one, transactions: [] } : one));
      const onlyLast = encodeSpanBatch(second, GENESIS_TIME, true).subarray(1);
      expect(derive(onlyLast, GENESIS_TIME + 6n)).not.toBeNull();
      expect(derive(onlyLast, GENESIS_TIME + 7n)).toBeNull();
    });
  });

  it('wrap times and origins around at 64 bits', () => {
    const top = (1n << 64n) - 1n;
    const data = new ByteWriter()
      .uvarint(top)
      .uvarint(0n)
      .bytes(new Uint8Array(40))
      .uvarint(2n)
      .bits([false, true])
      .uvarint(0n)
      .uvarint(0n)
      .finish();
    const raw = whole(decodeRawSpanBatch(data)) as RawSpanBatch;
    const span = whole(deriveSpanBatch(raw, config));
    expect(span?.timestamp).toBe(GENESIS_TIME - 1n);
    expect(span?.firstEpochNumber).toBe(top);
  });
});
