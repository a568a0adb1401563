import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak256 } from 'viem/utils';
import { bytesToBigint, bytesToHex, hexToBytes } from '../../rollup/bytes.js';
import type { Address } from '../../types/block.js';
import type { TxSignature, TxSigner } from './batcherTx.js';

const NO_BYTES = new Uint8Array(0);

/**
 * Whether that address sent the transaction. Recovery goes without tables of the curve's points: they would save half
 * of its millisecond and cost the derivation tens of them at once.
 * @param address lower case.
 */
export function isSentBy(signer: TxSigner, address: Address): boolean {
  return signer.kind === 'named' ? signer.address === address : recover(signer) === address;
}

/** Who signed; null for numbers out of range, an s in the upper half (invalid since Homestead), and no key at all. */
function recover({ digest, r, s, yParity }: TxSignature): Address | null {
  try {
    const signature = new secp256k1.Signature(bytesToBigint(r), bytesToBigint(s), yParity);
    if (signature.hasHighS()) return null;
    const key = signature.recoverPublicKey(hexToBytes(digest) ?? NO_BYTES).toBytes(false);
    return bytesToHex(keccak256(key.subarray(1), 'bytes').subarray(12));
  } catch {
    // The library's only way to say that nobody made the signature.
    return null;
  }
}
