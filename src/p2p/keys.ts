import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { base58 } from '@scure/base';
import { isPoint, pointCompress, pointFromScalar } from 'tiny-secp256k1';
import { invalidKey, isPrivateKey, parseKeyHex } from './privateKey.js';

/** Keys of the peer-to-peer identity: secp256k1, written as hex. */

const PRIVATE_KEY_BYTES = 32;
/** A multihash of the identity function (0x00) over 37 bytes: the protobuf of a public key, type secp256k1, 33 bytes. */
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x25, 0x08, 0x02, 0x12, 0x21);

/** A new private key. 32 bytes. */
export function generatePrivateKey(): Uint8Array {
  for (;;) {
    const bytes = randomBytes(PRIVATE_KEY_BYTES);
    // One in 2^128 is none.
    if (isPrivateKey(bytes)) return bytes;
  }
}

/** The peer id of a private key as text: `16Uiu2HAm...`. @param privateKey see `parsePrivateKey`. */
export function peerIdOfPrivateKey(privateKey: Uint8Array): string {
  const publicKey = pointFromScalar(privateKey, true);
  if (publicKey === null) throw invalidKey('not a private key of secp256k1');
  return peerIdOfPublicKey(publicKey);
}

/** The peer id of a public key as hex, compressed or not. @throws NodeError P2P_KEY_INVALID, critical. */
export function peerIdOfPublicKeyText(text: string): string {
  const bytes = parseKeyHex(text);
  if (!isPoint(bytes)) throw invalidKey('not a public key of secp256k1');
  return peerIdOfPublicKey(pointCompress(bytes, true));
}

function peerIdOfPublicKey(compressed: Uint8Array): string {
  return base58.encode(Buffer.concat([PEER_ID_PREFIX, compressed]));
}
