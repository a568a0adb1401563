const NO_BYTES = Buffer.alloc(0);

/**
 * Bytes that come in parts, copied into one place that doubles as it fills: however small the parts are, they take no more
 * than twice their size.
 */
export class GrownBytes {
  private place = NO_BYTES;
  private end = 0;

  get size(): number {
    return this.end;
  }

  /** All that came. Later parts may be written behind it, never into it. */
  get bytes(): Buffer {
    return this.place.subarray(0, this.end);
  }

  /** @param part is copied. */
  add(part: Uint8Array): void {
    const size = this.end + part.length;
    if (size > this.place.length) {
      const larger = Buffer.allocUnsafe(this.end === 0 ? size : Math.max(size, 2 * this.end));
      larger.set(this.bytes);
      this.place = larger;
    }
    this.place.set(part, this.end);
    this.end = size;
  }
}
