import type { SingularBatch } from '../../src/derive/codec/batch.js';
import { SINGULAR_BATCH_TYPE } from '../../src/derive/codec/batch.js';
import { bigintToBytes, hexToBytes } from '../../src/rollup/bytes.js';
import { encodeRlp } from '../../src/rollup/rlp.js';
import { concatBytes } from './byteWriter.js';

/** A singular batch with its type byte; the inverse of `decodeSingularBatch`. */
export function encodeSingularBatch(batch: SingularBatch): Uint8Array {
  const body = encodeRlp([
    hexToBytes(batch.parentHash) ?? new Uint8Array(0),
    bigintToBytes(batch.epochNumber),
    hexToBytes(batch.epochHash) ?? new Uint8Array(0),
    bigintToBytes(batch.timestamp),
    batch.transactions,
  ]);
  return concatBytes([Uint8Array.of(SINGULAR_BATCH_TYPE), body]);
}
