import { signingHash } from '../gossip/signingHash.js';
import type { BlockSigner } from './blockSigner.js';
import { signHash } from './signature.js';

/** Signs with the key of `--p2p.sequencer.key`. */
export class LocalSigner implements BlockSigner {
  /** @param options.privateKey 32 bytes, a valid key: see `parsePrivateKey`. */
  constructor(
    private readonly options: { readonly privateKey: Uint8Array; readonly l2ChainId: bigint },
  ) {}

  async sign(payloadHash: Uint8Array): Promise<Uint8Array> {
    return signHash(signingHash(this.options.l2ChainId, payloadHash), this.options.privateKey);
  }

  async close(): Promise<void> {}
}
