import { Buffer } from 'node:buffer';
import { BrotliFeeder } from './brotliFeeder.js';
import type { Decompressed } from './faultyChannel.js';

/** What Go's decoder gets behind the buffered reader that looked at the first byte: this much, then whole pieces. */
const FIRST_PIECE_BYTES = 4095;
const PIECE_BYTES = 32 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** What op-node asks of the decoder at a time; where it asks for more, the fault loses that item anyway. */
const READ_BYTES = 4096;

/**
 * Decodes brotli data which the native decoder refuses: damaged, or with bytes behind its end. Go's decoder hands out
 * what it has at the end of each piece of input and when its ring buffer is full, and nothing of what it decodes from
 * there to a fault. Costs at most four times a decoding. Spec: `andybalholm/brotli` Reader.Read.
 */
export async function decodeFaultyBrotli(data: Uint8Array, limit: number): Promise<Decompressed> {
  const pieces = split(data);
  const { valid, readEnds, bytes } = await decodeValid(pieces, limit);
  if (bytes !== null) return cut(bytes, valid === pieces.length ? null : readEnds, limit);
  const withFault = await decodeToFault(pieces.slice(0, valid + 1), readEnds.at(-1) ?? 0);
  return cut(withFault, readEnds, limit);
}

function split(data: Uint8Array): readonly Uint8Array[] {
  const pieces = [data.subarray(0, FIRST_PIECE_BYTES)];
  for (let start = FIRST_PIECE_BYTES; start < data.length; start += PIECE_BYTES) {
    pieces.push(data.subarray(start, start + PIECE_BYTES));
  }
  return pieces;
}

/** No fault counts behind the limit. */
function cut(bytes: Uint8Array, readEnds: readonly number[] | null, limit: number): Decompressed {
  return { bytes: bytes.subarray(0, limit), readEnds: bytes.length > limit ? null : readEnds };
}

interface Valid {
  /** Number of pieces before the one with a fault. */
  readonly valid: number;
  readonly readEnds: readonly number[];
  /** All output, more than the limit or up to bytes behind the end; null where a fault keeps back some. */
  readonly bytes: Uint8Array | null;
}

async function decodeValid(pieces: readonly Uint8Array[], limit: number): Promise<Valid> {
  const feeder = new BrotliFeeder(CHUNK_BYTES, limit + 1);
  const readEnds: number[] = [];
  for (const [valid, piece] of pieces.entries()) {
    const stop = await feeder.feed(piece);
    if (stop !== null) return { valid, readEnds, bytes: stop === 'fault' ? null : feeder.bytes() };
    if (feeder.length > (readEnds.at(-1) ?? 0)) readEnds.push(feeder.length);
  }
  feeder.close();
  return { valid: pieces.length, readEnds, bytes: feeder.bytes() };
}

/**
 * All output, with what the native decoder hands out in the call that meets the fault, and Node drops.
 * @param pieces of the input, the faulty one last.
 * @param before length of the output of the others.
 */
async function decodeToFault(pieces: readonly Uint8Array[], before: number): Promise<Uint8Array> {
  // With the room of one read the decoder stops for more only where its window is full. Then any room gives the same.
  const bytes = await decodeTwice(pieces, before + READ_BYTES, before + 1);
  return bytes ?? (await decodeTwice(pieces, CHUNK_BYTES)) ?? new Uint8Array(0);
}

/** @returns null when there was enough output before the fault. */
async function decodeTwice(
  pieces: readonly Uint8Array[],
  chunkSize: number,
  enough = Number.POSITIVE_INFINITY,
): Promise<Uint8Array | null> {
  const other = await feedAll(pieces, new BrotliFeeder(chunkSize, enough), 0xff);
  if (other.length >= enough) return null;
  const otherRoom = other.room().slice();
  const feeder = await feedAll(pieces, new BrotliFeeder(chunkSize, enough), 0x00);
  const room = feeder.room();
  // What is the same whatever was there before has been written.
  const length = room.findIndex((byte, index) => byte !== otherRoom[index]);
  return Buffer.concat([feeder.bytes(), length < 0 ? room : room.subarray(0, length)]);
}

async function feedAll(
  pieces: readonly Uint8Array[],
  feeder: BrotliFeeder,
  filler: number,
): Promise<BrotliFeeder> {
  for (const piece of pieces.slice(0, -1)) await feeder.feed(piece);
  feeder.fillRooms(filler);
  for (const piece of pieces.slice(-1)) await feeder.feed(piece);
  return feeder;
}
