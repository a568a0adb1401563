import { Buffer } from 'node:buffer';
import { brotliDecompressSync } from 'node:zlib';
import type { Hex } from 'viem';

/**
 * Encoded transactions with commas between them, by brotli and base64. A node needs them in the one block of an activation
 * and has them in memory always: as they are they would take 1.4 MiB, packed an eighth of it.
 */
export function unpackedUpgradeTxs(packed: string): readonly Hex[] {
  const text = brotliDecompressSync(Buffer.from(packed, 'base64')).toString('latin1');
  return text.split(',') as Hex[];
}
