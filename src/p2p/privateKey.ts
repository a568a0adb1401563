import { Buffer } from 'node:buffer';
import { NodeError } from '../errors/nodeError.js';

const PRIVATE_KEY_BYTES = 32;
const HEX = /^(?:[0-9a-fA-F]{2})+$/;
/** How many points secp256k1 has: a private key is below (SEC 2). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * Reads a private key: hex, `0x` optional, white space around it. Without the library of the curve, which takes three
 * MiB: the thread of the node reads a key only to hand it on.
 * @throws NodeError P2P_KEY_INVALID, critical.
 */
export function parsePrivateKey(text: string): Uint8Array {
  const bytes = parseKeyHex(text);
  if (!isPrivateKey(bytes)) throw invalidKey('not a private key of secp256k1');
  return bytes;
}

/** Whether these bytes are a private key of secp256k1. */
export function isPrivateKey(bytes: Uint8Array): boolean {
  if (bytes.length !== PRIVATE_KEY_BYTES) return false;
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return value > 0n && value < ORDER;
}

/** Bytes of a key that is written as hex. @throws NodeError P2P_KEY_INVALID, critical. */
export function parseKeyHex(text: string): Uint8Array {
  const digits = text.trim().replace(/^0x/, '');
  if (!HEX.test(digits)) throw invalidKey('key is not hex');
  return Buffer.from(digits, 'hex');
}

/** @returns the error of a text or bytes that are no key. */
export function invalidKey(problem: string): NodeError {
  return new NodeError('P2P_KEY_INVALID', problem, { severity: 'critical' });
}
