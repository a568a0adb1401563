import { Buffer } from 'node:buffer';
import {
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  inflateSync,
  constants as zlib,
} from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressChannel } from '../../../../devnet/batcher/channels.js';
import { inflatePrefix } from '../../../../src/derive/codec/inflate.js';
import { whole } from '../../../../src/rollup/slices.js';
import { decompressed } from '../../../support/sliced.js';

const LIMIT = 10_000_000;
const text = (length: number, seed = 1) => {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 97 + ((state >>> 20) % 7);
  });
};
const noise = (length: number) => {
  let state = 7;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
};
const same = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0;
const plain = async (data: Uint8Array, limit = LIMIT, brotli = true) => {
  const output = await decompressed(data, limit, brotli);
  return output === null ? null : new Uint8Array(output.bytes);
};
const isPrefix = (part: Uint8Array, whole: Uint8Array) =>
  part.every((byte, index) => byte === whole[index]) && part.length <= whole.length;

describe('decompressChannel', () => {
  it.each(['zlib', 'brotli'] as const)('gives back what %s compressed', async (compression) => {
    for (const length of [0, 1, 5000, 3_000_000]) {
      const content = text(length);
      expect(same(await plain(compressChannel(content, compression)), content)).toBe(true);
    }
  });

  it.each(['zlib', 'brotli'] as const)('cuts %s output at the limit', async (compression) => {
    const content = text(4_200_000);
    const data = compressChannel(content, compression);
    expect(same(await plain(data, 1000), content.subarray(0, 1000))).toBe(true);
    expect(same(await plain(data, 4_000_001), content.subarray(0, 4_000_001))).toBe(true);
  });

  it.each(['zlib', 'brotli'] as const)(
    'keeps what is complete of cut %s data',
    async (compression) => {
      const content = text(60_000);
      const data = compressChannel(content, compression);
      let longest = 0;
      for (let length = data.length; length > 2; length -= 997) {
        const output = await plain(data.subarray(0, length));
        expect(output !== null && isPrefix(output, content)).toBe(true);
        longest = Math.max(longest, output?.length ?? 0);
      }
      expect(longest).toBe(content.length);
    },
  );

  it('keeps what stands before a fault in zlib data', async () => {
    const content = text(40_000);
    const data = compressChannel(content, 'zlib');
    // A stored block with a wrong length check in the place of the last third.
    const at = Math.floor(data.length * 0.66);
    const broken = data.slice();
    broken.fill(0xff, at);
    const output = await plain(broken);
    const whole = await plain(data.subarray(0, at));
    expect(output?.length).toBeGreaterThan(20_000);
    expect(isPrefix(whole ?? new Uint8Array(0), output ?? new Uint8Array(0))).toBe(true);
  });

  it('tells a fault behind all bytes: a wrong or missing zlib checksum, bytes behind the end of brotli data', async () => {
    const content = text(500);
    const data = compressChannel(content, 'zlib');
    const wrong = data.slice();
    wrong[data.length - 1] = (wrong[data.length - 1] ?? 0) ^ 0xff;
    const longer = Uint8Array.of(...compressChannel(content, 'brotli'), 1);
    for (const faulty of [wrong, data.subarray(0, -4), data.subarray(0, -1), longer]) {
      const output = await decompressed(faulty, LIMIT, true);
      expect(same(output?.bytes ?? null, content)).toBe(true);
      expect(output?.readEnds).toEqual([]);
    }
  });

  it('tells no fault in whole data, in zlib data with bytes behind its end, and in cut brotli data', async () => {
    const zlibData = compressChannel(text(500), 'zlib');
    const brotliData = compressChannel(text(500), 'brotli');
    const sound = [
      zlibData,
      Uint8Array.of(...zlibData, 1, 2, 3),
      brotliData,
      brotliData.subarray(0, -9),
    ];
    for (const data of sound) {
      expect((await decompressed(data, LIMIT, true))?.readEnds).toBeNull();
    }
  });

  it.each(['zlib', 'brotli'] as const)(
    'minds a fault right behind the limit of %s data only when nothing more was decoded',
    async (compression) => {
      const data = compressChannel(text(500), compression);
      const faulty = compression === 'zlib' ? data.subarray(0, -4) : Uint8Array.of(...data, 1);
      expect((await decompressed(faulty, 500, true))?.readEnds).toEqual([]);
      const cut = await decompressed(faulty, 499, true);
      expect(cut?.readEnds).toBeNull();
      expect(cut?.bytes).toHaveLength(499);
    },
  );

  it('keeps the pieces of brotli data before the one with a fault', async () => {
    const content = text(400_000);
    const data = compressChannel(content, 'brotli');
    expect(data.length).toBeGreaterThan(80_000);
    const broken = data.slice();
    broken.set(noise(data.length - 60_000), 60_000);
    expect(() => brotliDecompressSync(broken.subarray(1))).toThrow('Decompression failed');
    const output = await plain(broken);
    // What each number of whole pieces gives; the fault shows in one of those behind it.
    const ends = [0, 1, 2, 3, 4].map((pieces) => 4096 + pieces * 32_768);
    const pieces = await Promise.all(ends.map((end) => plain(broken.subarray(0, end))));
    expect(pieces.slice(1).some((piece) => piece !== null && same(output, piece))).toBe(true);
    expect(output?.length).toBeGreaterThan(100_000);
    expect(output?.length).toBeLessThan(content.length);
  });

  it.each([
    ['nothing', []],
    ['an unknown first byte', [0x00, 1, 2]],
    ['another unknown one', [0x02]],
    ['the zlib method 15', [0x7f, 0x01]],
    ['a zlib window of over 32 KiB', [0x88, 0x1c]],
    ['wrong zlib check bits', [0x78, 0x9d]],
    ['a preset dictionary', [0x78, 0xbb, 0, 0, 0, 2]],
    ['a zlib header cut off', [0x78]],
  ])('refuses %s', async (_, data) => {
    expect(await plain(Uint8Array.from(data))).toBeNull();
  });

  it('refuses brotli before Fjord', async () => {
    expect(await plain(compressChannel(text(5), 'brotli'), LIMIT, false)).toBeNull();
    expect(same(await plain(compressChannel(text(5), 'zlib'), LIMIT, false), text(5))).toBe(true);
  });

  it('reads data with the preset dictionary of no bytes', async () => {
    const raw = deflateRawSync(text(300));
    const data = Uint8Array.of(0x78, 0xbb, 0, 0, 0, 1, ...raw);
    expect(same(await plain(data), text(300))).toBe(true);
  });

  it('a bomb costs no more than the limit', async () => {
    const bomb = deflateSync(new Uint8Array(300_000_000));
    expect(bomb.length).toBeLessThan(400_000);
    const before = process.memoryUsage().arrayBuffers;
    const output = await decompressed(bomb, LIMIT, true);
    expect(output?.bytes.length).toBe(LIMIT);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * LIMIT);
  });
});

