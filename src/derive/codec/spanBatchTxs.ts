import { bigintToBytes } from '../../rollup/bytes.js';
import { MAX_SPAN_BATCH_ELEMENT_COUNT } from '../../rollup/chainLimits.js';
import type { Sliced } from '../../rollup/slices.js';
import { forEachIndex } from '../../rollup/slices.js';
import { POST_EXEC_TX_TYPE } from '../../rollup/txCodec.js';
import type { Bits } from './bits.js';
import { bitAt, countBits, readBits } from './bits.js';
import { ByteReader, malformed, orNullSliced } from './byteReader.js';
import { RlpWriter } from './rlpWriter.js';

/** Bytes of r and s. */
const SIGNATURE_LENGTH = 64;
const ADDRESS_LENGTH = 20;
/** First bytes up to this one are the type of an EIP-2718 transaction, above it the list of a legacy one. */
const MAX_TX_TYPE = 0x7f;
/** About a millisecond's: of transactions that are looked through, and of those put together, by number and by bytes. */
const READS_PER_SLICE = 8192;
const TXS_PER_SLICE = 512;
const BYTES_PER_SLICE = 512 * 1024;

/** All transactions of a span batch, column by column, as views of the input. */
export interface RawSpanTxs {
  readonly count: number;
  /** Set for contract creations, which have no entry in `tos`. */
  readonly creationBits: Bits;
  readonly yParityBits: Bits;
  /** r and s of each, 64 bytes. */
  readonly signatures: Uint8Array;
  /** 20 bytes each. */
  readonly tos: Uint8Array;
  /** Where each one's data begins, and behind the last one's end. */
  readonly dataStarts: Uint32Array;
  /** Positioned before the nonces and the gas limits (uvarints). */
  readonly nonceStart: number;
  readonly gasStart: number;
  /** One for each legacy transaction: set where the signature is bound to the chain (EIP-155). */
  readonly protectedBits: Bits;
  readonly bytes: Uint8Array;
}

/**
 * Splits the transactions part. Layout: contract creation bits, y parity bits, signatures, targets, data of each (type
 * byte where it has one, then an RLP list), nonces, gas limits, protected bits. Gives up like the reader.
 * Spec: protocol/delta/span-batches, "Transactions"; op-node `rollup/derive/span_batch_txs.go`.
 */
export function* readSpanTxs(reader: ByteReader, count: number): Sliced<RawSpanTxs> {
  const creationBits = readBits(reader, count);
  const yParityBits = readBits(reader, count);
  const signatures = reader.take(count * SIGNATURE_LENGTH);
  const tos = reader.take((count - countBits(creationBits)) * ADDRESS_LENGTH);
  const dataStarts = new Uint32Array(count + 1);
  let legacyCount = 0;
  yield* forEachIndex(count, READS_PER_SLICE, (index) => {
    dataStarts[index] = reader.position;
    if (skipTxData(reader) === 0) legacyCount++;
  });
  dataStarts[count] = reader.position;
  const nonceStart = reader.position;
  yield* forEachIndex(count, READS_PER_SLICE, () => reader.uvarint());
  const gasStart = reader.position;
  yield* forEachIndex(count, READS_PER_SLICE, () => reader.uvarint());
  const protectedBits = readBits(reader, legacyCount);
  const { bytes } = reader;
  return {
    count,
    creationBits,
    yParityBits,
    signatures,
    tos,
    dataStarts,
    nonceStart,
    gasStart,
    protectedBits,
    bytes,
  };
}

/** @returns the transaction's type: 0 also for an explicit zero byte, which no transaction can have. */
function skipTxData(reader: ByteReader): number {
  const start = reader.position;
  const first = reader.byte();
  const type = first <= MAX_TX_TYPE ? first : 0;
  if (first > MAX_TX_TYPE) reader.position = start;
  const listStart = reader.position;
  const length = reader.listLength();
  const header = reader.position - listStart;
  if (header + length > MAX_SPAN_BATCH_ELEMENT_COUNT) malformed('transaction too large');
  reader.skip(length);
  return type;
}

