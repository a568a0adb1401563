import { ByteReader } from '../../src/derive/codec/byteReader.js';
import { bytesToBigint } from '../../src/rollup/bytes.js';
import { encodeRlpList } from '../../src/rollup/rlp.js';
import { POST_EXEC_TX_TYPE } from '../../src/rollup/txCodec.js';
import type { ByteWriter } from './byteWriter.js';

/** What a span batch keeps of one transaction. */
interface SpanTx {
  readonly isCreation: boolean;
  readonly to: Uint8Array;
  readonly yParity: boolean;
  readonly signature: Uint8Array;
  /** Type byte where it has one, then the list of what has no column of its own. */
  readonly data: Uint8Array;
  readonly nonce: bigint;
  readonly gas: bigint;
  /** Null for typed transactions. */
  readonly isProtected: boolean | null;
}

/**
 * Writes transactions column by column, as `readSpanTxs` reads them.
 * @param transactions encoded; legacy and types 1, 2, 4 and 0x7d. @throws RangeError for other types.
 */
export function writeSpanTxs(writer: ByteWriter, transactions: readonly Uint8Array[]): void {
  const txs = transactions.map((tx) =>
    tx[0] === POST_EXEC_TX_TYPE ? { ...UNSIGNED, data: tx } : splitTx(tx),
  );
  writer.bits(txs.map((tx) => tx.isCreation));
  writer.bits(txs.map((tx) => tx.yParity));
  for (const tx of txs) writer.bytes(tx.signature);
  for (const tx of txs) writer.bytes(tx.to);
  for (const tx of txs) writer.bytes(tx.data);
  for (const tx of txs) writer.uvarint(tx.nonce);
  for (const tx of txs) writer.uvarint(tx.gas);
  writer.bits(txs.flatMap((tx) => tx.isProtected ?? []));
}

function splitTx(encoded: Uint8Array): SpanTx {
  const type = encoded[0] ?? 0;
  const isLegacy = type >= 0xc0;
  if (!isLegacy && ![1, 2, 4].includes(type)) throw new RangeError(`transaction type ${type}`);
  const fields = new ByteReader(encoded, isLegacy ? 0 : 1).rlpList();
  if (!isLegacy) fields.rlpString();
  const nonce = bytesToBigint(fields.rlpString());
  const fees = rawItems(fields, isLegacy || type === 1 ? 1 : 2);
  const gas = bytesToBigint(fields.rlpString());
  const to = fields.rlpString();
  const [value = EMPTY] = rawItems(fields, 1);
  const rest = rawItems(fields, isLegacy ? 1 : type === 4 ? 3 : 2);
  const v = bytesToBigint(fields.rlpString());
  const signature = new Uint8Array(64);
  for (const end of [32, 64]) {
    const part = fields.rlpString();
    signature.set(part, end - part.length);
  }
  const body = encodeRlpList([value, ...fees, ...rest]);
  const isProtected = isLegacy ? v !== 27n && v !== 28n : null;
  return {
    isCreation: to.length === 0,
    to,
    yParity: isLegacy ? v % 2n === 0n : v === 1n,
    signature,
    data: isLegacy ? body : Uint8Array.of(type, ...body),
    nonce,
    gas,
    isProtected,
  };
}

const EMPTY = new Uint8Array(0);

/** What stands in the columns for a post-execution transaction. */
const UNSIGNED: Omit<SpanTx, 'data'> = {
  isCreation: true,
  to: EMPTY,
  yParity: false,
  signature: new Uint8Array(64),
  nonce: 0n,
  gas: 0n,
  isProtected: null,
};

/** Items with their headers. */
function rawItems(reader: ByteReader, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, () => {
    const start = reader.position;
    if (reader.isListNext()) reader.rlpList();
    else reader.rlpString();
    return reader.bytes.subarray(start, reader.position);
  });
}
