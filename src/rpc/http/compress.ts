import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';

/** A shorter body gains nothing from compression. */
const MIN_BYTES = 512;
/** Up to here compression takes less than handing it to another thread, which may be busy: tens of microseconds. */
const MAX_INLINE_BYTES = 16 * 1024;

const gzipLater = promisify(gzip);

/** The body of an answer to a caller that takes gzip; null where it stays as it is. @param body a byte string. */
export function compress(body: string): Buffer | Promise<Buffer> | null {
  if (body.length < MIN_BYTES) return null;
  const bytes = Buffer.from(body, 'latin1');
  return bytes.length > MAX_INLINE_BYTES ? gzipLater(bytes) : gzipSync(bytes);
}