/** How a span batch carries each transaction type, and how the whole transaction is put together of it. */
interface TxShape {
  /** Fields before `gas`, after chain id and nonce; each of them is in the data, in the order given by `order`. */
  readonly fees: 1 | 2;
  readonly hasAccessList: boolean;
  readonly hasAuthorizations: boolean;
  /** Most bytes of value and fees: EIP-7702 transactions hold 256-bit numbers, the others any. */
  readonly maxIntegerBytes: number;
}

const ANY_SIZE = Number.MAX_SAFE_INTEGER;
const LEGACY: TxShape = {
  fees: 1,
  hasAccessList: false,
  hasAuthorizations: false,
  maxIntegerBytes: ANY_SIZE,
};
const TYPED_SHAPES: ReadonlyMap<number, TxShape> = new Map([
  [1, { ...LEGACY, hasAccessList: true }],
  [2, { ...LEGACY, fees: 2, hasAccessList: true }],
  [4, { fees: 2, hasAccessList: true, hasAuthorizations: true, maxIntegerBytes: 32 }],
]);

/** The parts of one transaction that the columns give. */
interface Envelope {
  readonly nonce: bigint;
  readonly gas: bigint;
  /** Null creates a contract. */
  readonly to: Uint8Array | null;
  readonly v: bigint;
  readonly r: Uint8Array;
  readonly s: Uint8Array;
}

/**
 * Whole transactions in order, encoded by EIP-2718.
 * @returns null when one of them is malformed or of a type that span batches do not carry.
 */
export function fullSpanTxs(
  txs: RawSpanTxs,
  chainId: bigint,
): Sliced<readonly Uint8Array[] | null> {
  return orNullSliced(assembleAll(txs, chainId));
}

function* assembleAll(txs: RawSpanTxs, chainId: bigint): Sliced<readonly Uint8Array[]> {
  const assembler = new SpanTxAssembler(txs, chainId);
  const assembled: Uint8Array[] = [];
  let sliceBytes = 0;
  for (let index = 0; index < txs.count; index++) {
    const transaction = assembler.next(index);
    assembled.push(transaction);
    sliceBytes += transaction.length;
    if (assembled.length % TXS_PER_SLICE !== 0 && sliceBytes < BYTES_PER_SLICE) continue;
    sliceBytes = 0;
    yield;
  }
  return assembled;
}

class SpanTxAssembler {
  private readonly txs: RawSpanTxs;
  private readonly chainId: bigint;
  private readonly chainIdBytes: Uint8Array;
  private readonly nonces: ByteReader;
  private readonly gases: ByteReader;
  private readonly tos: ByteReader;
  private readonly writer = new RlpWriter();
  private legacyIndex = 0;

  constructor(txs: RawSpanTxs, chainId: bigint) {
    this.txs = txs;
    this.chainId = chainId;
    this.chainIdBytes = bigintToBytes(chainId);
    this.nonces = new ByteReader(txs.bytes, txs.nonceStart);
    this.gases = new ByteReader(txs.bytes, txs.gasStart);
    this.tos = new ByteReader(txs.tos);
  }

  next(index: number): Uint8Array {
    const { bytes, dataStarts } = this.txs;
    const start = dataStarts[index] ?? 0;
    const first = bytes[start] ?? 0;
    const end = dataStarts[index + 1];
    if (first === POST_EXEC_TX_TYPE) return this.postExec(index, bytes.subarray(start, end));
    const isTyped = first <= MAX_TX_TYPE;
    const shape = isTyped ? TYPED_SHAPES.get(first) : LEGACY;
    if (shape === undefined) return malformed('transaction type');
    const data = new ByteReader(bytes, isTyped ? start + 1 : start, end);
    const envelope = this.envelope(index, shape);
    return this.assemble(isTyped ? first : null, shape, envelope, data.rlpList());
  }

