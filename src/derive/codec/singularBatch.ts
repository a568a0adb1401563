import { bytesToBigint, bytesToHex } from '../../rollup/bytes.js';
import type { SingularBatch } from './batch.js';
import { ByteReader, orNull } from './byteReader.js';

/**
 * Decodes a singular batch behind its type byte: RLP of parent hash, epoch number, epoch hash, timestamp and the list
 * of encoded transactions. Bytes behind that list are ignored, as op-node does.
 * @returns null when malformed. Never throws.
 * Spec: protocol/derivation, "Batch Format"; op-node `rollup/derive/singular_batch.go`.
 */
export function decodeSingularBatch(data: Uint8Array): SingularBatch | null {
  return orNull(() => {
    const fields = new ByteReader(data).rlpList();
    const parentHash = bytesToHex(fields.rlpFixed(32));
    const epochNumber = bytesToBigint(fields.rlpInteger(8));
    const epochHash = bytesToHex(fields.rlpFixed(32));
    const timestamp = bytesToBigint(fields.rlpInteger(8));
    const list = fields.rlpList();
    fields.expectEnd();
    const transactions: Uint8Array[] = [];
    while (list.remaining > 0) transactions.push(list.rlpString());
    return { type: 'singular', parentHash, epochNumber, epochHash, timestamp, transactions };
  });
}
