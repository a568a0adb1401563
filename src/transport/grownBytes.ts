import { roomFor } from '../runtime/ownPages.js';

const NO_BYTES = Buffer.alloc(0);
/** What is announced and does not come takes no more than this. */
const MAX_EXPECTED_BYTES = 4 * 1024 * 1024;

/**
 * Bytes that come in parts, copied into one place that doubles as it fills: however small the parts are, they take no more
 * than twice their size.
 */
export class GrownBytes {
  private place = NO_BYTES;
  private end = 0;
  private expected = 0;

  get size(): number {
    return this.end;
  }

  /** All that came. Later parts may be written behind it, never into it. */
  get bytes(): Buffer {
    return this.place.subarray(0, this.end);
  }

  /** Room for all that is announced, at once: it would double seven times till then, and leave as much behind. */
  expect(bytes: number): void {
    this.expected = Math.min(bytes, MAX_EXPECTED_BYTES);
  }

  /** @param part is copied. */
  add(part: Uint8Array): void {
    const size = this.end + part.length;
    if (size > this.place.length) {
      const larger = roomFor(Math.max(size, 2 * this.end, this.expected));
      larger.set(this.bytes);
      this.place = larger;
    }
    this.place.set(part, this.end);
    this.end = size;
  }
}
