import { createMPT } from '@ethereumjs/mpt';
import fc from 'fast-check';
import { numberToHex, toRlp } from 'viem';
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../src/rollup/bytes.js';
import { EMPTY_TRIE_ROOT, orderedTrieRoot, slicedTrieRoot } from '../../../src/rollup/trieRoot.js';

async function generalTrieRoot(values: readonly Uint8Array[]): Promise<string> {
  const trie = await createMPT({});
  for (const [index, value] of values.entries())
    await trie.put(
      toRlp(index === 0 ? '0x' : numberToHex(index, { size: index > 255 ? 2 : 1 }), 'bytes'),
      value,
    );
  return bytesToHex(trie.root());
}

describe('orderedTrieRoot', () => {
  it('gives the empty trie its root', () => {
    expect(orderedTrieRoot([])).toBe(EMPTY_TRIE_ROOT);
  });

  it('leaves no empty value out', () => {
    const [empty, full] = [new Uint8Array(0), Uint8Array.of(2, 1)];
    expect(orderedTrieRoot([empty])).not.toBe(EMPTY_TRIE_ROOT);
    expect(orderedTrieRoot([full, empty])).not.toBe(orderedTrieRoot([full]));
  });

  it.each([1, 2, 16, 17, 127, 128, 129, 130, 255, 256, 257, 300, 1000])(
    'equals a general trie over %d values',
    async (count) => {
      const values = Array.from({ length: count }, (_, i) =>
        new Uint8Array((i * 37) % 120 || 1).fill((i % 255) + 1),
      );
      expect(orderedTrieRoot(values)).toBe(await generalTrieRoot(values));
    },
  );

  it('equals a general trie over values of any size, small nodes that are not hashed too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 70 }), { minLength: 1, maxLength: 40 }),
        async (values) => {
          expect(orderedTrieRoot(values)).toBe(await generalTrieRoot(values));
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });
});

describe('slicedTrieRoot', () => {
  it('looks at some values a slice from the start, however many there are', () => {
    let looked = 0;
    const values = new Proxy<readonly Uint8Array[]>(new Array(100_000).fill(new Uint8Array(0)), {
      get: (target, key) => {
        if (typeof key === 'string' && /^[0-9]+$/.test(key)) looked += 1;
        return Reflect.get(target, key);
      },
    });
    const sliced = slicedTrieRoot(values);
    sliced.next();
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(1000);
  });
});

describe('hexToBytes', () => {
  it.each(['0x1', '12', '0xzz', '0x12g4', 'x0'])('refuses %s', (text) => {
    expect(hexToBytes(text)).toBeNull();
  });

  it('reads long texts as short ones, and refuses one odd character wherever it is', () => {
    for (const digits of [16_380, 16_382, 16_384, 32_768, 100_000]) {
      const hex = Array.from({ length: digits }, (_, i) => (i * 7) % 10).join('');
      expect(hexToBytes(`0x${hex}`)).toEqual(Buffer.from(hex, 'hex'));
      for (const at of [0, 1, 16_383, 16_384, digits - 1].filter((place) => place < digits)) {
        expect(hexToBytes(`0x${hex.slice(0, at)}g${hex.slice(at + 1)}`)).toBeNull();
      }
    }
  });

  it('puts many bytes where there is room for them', () => {
    const room = Buffer.alloc(10_000);
    expect(hexToBytes(`0x${'ab'.repeat(10_000)}`, () => room)).toBe(room);
    expect(room.every((byte) => byte === 0xab)).toBe(true);
  });
});
