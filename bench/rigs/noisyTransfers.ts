import { bigintToBytes } from '../../src/rollup/bytes.js';
import { encodeRlp } from '../../src/rollup/rlp.js';

/**
 * Token transfers (type 2) by nonce, with noise in place of addresses, amounts and signatures: they compress as badly as
 * real ones. Always the same ones, in the order of the calls.
 */
export function noisyTransfers(chainId: bigint): (nonce: number) => Uint8Array {
  let state = 1;
  const noise = (length: number) =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
  /** A number of 32 bytes, which has no zeros in front. */
  const number = (): Uint8Array => Uint8Array.of(1 + (noise(1)[0] ?? 0) / 2, ...noise(31));
  return (nonce) => {
    const data = new Uint8Array(68);
    data.set(noise(4));
    data.set(noise(20), 16);
    data.set(noise(4), 64);
    const numbers = [chainId, BigInt(nonce), 1_000_000n, 2_000_000_000n, 100_000n];
    const fields = [...numbers.map(bigintToBytes), noise(20), new Uint8Array(0), data, []];
    return Uint8Array.of(2, ...encodeRlp([...fields, Uint8Array.of(1), number(), number()]));
  };
}
