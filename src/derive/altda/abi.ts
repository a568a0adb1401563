import { bytesToBigint } from '../../rollup/bytes.js';
import { malformed } from '../codec/byteReader.js';

const WORD_BYTES = 32;

/**
 * The head word of an argument of ABI-encoded arguments; gives up (see `orNull`) where the bytes end before it.
 * @param place of the argument, from 0.
 */
export function abiWord(encoded: Uint8Array, place: number): bigint {
  return wordAt(encoded, place * WORD_BYTES);
}

/**
 * An argument of type `bytes`, a view of the input. Offsets may point anywhere within the input, backwards and
 * overlapping included, and padding is not looked at: as go-ethereum decodes. Gives up where they point beyond it.
 * @param place of the argument, from 0.
 */
export function abiBytes(encoded: Uint8Array, place: number): Uint8Array {
  const offset = abiWord(encoded, place);
  if (offset + BigInt(WORD_BYTES) > BigInt(encoded.length)) malformed('offset beyond the end');
  const start = Number(offset) + WORD_BYTES;
  const length = wordAt(encoded, Number(offset));
  if (BigInt(start) + length > BigInt(encoded.length)) malformed('bytes beyond the end');
  return encoded.subarray(start, start + Number(length));
}

function wordAt(encoded: Uint8Array, start: number): bigint {
  if (start + WORD_BYTES > encoded.length) malformed('word beyond the end');
  return bytesToBigint(encoded.subarray(start, start + WORD_BYTES));
}
