import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import { encodeBlob } from '../../devnet/batcher/blobs.js';
import { ByteWriter, concatBytes } from '../../devnet/batcher/byteWriter.js';
import { encodeBatcherData } from '../../devnet/batcher/frames.js';
import { encodeSpanBatch } from '../../devnet/batcher/spanBatch.js';
import type { SingularBatch } from '../../src/derive/codec/batch.js';
import { SPAN_BATCH_TYPE } from '../../src/derive/codec/batch.js';
import { MAX_BLOB_DATA } from '../../src/derive/codec/blob.js';
import { FRAME_FIXED_LENGTH } from '../../src/derive/codec/frame.js';
import { bigintToBytes, hexToBytes } from '../../src/rollup/bytes.js';
import type { Hash } from '../../src/types/block.js';
import { noisyTransfers } from '../rigs/noisyTransfers.js';

/** Blocks of one span batch: those of one L1 block. The last one has the next L1 origin. */
export const BLOCKS_PER_SPAN = 6;
/** Data of a frame that fills a blob. */
const ROOM = MAX_BLOB_DATA - 1 - FRAME_FIXED_LENGTH;
const CHECK_BYTES = 20;
const CHANNEL_ID = 'da'.repeat(16);
const ADLER_BASE = 65_521;
/** A body that is within these parts of its blobs fills them. */
const FULL = 0.995;

/** What is the same in all channels of so many blobs: the batch behind its first fields. */
export interface ChannelBody {
  readonly blobs: readonly Uint8Array[];
  /** Of each block of the span, in order. */
  readonly transactions: readonly (readonly Uint8Array[])[];
  readonly bytes: number;
  readonly adler: number;
}

/** Where a span batch stands in its chain. */
export interface SpanPlace {
  /** Of its first block, in seconds after the L2 genesis. */
  readonly relativeTime: number;
  readonly parentHash: Hash;
  /** L1 origin of its last block. */
  readonly origin: { readonly number: number; readonly hash: Hash };
}

/**
 * A body of full blobs. To prove a blob takes tens of milliseconds, and to make one as long: so blobs hold only what is the
 * same wherever a span batch stands, and what is not goes as calldata before and behind them, in the same channel.
 */
export function makeBody(blobs: number, chainId: bigint): ChannelBody {
  const room = blobs * ROOM;
  let perBlock = Math.ceil(room / BLOCKS_PER_SPAN / 128);
  for (;;) {
    const made = compressBody(perBlock, chainId);
    if (made.compressed.length <= room && made.compressed.length > room * FULL) {
      const { compressed, payload, transactions } = made;
      const frames = Array.from({ length: blobs }, (_, index) => ({
        ...{ channelId: CHANNEL_ID, number: index + 1, isLast: false },
        data: compressed.subarray(index * ROOM, (index + 1) * ROOM),
      }));
      return {
        blobs: frames.map((frame) => encodeBlob(encodeBatcherData([frame]))),
        ...{ transactions, bytes: payload.length, adler: adler32(payload) },
      };
    }
    perBlock = Math.floor((perBlock * room * (1 + FULL)) / 2 / made.compressed.length);
  }
}

/** The channel of a span at its place: batcher data for before the blobs of its body and for behind them. */
export function calldataAround(
  body: ChannelBody,
  place: SpanPlace,
): { readonly before: Uint8Array; readonly behind: Uint8Array } {
  const fields = spanFields(place);
  const content = concatBytes([stringHeader(fields.length + body.bytes), fields]);
  // A full flush ends at a whole byte and forgets what was: the body can stand behind it as it was compressed alone.
  const start = deflateSync(content, { finishFlush: constants.Z_FULL_FLUSH });
  const checksum = joinAdler(adler32(content), body);
  const end = Uint8Array.of(checksum >>> 24, checksum >>> 16, checksum >>> 8, checksum);
  const frame = (number: number, data: Uint8Array, isLast: boolean): Uint8Array =>
    encodeBatcherData([{ channelId: CHANNEL_ID, number, data, isLast }]);
  return {
    before: frame(0, concatBytes([start]), false),
    behind: frame(body.blobs.length + 1, end, true),
  };
}

function compressBody(perBlock: number, chainId: bigint) {
  const transfer = noisyTransfers(chainId);
  const hash: Hash = `0x${'00'.repeat(32)}`;
  const blocks = Array.from(
    { length: BLOCKS_PER_SPAN },
    (_, index): SingularBatch => ({
      ...{ type: 'singular', parentHash: hash, epochHash: hash, timestamp: BigInt(index) },
      epochNumber: index === BLOCKS_PER_SPAN - 1 ? 1n : 0n,
      transactions: Array.from({ length: perBlock }, (_, tx) => transfer(index * perBlock + tx)),
    }),
  );
  const fieldBytes = spanFields({
    ...{ relativeTime: 0, parentHash: hash, origin: { number: 1, hash } },
  }).length;
  const payload = encodeSpanBatch(blocks, 0n, false).subarray(fieldBytes);
  const transactions = blocks.map((block) => block.transactions);
  return { payload, transactions, compressed: deflateRawSync(payload) };
}

/** Type byte, time, L1 origin, and the checks of parent and origin. */
function spanFields({ relativeTime, parentHash, origin }: SpanPlace): Uint8Array {
  const check = (hash: Hash) => (hexToBytes(hash) ?? new Uint8Array(32)).subarray(0, CHECK_BYTES);
  return new ByteWriter()
    .bytes(Uint8Array.of(SPAN_BATCH_TYPE))
    .uvarint(BigInt(relativeTime))
    .uvarint(BigInt(origin.number))
    .bytes(check(parentHash))
    .bytes(check(origin.hash))
    .finish();
}

/** RLP header of a string of more than 55 bytes. */
function stringHeader(length: number): Uint8Array {
  const bytes = bigintToBytes(BigInt(length));
  return Uint8Array.of(0xb7 + bytes.length, ...bytes);
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % ADLER_BASE;
    b = (b + a) % ADLER_BASE;
  }
  return ((b << 16) | a) >>> 0;
}

/** Of two parts one after the other. */
function joinAdler(first: number, { adler: second, bytes }: ChannelBody): number {
  const low = (value: number): number => value & 0xffff;
  const a = (low(first) + low(second) - 1 + ADLER_BASE) % ADLER_BASE;
  const carried = ((bytes % ADLER_BASE) * (low(first) - 1 + ADLER_BASE)) % ADLER_BASE;
  const b = ((first >>> 16) + (second >>> 16) + carried) % ADLER_BASE;
  return ((b << 16) | a) >>> 0;
}
