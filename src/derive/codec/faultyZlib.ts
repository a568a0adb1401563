import type { Sliced } from '../../rollup/slices.js';
import type { Decompressed } from './faultyChannel.js';
import { inflatePrefix } from './inflate.js';

const PRESET_DICTIONARY_FLAG = 0x20;
const ADLER_MODULUS = 65_521;
/** So many bytes add up before a remainder is due: the sums stay far below 2^53. */
const ADLER_RUN = 4096;
/** About a millisecond's; a multiple of the run. */
const SLICE_BYTES = 64 * ADLER_RUN;

/**
 * Decodes zlib data which the native decoder refuses: cut, damaged, with a wrong checksum, or only taken by Go. A cut is
 * a fault like others. Spec: Go `compress/zlib`.
 * @param data with a header that is known to be valid.
 */
export function* decodeFaultyZlib(data: Uint8Array, limit: number): Sliced<Decompressed> {
  const start = ((data[1] ?? 0) & PRESET_DICTIONARY_FLAG) === 0 ? 2 : 6;
  const { bytes, readEnds, stop, end } = yield* inflatePrefix(data, start, limit);
  const isValid =
    stop === 'limit' || (stop === 'end' && (yield* adler32(bytes)) === trailer(data, end));
  return { bytes, readEnds: isValid ? null : readEnds };
}

/** @returns null when cut. */
function trailer(data: Uint8Array, at: number): number | null {
  if (at + 4 > data.length) return null;
  return new DataView(data.buffer, data.byteOffset).getUint32(at);
}

function* adler32(bytes: Uint8Array): Sliced<number> {
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.length; start += ADLER_RUN) {
    if (start > 0 && start % SLICE_BYTES === 0) yield;
    for (const byte of bytes.subarray(start, start + ADLER_RUN)) {
      low += byte;
      high += low;
    }
    low %= ADLER_MODULUS;
    high %= ADLER_MODULUS;
  }
  return high * 65_536 + low;
}
