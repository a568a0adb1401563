import { Buffer } from 'node:buffer';
import type { RecoveryIdType } from 'tiny-secp256k1';
import { isPrivate, pointFromScalar, recover, signRecoverable } from 'tiny-secp256k1';
import { bytesToHex } from '../../rollup/bytes.js';
import { keccak } from '../../rollup/keccak.js';
import type { Address } from '../../types/block.js';

/** secp256k1 signatures with a recovery id: r and s, 32 bytes each, then v. */
export const SIGNATURE_BYTES = 65;
const MAX_RECOVERY_ID = 3;

/** The address that signed a hash of 32 bytes; null when the signature is none. go-ethereum `crypto.SigToPub`. */
export function recoverSigner(hash: Uint8Array, signature: Uint8Array): Address | null {
  const recoveryId = signature[SIGNATURE_BYTES - 1] ?? 0xff;
  if (signature.length !== SIGNATURE_BYTES || recoveryId > MAX_RECOVERY_ID) return null;
  const publicKey = recovered(hash, signature.subarray(0, 64), recoveryId as RecoveryIdType);
  return publicKey === null ? null : addressOf(publicKey);
}

/** The package throws for numbers out of range, and answers null for those that lead to no point. */
function recovered(
  hash: Uint8Array,
  signature: Uint8Array,
  recoveryId: RecoveryIdType,
): Uint8Array | null {
  try {
    return recover(hash, signature, recoveryId, false);
  } catch {
    return null;
  }
}

/** Signs a hash of 32 bytes; deterministic (RFC 6979), with the lower s. */
export function signHash(hash: Uint8Array, privateKey: Uint8Array): Uint8Array {
  const { signature, recoveryId } = signRecoverable(hash, privateKey);
  return Buffer.concat([signature, Uint8Array.of(recoveryId)]);
}

/** The address of a private key; null when the bytes are not one. */
export function addressOfPrivateKey(privateKey: Uint8Array): Address | null {
  if (!isPrivate(privateKey)) return null;
  const publicKey = pointFromScalar(privateKey, false);
  return publicKey === null ? null : addressOf(publicKey);
}

/** @param publicKey uncompressed, 65 bytes. */
function addressOf(publicKey: Uint8Array): Address {
  return bytesToHex(keccak(publicKey.subarray(1)).subarray(12));
}
