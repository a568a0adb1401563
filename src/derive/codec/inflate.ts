import type { Sliced } from '../../rollup/slices.js';

/**
 * Decodes raw deflate data (RFC 1951) as far as it is valid, for streams that the fast decoder refuses: what stands
 * before the first fault or the cut still counts, and the fast one does not hand it out.
 * Follows Go's compress/flate where that parts from zlib (and pako): it takes a block without an end-of-block code and
 * gives out its bytes, and of cut data it keeps back the last bits when they are fewer than an end-of-block code.
 * Slow beside the native one, so only used after that has failed.
 */

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const LENGTH_EXTRA = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const DISTANCE_EXTRA = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** Order in which a dynamic block sends the lengths of its code length codes. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_BITS = 15;
const END_OF_BLOCK = 256;
const WINDOW = 32_768;

/** About a millisecond's work: so much output, or so many blocks, each of which has codes of its own to make. */
const SLICE_BYTES = 48 * 1024;
const SLICE_BLOCKS = 64;

/** Codes by length, canonical: how many there are of each length, and the symbols in code order. */
interface Huffman {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/** The codes of a block that is being decoded. */
interface Codes {
  readonly literals: Huffman;
  readonly distances: Huffman;
  /** Length of the end-of-block code: Go reads no symbol while fewer bits are left. */
  readonly endBits: number;
}

/** Ends decoding; what is in the output by then is the result. */
class Stop extends Error {}

export interface Inflated {
  readonly bytes: Uint8Array;
  /** How far single reads of Go's decoder reach before the last one, growing: it hands out its window when that is full. */
  readonly readEnds: readonly number[];
  /** Why there is no more: the last block ended, a fault or the end of the data, or there would be more than `limit`. */
  readonly stop: 'end' | 'fault' | 'limit';
  /** Position in the data behind what was decoded. */
  readonly end: number;
}

/**
 * Everything that is decoded before the end, the first fault, or `limit` bytes.
 * @param start where the deflate data begins in `data`.
 */
export function* inflatePrefix(data: Uint8Array, start: number, limit: number): Sliced<Inflated> {
  const inflater = new Inflater(data, start, limit);
  for (;;) {
    const stop = inflater.slice();
    if (stop !== null) return inflater.result(stop);
    yield;
  }
}

class Inflater {
  private readonly data: Uint8Array;
  private readonly limit: number;
  private at: number;
  private bitBuffer = 0;
  private bitCount = 0;
  private output: Uint8Array;
  private length = 0;
  private readonly readEnds: number[] = [];
  private isLast = false;
  /** Null between two blocks. */
  private codes: Codes | null = null;
  /** Length of the output at which the slice ends. */
  private sliceEnd = 0;
  private isOverLimit = false;

  constructor(data: Uint8Array, start: number, limit: number) {
    this.data = data;
    this.at = start;
    this.limit = limit;
    this.output = new Uint8Array(Math.min(limit, Math.max(1024, data.length * 4)));
  }

  result(stop: Inflated['stop']): Inflated {
    const bytes = this.output.subarray(0, this.length);
    return { bytes, readEnds: this.readEnds, stop, end: this.at };
  }

  /** Decodes a slice more. @returns null while that was not all. */
  slice(): Inflated['stop'] | null {
    this.sliceEnd = this.length + SLICE_BYTES;
    try {
      for (let blocks = 0; this.length < this.sliceEnd && blocks < SLICE_BLOCKS; blocks++) {
        if (this.codes === null && this.isLast) return 'end';
        if (this.codes === null) this.block();
        if (this.codes !== null) this.compressed(this.codes);
      }
      return null;
    } catch (thrown) {
      if (!(thrown instanceof Stop)) throw thrown;
      return this.isOverLimit ? 'limit' : 'fault';
    }
  }

  private block(): void {
    this.isLast = this.bits(1) === 1;
    const type = this.bits(2);
    if (type === 0) this.stored();
    else if (type === 1) this.codes = FIXED_CODES;
    else if (type === 2) this.codes = this.dynamic();
    else throw new Stop();
  }

  private stored(): void {
    this.bitBuffer = 0;
    this.bitCount = 0;
    const length = this.byte() | (this.byte() << 8);
    const check = this.byte() | (this.byte() << 8);
    if (length !== (~check & 0xffff)) throw new Stop();
    // An empty one is a flush; the end or a fault of the last one comes with what it hands out.
    if (length === 0 && !this.isLast) this.endRead();
    for (let i = 0; i < length; i++) this.emit(this.byte());
  }

