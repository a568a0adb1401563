import type { Sliced } from '../../rollup/slices.js';
import { ByteReader, orNull } from './byteReader.js';

/** What op-node's decoder hands out of a channel, up to the limit of its reader. */
export interface Decompressed {
  readonly bytes: Uint8Array;
  /**
   * Null when no fault follows the bytes. Otherwise how far single reads of that decoder reach without it, growing: the
   * fault comes together with what is behind the last of them, or alone when nothing is.
   */
  readonly readEnds: readonly number[] | null;
}

/** Size of the buffer through which op-node reads RLP; what is left of an item and no shorter goes around it. */
const BUFFER_BYTES = 4096;
/** About a millisecond's. */
const ITEMS_PER_SLICE = 4096;

/**
 * The bytes of which op-node reads whole items. Its buffer keeps a fault until what came with it is used up, but a
 * direct read reports it at once: the item is lost, although every byte of it is there. Here it lacks its last byte.
 * Spec: go-ethereum `rlp/decode.go` readFull over Go's `bufio.Reader`; op-node `rollup/derive/channel.go` BatchReader.
 */
export function* readableBytes({ bytes, readEnds }: Decompressed): Sliced<Uint8Array> {
  if (readEnds === null || readEnds.at(-1) === bytes.length) return bytes;
  const items = new ByteReader(bytes);
  const reads = new BufferedReads(bytes.length, readEnds);
  for (let read = 1; ; read++) {
    if (read % ITEMS_PER_SLICE === 0) yield;
    const start = items.position;
    const content = orNull(() => items.rlpString());
    if (content === null) return bytes;
    const headerLength = items.position - start - content.length;
    if (!reads.take(headerLength) || !reads.take(content.length)) return bytes.subarray(0, -1);
  }
}

/** Follows what a buffered reader asks of a decoder that ends in a fault. */
class BufferedReads {
  private readonly total: number;
  private readonly ends: readonly number[];
  private nextEnd = 0;
  private fetched = 0;
  private at = 0;

  constructor(total: number, ends: readonly number[]) {
    this.total = total;
    this.ends = ends;
  }

  /** @returns false when the fault comes with these bytes and does not wait in the buffer. */
  take(length: number): boolean {
    const end = this.at + length;
    while (this.at < end) {
      if (this.at === this.fetched && end - this.at >= BUFFER_BYTES) {
        this.fetch(end - this.at);
        if (this.fetched === this.total) return false;
      } else if (this.at === this.fetched) {
        this.fetch(BUFFER_BYTES);
      }
      this.at = Math.min(end, this.fetched);
    }
    return true;
  }

  private fetch(most: number): void {
    while ((this.ends[this.nextEnd] ?? this.total) <= this.fetched) this.nextEnd++;
    this.fetched += Math.min(most, (this.ends[this.nextEnd] ?? this.total) - this.fetched);
  }
}
