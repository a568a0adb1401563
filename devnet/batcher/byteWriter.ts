import { Buffer } from 'node:buffer';

/** All parts one after another, in an array of their own. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Collects bytes front to back. */
export class ByteWriter {
  private readonly parts: Uint8Array[] = [];

  bytes(part: Uint8Array): this {
    this.parts.push(part);
    return this;
  }

  /** An unsigned LEB128 integer in its shortest form; at most 64 bits. */
  uvarint(value: bigint): this {
    const groups: number[] = [];
    let rest = value;
    while (rest >= 0x80n) {
      groups.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    groups.push(Number(rest));
    return this.bytes(Uint8Array.from(groups));
  }

  /** Flags as one big-endian integer in the fewest whole bytes: the first flag is its lowest bit. */
  bits(flags: readonly boolean[]): this {
    const bytes = new Uint8Array(Math.ceil(flags.length / 8));
    flags.forEach((flag, index) => {
      const at = bytes.length - 1 - (index >> 3);
      if (flag) bytes[at] = (bytes[at] ?? 0) | (1 << (index & 7));
    });
    return this.bytes(bytes);
  }

  finish(): Uint8Array {
    return concatBytes(this.parts);
  }
}
