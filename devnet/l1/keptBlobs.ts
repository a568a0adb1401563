import type { Hex } from 'viem';
import { fromRlp, hexToBytes } from 'viem';
import { versionedHashOf } from '../../src/l1/blobHasher.js';
import type { Hash } from '../../src/types/block.js';

/** Blobs of some hours of a development chain; the oldest go first. */
const MAX_BLOBS = 512;

/** The blobs of transactions as they were sent to L1, by versioned hash: what a beacon node keeps for a while. */
export class KeptBlobs {
  private readonly blobs = new Map<Hash, Hex>();

  /** Takes note of the blobs of a raw transaction; of another type, or unreadable, it is left to the L1 to judge. */
  keep(rawTransaction: unknown): void {
    if (typeof rawTransaction !== 'string' || !rawTransaction.startsWith('0x03')) return;
    const sidecar = sidecarOf(`0x${rawTransaction.slice(4)}`);
    if (sidecar === null) return;
    sidecar.commitments.forEach((commitment, index) => {
      const blob = sidecar.blobs[index];
      if (blob !== undefined) this.blobs.set(versionedHashOf(hexToBytes(commitment)), blob);
    });
    for (const [hash] of this.blobs) {
      if (this.blobs.size <= MAX_BLOBS) return;
      this.blobs.delete(hash);
    }
  }

  get(hash: Hash): Hex | undefined {
    return this.blobs.get(hash);
  }
}

/** EIP-4844 network form: the transaction, then blobs, commitments and proofs; EIP-7594 puts a version byte between. */
function sidecarOf(
  rlp: Hex,
): { readonly blobs: readonly Hex[]; readonly commitments: readonly Hex[] } | null {
  try {
    const lists = (fromRlp(rlp, 'hex') as unknown as readonly (Hex | readonly Hex[])[]).filter(
      (part): part is readonly Hex[] => Array.isArray(part),
    );
    const [, blobs, commitments] = lists;
    return blobs === undefined || commitments === undefined ? null : { blobs, commitments };
  } catch {
    return null;
  }
}
