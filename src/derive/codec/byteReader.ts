import type { Sliced } from '../../rollup/slices.js';

/** Thrown inside decoders only: `orNull` turns it into their result. */
class Malformed extends Error {}

const LONG_STRING = 0xb7;
const LONG_LIST = 0xf7;

/** The answer of a decoder, or null where it met malformed bytes. Anything else that it throws is a bug and passes. */
export function orNull<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (thrown) {
    if (thrown instanceof Malformed) return null;
    throw thrown;
  }
}

/** As `orNull`, of a decoder that works in slices. */
export function* orNullSliced<T>(decoding: Sliced<T>): Sliced<T | null> {
  try {
    return yield* decoding;
  } catch (thrown) {
    if (thrown instanceof Malformed) return null;
    throw thrown;
  }
}

/** Gives up decoding; only to be called inside `orNull` or `orNullSliced`. */
export function malformed(reason: string): never {
  throw new Malformed(reason);
}

/**
 * Reads bytes front to back. What it returns are views of the input, never copies; every read beyond the end and every
 * encoding that is not canonical gives up (see `orNull`). RLP rules are go-ethereum's: shortest length forms only, no
 * single byte below 0x80 in a string of its own, no leading zeros in integers.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  private readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  byte(): number {
    if (this.position >= this.end) malformed('unexpected end');
    return this.bytes[this.position++] ?? 0;
  }

  take(length: number): Uint8Array {
    const start = this.position;
    this.skip(length);
    return this.bytes.subarray(start, this.position);
  }

  skip(length: number): void {
    if (length > this.end - this.position) malformed('unexpected end');
    this.position += length;
  }

  /** An unsigned LEB128 integer of at most 64 bits, longer forms than needed allowed; as Go's `binary.ReadUvarint`. */
  uvarint(): bigint {
    const short = this.shortUvarint();
    return short === null ? this.longUvarint() : BigInt(short);
  }

  /** As `uvarint`, for counts. Values above `max` are malformed. */
  count(max: number): number {
    const value = this.shortUvarint() ?? Number(this.longUvarint());
    if (value > max) malformed('count over its limit');
    return value;
  }

  /** True when the next item is a list. */
  isListNext(): boolean {
    return (this.bytes[this.position] ?? 0) >= 0xc0 && this.position < this.end;
  }

  /** Content of the next RLP string. */
  rlpString(): Uint8Array {
    const prefix = this.byte();
    if (prefix < 0x80) return this.bytes.subarray(this.position - 1, this.position);
    if (prefix >= 0xc0) malformed('expected a string');
    const length = prefix <= LONG_STRING ? prefix - 0x80 : this.longLength(prefix - LONG_STRING);
    const content = this.take(length);
    if (length === 1 && (content[0] ?? 0) < 0x80) malformed('non-canonical single byte');
    return content;
  }

  /** Content of the next RLP list as a reader of its own; this one moves behind it. */
  rlpList(): ByteReader {
    const length = this.listLength();
    const start = this.position;
    this.skip(length);
    return new ByteReader(this.bytes, start, this.position);
  }

  /** Content length of the next RLP list; moves behind its header only. */
  listLength(): number {
    const prefix = this.byte();
    if (prefix < 0xc0) malformed('expected a list');
    return prefix <= LONG_LIST ? prefix - 0xc0 : this.longLength(prefix - LONG_LIST);
  }

  /** Content of the next RLP string, of exactly this length. */
  rlpFixed(length: number): Uint8Array {
    const content = this.rlpString();
    if (content.length !== length) malformed('wrong length');
    return content;
  }

  /** Content of the next RLP integer: no leading zeros, at most `maxBytes`; zero has no bytes. */
  rlpInteger(maxBytes = Number.MAX_SAFE_INTEGER): Uint8Array {
    const content = this.rlpString();
    if (content.length > maxBytes) malformed('integer too large');
    if (content.length > 0 && content[0] === 0) malformed('integer with leading zeros');
    return content;
  }

  /** Gives up unless everything was read. */
  expectEnd(): void {
    if (this.position !== this.end) malformed('too many elements');
  }

  /** Up to 7 bytes, which a number holds exactly; null, without moving, when there are more. */
  private shortUvarint(): number | null {
    const start = this.position;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    this.position = start;
    return null;
  }

  private longUvarint(): bigint {
    let value = 0n;
    for (let i = 0n; i < 10n; i++) {
      const byte = this.byte();
      if (i === 9n && byte > 1) malformed('uvarint over 64 bits');
      value |= BigInt(byte & 0x7f) << (7n * i);
      if (byte < 0x80) return value;
    }
    return malformed('uvarint over 64 bits');
  }

  private longLength(lengthBytes: number): number {
    const first = this.byte();
    if (first === 0) malformed('length with leading zeros');
    let length = first;
    // A length of 7 bytes or more is beyond any input; the sum below would lose precision.
    if (lengthBytes > 6) malformed('length too large');
    for (let i = 1; i < lengthBytes; i++) length = length * 256 + this.byte();
    if (length <= 55) malformed('length not in its shortest form');
    return length;
  }
}
