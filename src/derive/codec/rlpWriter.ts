import { bigintToBytes } from '../../rollup/bytes.js';
import { RLP_LIST, RLP_STRING, rlpHeader } from '../../rollup/rlp.js';

const INITIAL_BYTES = 4096;
/** Room kept before the list's content for a type byte and the list's header. */
const HEADER_ROOM = 10;
/** What a number holds exactly. */
const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Writes one flat RLP list after another through one buffer that grows as needed and is used again. Fields that are
 * encoded already are copied as they are: the transactions of span batches come five times as fast as through viem.
 */
export class RlpWriter {
  private buffer = new Uint8Array(INITIAL_BYTES);
  private end = HEADER_ROOM;

  /** Begins a list. */
  start(): void {
    this.end = HEADER_ROOM;
  }

  /** Bytes that are encoded already. */
  raw(encoded: Uint8Array): void {
    this.reserve(encoded.length);
    this.buffer.set(encoded, this.end);
    this.end += encoded.length;
  }

  string(bytes: Uint8Array): void {
    this.reserve(bytes.length + HEADER_ROOM);
    const first = bytes[0] ?? 0;
    if (bytes.length !== 1 || first >= RLP_STRING) this.header(bytes.length);
    this.raw(bytes);
  }

  /** A big-endian integer without its leading zero bytes. */
  trimmed(bytes: Uint8Array): void {
    let start = 0;
    while (start < bytes.length && bytes[start] === 0) start++;
    this.string(start === 0 ? bytes : bytes.subarray(start));
  }

  uint(value: bigint): void {
    this.reserve(HEADER_ROOM);
    if (value > MAX_EXACT) {
      this.string(bigintToBytes(value));
      return;
    }
    const small = Number(value);
    let length = 0;
    for (let rest = small; rest >= 1; rest /= 256) length++;
    if (small === 0 || small >= RLP_STRING) this.buffer[this.end++] = RLP_STRING + length;
    let rest = small;
    for (let at = this.end + length - 1; at >= this.end; at--) {
      this.buffer[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.end += length;
  }

  /** The list with its header, and the type byte before it where there is one, as a copy. */
  finishList(type: number | null): Uint8Array {
    const contentLength = this.end - HEADER_ROOM;
    const contentEnd = this.end;
    const header = rlpHeader(contentLength, RLP_LIST);
    let start = HEADER_ROOM - header.length;
    this.buffer.set(header, start);
    if (type !== null) this.buffer[--start] = type;
    return this.buffer.slice(start, contentEnd);
  }

  private header(length: number): void {
    const header = rlpHeader(length, RLP_STRING);
    this.buffer.set(header, this.end);
    this.end += header.length;
  }

  private reserve(more: number): void {
    if (this.end + more <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.end + more, this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.end));
    this.buffer = larger;
  }
}
