/** The package brings types for its other polynomial only. */
declare module 'crc-32/crc32c.js' {
  const crc32c: {
    /** Castagnoli's checksum of the bytes, as a signed 32-bit number. */
    buf(data: Uint8Array): number;
  };
  export default crc32c;
}
