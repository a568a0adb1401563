import { isPrivate } from 'tiny-secp256k1';
import { describe, expect, it } from 'vitest';
import { isPrivateKey, parsePrivateKey } from '../../../src/p2p/privateKey.js';

const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('parsePrivateKey', () => {
  it.each([
    ['zero', '00'.repeat(32), false],
    ['one', `${'00'.repeat(31)}01`, true],
    ['the last key', ORDER.replace(/41$/, '40'), true],
    ['the order of the curve', ORDER, false],
    ['the largest number', 'ff'.repeat(32), false],
    ['31 bytes', '11'.repeat(31), false],
    ['33 bytes', '11'.repeat(33), false],
  ])('judges %s as the library of the curve does', (_, hex, isKey) => {
    const bytes = Buffer.from(hex, 'hex');
    expect([isPrivateKey(bytes), isPrivate(bytes)]).toEqual([isKey, isKey]);
    if (isKey) expect(hexOf(parsePrivateKey(` 0x${hex}\n`))).toBe(hex);
    else expect(() => parsePrivateKey(hex)).toThrow('not a private key of secp256k1');
  });

  it('refuses what is no hex', () => {
    expect(() => parsePrivateKey('0xzz')).toThrow(
      expect.objectContaining({ code: 'P2P_KEY_INVALID', severity: 'critical' }),
    );
  });
});
