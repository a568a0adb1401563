import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../devnet/batcher/byteWriter.js';
import { ByteReader, malformed, orNull } from '../../../../src/derive/codec/byteReader.js';
import type { RlpItem } from '../../../../src/rollup/rlp.js';
import { encodeRlp } from '../../../../src/rollup/rlp.js';
import { uint64 } from '../../../support/deriveArbitraries.js';

const read = <T>(bytes: readonly number[], decode: (reader: ByteReader) => T): T | null =>
  orNull(() => decode(new ByteReader(Uint8Array.from(bytes))));

describe('orNull', () => {
  it('turns malformed input into null and lets bugs pass', () => {
    expect(orNull(() => malformed('no'))).toBeNull();
    expect(() =>
      orNull(() => {
        throw new TypeError('bug');
      }),
    ).toThrow('bug');
  });
});

describe('ByteReader.uvarint', () => {
  it('reads back every u64', () => {
    fc.assert(
      fc.property(uint64(), (value) => {
        const bytes = new ByteWriter().uvarint(value).finish();
        const reader = new ByteReader(bytes);
        expect(reader.uvarint()).toBe(value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it.each([
    ['longer forms than needed', [0x81, 0x80, 0x00], 1n],
    ['zero in ten bytes', [...Array(9).fill(0x80), 0x00], 0n],
    ['the largest u64', [...Array(9).fill(0xff), 0x01], (1n << 64n) - 1n],
    ['65 bits', [...Array(9).fill(0xff), 0x02], null],
    ['eleven bytes', [...Array(10).fill(0x80), 0x00], null],
    ['a cut off value', [0x80], null],
    ['nothing', [], null],
  ])('%s', (_, bytes, expected) => {
    expect(read(bytes, (reader) => reader.uvarint())).toBe(expected);
  });

  it('counts have a limit, whatever their length', () => {
    expect(read([0x0a], (reader) => reader.count(10))).toBe(10);
    expect(read([0x0b], (reader) => reader.count(10))).toBeNull();
    expect(read([...Array(9).fill(0xff), 0x01], (reader) => reader.count(10))).toBeNull();
    expect(read([...Array(8).fill(0x80), 0x00], (reader) => reader.count(10))).toBe(0);
  });
});

describe('ByteReader RLP', () => {
  const item: fc.Arbitrary<RlpItem> = fc.letrec<{ item: RlpItem }>((tie) => ({
    item: fc.oneof(
      { maxDepth: 3 },
      fc.uint8Array({ maxLength: 70 }),
      fc.array(tie('item'), { maxLength: 4 }),
    ),
  })).item;
  const readItem = (reader: ByteReader): RlpItem => {
    if (!reader.isListNext()) return Uint8Array.from(reader.rlpString());
    const list = reader.rlpList();
    const items: RlpItem[] = [];
    while (list.remaining > 0) items.push(readItem(list));
    return items;
  };

  it('reads back what was encoded', () => {
    fc.assert(
      fc.property(item, (value) => {
        const reader = new ByteReader(encodeRlp(value));
        expect(readItem(reader)).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it.each([
    ['a small byte with a header', [0x81, 0x7f]],
    ['a long form for a short string', [0xb8, 55, ...Array(55).fill(1)]],
    ['a length with leading zeros', [0xb9, 0, 60, ...Array(60).fill(1)]],
    ['a length of eight bytes', [0xbf, 1, 0, 0, 0, 0, 0, 0, 0]],
    ['a string longer than the input', [0x82, 1]],
    ['a list', [0xc0]],
  ])('refuses %s as a string', (_, bytes) => {
    expect(read(bytes, (reader) => reader.rlpString())).toBeNull();
  });

  it.each([
    ['a string', [0x80]],
    ['a long form for a short list', [0xf8, 55, ...Array(55).fill(1)]],
    ['a list longer than the input', [0xc2, 1]],
  ])('refuses %s as a list', (_, bytes) => {
    expect(read(bytes, (reader) => reader.rlpList())).toBeNull();
  });

  it('refuses integers with leading zeros or too many bytes', () => {
    expect(read([0x00], (reader) => reader.rlpInteger())).toBeNull();
    expect(read([0x82, 0x00, 0xff], (reader) => reader.rlpInteger())).toBeNull();
    expect(read([0x82, 0x01, 0x00], (reader) => reader.rlpInteger(1))).toBeNull();
    expect(read([0x80], (reader) => reader.rlpInteger(1))).toEqual(new Uint8Array(0));
  });

  it('keeps list readers inside their list', () => {
    const inner = read([0xc1, 0x05, 0x06], (reader) => {
      const list = reader.rlpList();
      list.byte();
      return list.byte();
    });
    expect(inner).toBeNull();
  });
});
