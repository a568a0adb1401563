import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeRlp,
  encodeRlpList,
  encodeRlpString,
  type RlpItem,
} from '../../../src/rollup/rlp.js';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.uint8Array({ minLength: 250, maxLength: 260 }),
);
const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof({ maxDepth: 3 }, bytes, fc.array(tie('item'), { maxLength: 5 })),
}));
const plain = (encoded: Uint8Array) => new Uint8Array(encoded);

describe('RLP', () => {
  it('puts a list of encoded members together as if they were encoded with it', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), (items) => {
        expect(plain(encodeRlpList(items.map(encodeRlp)))).toEqual(encodeRlp(items));
      }),
    );
  });

  it('encodes a string alone as inside of a value', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(plain(encodeRlpString(value))).toEqual(encodeRlp(value));
      }),
    );
  });
});
