import { createRequire } from 'node:module';
import type { DasContextJs } from '@crate-crypto/node-eth-kzg';
import type { Hex } from 'viem';
import { bytesToHex } from 'viem';
import { versionedHashOf } from '../../src/l1/blobHasher.js';
import type { Hash } from '../../src/types/block.js';

/** A blob with what its transaction carries beside it (EIP-4844). */
export interface BlobSidecar {
  readonly blob: Hex;
  readonly commitment: Hex;
  readonly proof: Hex;
}

/** Makes blob sidecars. The trusted setup takes some two seconds, once, at the first blob. */
export class BlobSidecars {
  #context: DasContextJs | null = null;

  async make(blob: Uint8Array): Promise<{ readonly sidecar: BlobSidecar; readonly hash: Hash }> {
    const context = this.#kzg();
    const commitment = await context.asyncBlobToKzgCommitment(blob);
    const proof = await context.asyncComputeBlobKzgProof(blob, commitment);
    const sidecar = {
      blob: bytesToHex(blob),
      commitment: bytesToHex(commitment),
      proof: bytesToHex(proof),
    };
    return { sidecar, hash: versionedHashOf(commitment) };
  }

  #kzg(): DasContextJs {
    if (this.#context === null) {
      const require = createRequire(import.meta.url);
      const library = require('@crate-crypto/node-eth-kzg') as {
        readonly DasContextJs: typeof DasContextJs;
      };
      this.#context = library.DasContextJs.create({ usePrecomp: false });
    }
    return this.#context;
  }
}