/** What Go's compress/zlib reads of each. Both begin with a stored block of "ok" that is not the last. */
describe.each([
  [
    'a block without an end-of-block code: a is its only literal, of one bit',
    '789c000200fdff6f6b05c08100000000009056ff15000000',
    `ok${'a'.repeat(23)}`,
    'missing end-of-block',
  ],
  [
    'a block whose code-length code is a single one of one bit',
    '789c000200fdff6f6b051280c0df1f0000000000',
    'ok',
    'invalid code lengths set',
  ],
])('zlib data with %s', (_, hex, expected, zlibSays) => {
  it('reads like in Go, while zlib refuses it', async () => {
    const data = Buffer.from(hex, 'hex');
    expect(() => inflateSync(data, { finishFlush: zlib.Z_SYNC_FLUSH })).toThrow(zlibSays);
    expect(Buffer.from((await plain(data)) ?? []).toString()).toBe(expected);
  });
});

describe('cut zlib data', () => {
  const whole = 'aaaabaaacaaaabaaadaaaaeabacaf'.repeat(3);
  const data = Buffer.from(
    '780105c1010100000802a0ad68f57f42004121185851074121185851074121185851f7',
    'hex',
  );

  it.each([
    [0, 87],
    [1, 85],
    [2, 81],
    [3, 76],
  ])('without its last %i bytes gives as many bytes as in Go: %i', async (cut, expected) => {
    const output = await plain(data.subarray(0, data.length - cut));
    expect(Buffer.from(output ?? []).toString()).toBe(whole.slice(0, expected));
  });
});

describe('inflatePrefix', () => {
  it('decodes all kinds of blocks like zlib', () => {
    const strategies = [
      { level: 0 },
      { level: 9 },
      { strategy: zlib.Z_FIXED },
      { strategy: zlib.Z_HUFFMAN_ONLY },
      { strategy: zlib.Z_RLE },
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 3000 }),
          fc.integer({ min: 1, max: 90_000 }).map((n) => text(n, n)),
        ),
        fc.constantFrom(...strategies),
        (content, options) => {
          const output = whole(inflatePrefix(deflateRawSync(content, options), 0, LIMIT));
          expect(new Uint8Array(output.bytes)).toEqual(content);
          expect(output.stop).toBe('end');
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stops at its limit', () => {
    const raw = deflateRawSync(new Uint8Array(1_000_000));
    const { bytes, stop } = whole(inflatePrefix(raw, 0, 1234));
    expect(bytes).toHaveLength(1234);
    expect(stop).toBe('limit');
  });
});