  private dynamic(): Codes {
    const literals = this.bits(5) + 257;
    const distances = this.bits(5) + 1;
    const codes = this.bits(4) + 4;
    if (literals > 286 || distances > 30) throw new Stop();
    const lengths = new Uint8Array(19);
    for (let i = 0; i < codes; i++) lengths[CODE_LENGTH_ORDER[i] ?? 0] = this.bits(3);
    const all = this.codeLengths(huffman(lengths), literals + distances);
    return {
      literals: huffman(all.subarray(0, literals)),
      distances: huffman(all.subarray(literals)),
      endBits: all[END_OF_BLOCK] ?? 0,
    };
  }

  private codeLengths(code: Huffman, total: number): Uint8Array {
    const lengths = new Uint8Array(total);
    for (let i = 0; i < total; ) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      const [value, repeat] = this.repetition(symbol, i === 0 ? null : (lengths[i - 1] ?? 0));
      if (i + repeat > total) throw new Stop();
      lengths.fill(value, i, i + repeat);
      i += repeat;
    }
    return lengths;
  }

  private repetition(symbol: number, previous: number | null): [value: number, repeat: number] {
    if (symbol === 17) return [0, 3 + this.bits(3)];
    if (symbol === 18) return [0, 11 + this.bits(7)];
    if (previous === null) throw new Stop();
    return [previous, 3 + this.bits(2)];
  }

  /** Up to the end of the block, or of the slice. */
  private compressed({ literals, distances, endBits }: Codes): void {
    while (this.length < this.sliceEnd) {
      this.load(endBits);
      const symbol = this.symbol(literals);
      if (symbol < END_OF_BLOCK) this.emit(symbol);
      else if (symbol === END_OF_BLOCK) {
        this.codes = null;
        return;
      } else this.copy(symbol - END_OF_BLOCK - 1, distances);
    }
  }

  private copy(lengthCode: number, distances: Huffman): void {
    const base = LENGTH_BASE[lengthCode];
    if (base === undefined) throw new Stop();
    const length = base + this.bits(LENGTH_EXTRA[lengthCode] ?? 0);
    const distanceCode = this.symbol(distances);
    const distanceBase = DISTANCE_BASE[distanceCode];
    if (distanceBase === undefined) throw new Stop();
    const distance = distanceBase + this.bits(DISTANCE_EXTRA[distanceCode] ?? 0);
    if (distance > Math.min(this.length, WINDOW)) throw new Stop();
    for (let i = 0; i < length; i++) this.emit(this.output[this.length - distance] ?? 0);
  }

  private symbol(code: Huffman): number {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length++) {
      value |= this.bits(1);
      const count = code.counts[length] ?? 0;
      if (value - count < first) return code.symbols[index + value - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    throw new Stop();
  }

  /** Has at least `count` bits at hand. */
  private load(count: number): void {
    while (this.bitCount < count) {
      this.bitBuffer |= this.byte() << this.bitCount;
      this.bitCount += 8;
    }
  }

  private bits(count: number): number {
    this.load(count);
    const value = this.bitBuffer & ((1 << count) - 1);
    this.bitBuffer >>>= count;
    this.bitCount -= count;
    return value;
  }

  private byte(): number {
    const byte = this.data[this.at++];
    if (byte === undefined) throw new Stop();
    return byte;
  }

  private emit(byte: number): void {
    if (this.length === this.limit) {
      this.isOverLimit = true;
      throw new Stop();
    }
    if (this.length === this.output.length) {
      const larger = new Uint8Array(Math.min(this.limit, this.output.length * 2));
      larger.set(this.output);
      this.output = larger;
    }
    this.output[this.length++] = byte;
    if (this.length % WINDOW === 0) this.endRead();
  }

  private endRead(): void {
    if (this.length > (this.readEnds.at(-1) ?? 0)) this.readEnds.push(this.length);
  }
}

/**
 * Gives up on codes that are over-subscribed or incomplete, but for a single code of one bit. A code without symbols
 * passes: it fails when it is used.
 */
function huffman(lengths: Uint8Array): Huffman {
  const counts = new Uint16Array(MAX_BITS + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  const used = lengths.length - (counts[0] ?? 0);
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= MAX_BITS; length++) left = left * 2 - (counts[length] ?? 0);
  const isSingle = used === 1 && counts[1] === 1;
  if (used > 0 && left !== 0 && !isSingle) throw new Stop();
  return { counts, symbols: symbolsInOrder(lengths, counts) };
}

function symbolsInOrder(lengths: Uint8Array, counts: Uint16Array): Uint16Array {
  const offsets = new Uint16Array(MAX_BITS + 2);
  for (let length = 1; length <= MAX_BITS; length++) {
    offsets[length + 1] = (offsets[length] ?? 0) + (counts[length] ?? 0);
  }
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const at = offsets[length] ?? 0;
    symbols[at] = symbol;
    offsets[length] = at + 1;
  });
  return symbols;
}

const FIXED_CODES: Codes = {
  literals: huffman(
    Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
  ),
  distances: huffman(new Uint8Array(32).fill(5)),
  endBits: 7,
};
