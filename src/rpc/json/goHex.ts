import type { Hex } from 'viem';
import type { Address, Hash } from '../../types/block.js';
import { GoTextError, type GoType, GoTypeError, selfDecoding } from './goDecode.js';

/**
 * Hex arguments with go-ethereum's rules and fault texts (`common/hexutil`). They look at the JSON as it was sent:
 * an escape inside the string is not resolved, so it is a syntax fault.
 */

const MAX_UINT64_DIGITS = 16;
const MAX_UINT256_DIGITS = 64;
const HEX_DIGITS = /^[0-9a-fA-F]*$/;

/** `hexutil.Uint64`: `0x`, no leading zeros; the empty string is zero. */
export const GO_UINT64: GoType<bigint> = selfDecoding('hexutil.Uint64', 0n, (json) =>
  readQuantity(json, 'hexutil.Uint64', MAX_UINT64_DIGITS, 'hex number > 64 bits'),
);

/** `hexutil.U256`, in whose faults the type is `*uint256.Int`. */
export const GO_UINT256: GoType<bigint> = selfDecoding('hexutil.U256', 0n, (json) =>
  readQuantity(json, '*uint256.Int', MAX_UINT256_DIGITS, 'hex number > 256 bits'),
);

/** `hexutil.Bytes` of any length. */
export const GO_BYTES: GoType<Hex> = selfDecoding<Hex>('hexutil.Bytes', '0x', (json) =>
  readBytes(json, 'hexutil.Bytes'),
);

/** op-node's `eth.BytesMax32`: the length of the literal is looked at first. */
export const GO_BYTES_MAX32: GoType<Hex> = selfDecoding<Hex>('eth.BytesMax32', '0x', (json) => {
  if (json.length > 68) {
    const shown = Buffer.from(json, 'latin1').toString('hex');
    throw new GoTextError(
      `input too long, expected at most 32 hex-encoded, 0x-prefixed, bytes: ${shown}`,
    );
  }
  return readBytes(json, 'hexutil.Bytes');
});

export const GO_HASH: GoType<Hash> = fixedBytes('common.Hash', 32);
export const GO_ADDRESS: GoType<Address> = fixedBytes('common.Address', 20);

/** Bytes of one length. @param name as Go prints it in the faults. */
export function fixedBytes(name: string, size: number): GoType<Hex> {
  return selfDecoding<Hex>(name, `0x${'00'.repeat(size)}`, (json) => {
    const digits = prefixedDigits(stringOf(json, name), name);
    if (digits.length !== size * 2) {
      throw new GoTextError(`hex string has length ${digits.length}, want ${size * 2} for ${name}`);
    }
    return `0x${checkDigits(digits, name)}`;
  });
}

function readBytes(json: string, name: string): Hex {
  return `0x${checkDigits(prefixedDigits(stringOf(json, name), name), name)}`;
}

function readQuantity(json: string, name: string, maxDigits: number, tooLarge: string): bigint {
  const text = stringOf(json, name);
  if (text === '') return 0n;
  if (!hasPrefix(text)) throw new GoTypeError('hex string without 0x prefix', name);
  const digits = text.slice(2);
  if (digits === '') throw new GoTypeError('hex string "0x"', name);
  if (digits.length > 1 && digits[0] === '0') {
    throw new GoTypeError('hex number with leading zero digits', name);
  }
  if (digits.length > maxDigits) throw new GoTypeError(tooLarge, name);
  return BigInt(`0x${checkDigits(digits, name)}`);
}

function stringOf(json: string, name: string): string {
  if (json[0] !== '"') throw new GoTypeError('non-string', name);
  return json.slice(1, -1);
}

function hasPrefix(text: string): boolean {
  return text[0] === '0' && (text[1] === 'x' || text[1] === 'X');
}

/** The digits behind `0x`; the empty string has none and is allowed. */
function prefixedDigits(text: string, name: string): string {
  if (text === '') return '';
  if (!hasPrefix(text)) throw new GoTypeError('hex string without 0x prefix', name);
  if (text.length % 2 !== 0) throw new GoTypeError('hex string of odd length', name);
  return text.slice(2);
}

function checkDigits(digits: string, name: string): string {
  if (!HEX_DIGITS.test(digits)) throw new GoTypeError('invalid hex string', name);
  return digits.toLowerCase();
}
