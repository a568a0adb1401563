import { brotliCompressSync, constants, deflateSync } from 'node:zlib';
import { CHANNEL_VERSION_BROTLI } from '../../src/derive/codec/decompress.js';
import { encodeRlpString } from '../../src/rollup/rlp.js';
import { concatBytes } from './byteWriter.js';

/** Higher is smaller but many times slower on large channels. */
const BROTLI_QUALITY = 6;

export type Compression = 'zlib' | 'brotli';

/** A channel of encoded batches: each as an RLP string, all of them compressed. Brotli from Fjord on only. */
export function encodeChannel(
  batches: readonly Uint8Array[],
  compression: Compression,
): Uint8Array {
  return compressChannel(concatBytes(batches.map(encodeRlpString)), compression);
}

/** Compresses what a channel holds, whatever it is. */
export function compressChannel(content: Uint8Array, compression: Compression): Uint8Array {
  if (compression === 'zlib') return concatBytes([deflateSync(content)]);
  return concatBytes([
    Uint8Array.of(CHANNEL_VERSION_BROTLI),
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  ]);
}
