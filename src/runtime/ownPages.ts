/** Less than this finds room in malloc's heap, between what stays there. */
const MIN_BYTES = 64 * 1024;

/**
 * Room for bytes that are needed for a moment. Much of it comes in pages of its own, which the system has back as soon as
 * it is collected: malloc gives back what lies at the end of its heap alone, and something small soon lies behind.
 */
export function roomFor(bytes: number): Buffer<ArrayBuffer> {
  if (bytes < MIN_BYTES) return Buffer.allocUnsafe(bytes);
  // What could be resized is not malloc's.
  return Buffer.from(new ArrayBuffer(bytes, { maxByteLength: bytes }), 0, bytes);
}