  /** Its data is the whole transaction, whatever the columns have in its place: their entries are passed over. */
  private postExec(index: number, data: Uint8Array): Uint8Array {
    this.nonces.uvarint();
    this.gases.uvarint();
    this.target(index);
    return data;
  }

  private target(index: number): Uint8Array | null {
    return bitAt(this.txs.creationBits, index) ? null : this.tos.take(ADDRESS_LENGTH);
  }

  private envelope(index: number, shape: TxShape): Envelope {
    const { signatures } = this.txs;
    const at = index * SIGNATURE_LENGTH;
    return {
      nonce: this.nonces.uvarint(),
      gas: this.gases.uvarint(),
      to: this.target(index),
      v: this.recoverV(index, shape),
      r: signatures.subarray(at, at + 32),
      s: signatures.subarray(at + 32, at + 64),
    };
  }

  /** EIP-155 for protected legacy transactions, 27 or 28 for the others, the bare parity for typed ones. */
  private recoverV(index: number, shape: TxShape): bigint {
    const parity = bitAt(this.txs.yParityBits, index) ? 1n : 0n;
    if (shape !== LEGACY) return parity;
    const isProtected = bitAt(this.txs.protectedBits, this.legacyIndex++);
    return isProtected ? this.chainId * 2n + 35n + parity : 27n + parity;
  }

  /** The data's fields are copied as they are, once they are known to be canonical. */
  private assemble(
    type: number | null,
    shape: TxShape,
    envelope: Envelope,
    fields: ByteReader,
  ): Uint8Array {
    const value = integerField(fields, shape.maxIntegerBytes);
    const feesStart = fields.position;
    for (let i = 0; i < shape.fees; i++) fields.rlpInteger(shape.maxIntegerBytes);
    const fees = fields.bytes.subarray(feesStart, fields.position);
    const restStart = fields.position;
    fields.rlpString();
    if (shape.hasAccessList) checkAccessList(fields.rlpList());
    if (shape.hasAuthorizations) checkAuthorizations(fields.rlpList());
    fields.expectEnd();
    const rest = fields.bytes.subarray(restStart, fields.position);
    if (shape.hasAuthorizations && envelope.to === null) malformed('creation by set code');

    const { writer } = this;
    writer.start();
    if (type !== null) writer.string(this.chainIdBytes);
    writer.uint(envelope.nonce);
    writer.raw(fees);
    writer.uint(envelope.gas);
    writer.string(envelope.to ?? NO_BYTES);
    writer.raw(value);
    writer.raw(rest);
    writer.uint(envelope.v);
    writer.trimmed(envelope.r);
    writer.trimmed(envelope.s);
    return writer.finishList(type);
  }
}

const NO_BYTES = new Uint8Array(0);

/** The integer with its RLP header. */
function integerField(fields: ByteReader, maxBytes: number): Uint8Array {
  const start = fields.position;
  fields.rlpInteger(maxBytes);
  return fields.bytes.subarray(start, fields.position);
}

function checkAccessList(entries: ByteReader): void {
  while (entries.remaining > 0) {
    const entry = entries.rlpList();
    entry.rlpFixed(ADDRESS_LENGTH);
    const keys = entry.rlpList();
    while (keys.remaining > 0) keys.rlpFixed(32);
    entry.expectEnd();
  }
}

/** Chain id, address, nonce (u64), y parity (u8), r, s. */
function checkAuthorizations(entries: ByteReader): void {
  while (entries.remaining > 0) {
    const entry = entries.rlpList();
    entry.rlpInteger(32);
    entry.rlpFixed(ADDRESS_LENGTH);
    entry.rlpInteger(8);
    entry.rlpInteger(1);
    entry.rlpInteger(32);
    entry.rlpInteger(32);
    entry.expectEnd();
  }
}
