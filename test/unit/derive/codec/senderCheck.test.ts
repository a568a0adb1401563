import fc from 'fast-check';
import type { Hex } from 'viem';
import { keccak256, recoverAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import type { TxSigner } from '../../../../src/derive/codec/batcherTx.js';
import { isSentBy } from '../../../../src/derive/codec/batcherTx.js';
import {
  bigintToBytes,
  bytesToBigint,
  bytesToHex,
  hexToBytes,
} from '../../../../src/rollup/bytes.js';
import type { Address } from '../../../../src/types/block.js';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const ACCOUNTS = ['42', '43'].map((byte) => privateKeyToAccount(`0x${byte.repeat(32)}`));
const [batcher] = ACCOUNTS.map((account) => account.address.toLowerCase() as Address) as [Address];

type Signed = Extract<TxSigner, { kind: 'signature' }>;

async function sign(account: number, message: number): Promise<Signed> {
  const digest = keccak256(Uint8Array.of(message));
  const signature = (await ACCOUNTS[account]?.sign({ hash: digest })) ?? '0x';
  const bytes = hexToBytes(signature) ?? new Uint8Array(65);
  const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32, 64)];
  return { kind: 'signature', digest, r, s, yParity: (bytes[64] ?? 27) - 27 };
}

/** What another implementation says; null where it finds nobody. */
async function recovered({ digest, r, s, yParity }: Signed): Promise<Hex | null> {
  const word = (value: Uint8Array): Hex => `0x${bytesToHex(value).slice(2).padStart(64, '0')}`;
  try {
    const signature = { r: word(r), s: word(s), yParity };
    return (await recoverAddress({ hash: digest, signature })).toLowerCase() as Hex;
  } catch {
    return null;
  }
}

describe('isSentBy', () => {
  it('agrees with recovery by another implementation on good and changed signatures', async () => {
    const signature = fc.tuple(
      fc.nat(1),
      fc.nat(255),
      fc.constantFrom('none', 'parity', 'r', 's', 'digest'),
    );
    await fc.assert(
      fc.asyncProperty(signature, async ([account, message, change]) => {
        const good = await sign(account, message);
        const next = (value: Uint8Array) => bigintToBytes(bytesToBigint(value) + 1n);
        const changed: Signed = {
          ...good,
          ...(change === 'parity' && { yParity: 1 - good.yParity }),
          ...(change === 'r' && { r: next(good.r) }),
          ...(change === 's' && { s: next(good.s) }),
          ...(change === 'digest' && { digest: keccak256(good.digest) }),
        };
        const expected = (await recovered(changed)) === batcher;
        expect(expected).toBe(account === 0 && change === 'none');
        expect(isSentBy(changed, batcher)).toBe(expected);
        // Whoever a changed signature points to has sent it.
        const other = (await recovered(changed)) as Address | null;
        if (other !== null) expect(isSentBy(changed, other)).toBe(true);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it.each([
    ['a zero r', { r: new Uint8Array(0) }],
    ['a zero s', { s: new Uint8Array(0) }],
    ['an r of the order', { r: bigintToBytes(ORDER) }],
    ['an s of the order', { s: bigintToBytes(ORDER) }],
  ])('accepts nobody with %s', async (_, change) => {
    const good = await sign(0, 1);
    expect(isSentBy(good, batcher)).toBe(true);
    expect(isSentBy({ ...good, ...change }, batcher)).toBe(false);
  });

  it('accepts nobody with a high s, which recovery alone would', async () => {
    const good = await sign(0, 2);
    const high: Signed = {
      ...good,
      s: bigintToBytes(ORDER - bytesToBigint(good.s)),
      yParity: 1 - good.yParity,
    };
    expect(await recovered(high)).toBe(batcher);
    expect(isSentBy(high, batcher)).toBe(false);
  });

  it('takes the word of a transaction that names its sender', () => {
    const named: TxSigner = { kind: 'named', address: batcher };
    expect(isSentBy(named, batcher)).toBe(true);
    expect(isSentBy(named, `0x${'00'.repeat(20)}`)).toBe(false);
  });
});
