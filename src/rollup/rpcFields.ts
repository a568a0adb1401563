import type { Hex } from 'viem';
import { NodeError } from '../errors/nodeError.js';
import type { Address, Hash } from '../types/block.js';
import { hexToBytes } from './bytes.js';

const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/;
const LEADING_ZEROS = /^0x0*/;
const HEX = /^0x[0-9a-fA-F]*$/;
const NO_BYTES = new Uint8Array(0);
const MAX_UINT64 = (1n << 64n) - 1n;

/**
 * Reads typed fields out of an undecoded JSON-RPC object. Every accessor throws ROLLUP_JSON_INVALID (temporary: what
 * a remote endpoint said is not usable) that names the object and the field; hex comes out in lower case.
 */
export class RpcFields {
  private readonly json: Readonly<Record<string, unknown>>;
  private readonly what: string;

  /** @param what names the object in errors. */
  constructor(json: unknown, what: string) {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw invalid(what, 'is not an object');
    }
    this.json = json as Readonly<Record<string, unknown>>;
    this.what = what;
  }

  /** True when the field is there and not null. */
  has(key: string): boolean {
    return this.json[key] !== undefined && this.json[key] !== null;
  }

  raw(key: string): unknown {
    return this.json[key];
  }

  /** A hex quantity of at most 256 bits. */
  quantity(key: string): bigint {
    const value = this.json[key];
    if (typeof value !== 'string' || !QUANTITY.test(value)) throw this.bad(key, 'a hex quantity');
    return BigInt(value);
  }

  /** A hex quantity as big-endian bytes without leading zeros, as RLP wants it; zero gives no bytes. */
  integerBytes(key: string): Uint8Array {
    const value = this.json[key];
    if (typeof value !== 'string' || !QUANTITY.test(value)) throw this.bad(key, 'a hex quantity');
    const digits = value.replace(LEADING_ZEROS, '');
    return hexToBytes(digits.length % 2 === 0 ? `0x${digits}` : `0x0${digits}`) ?? NO_BYTES;
  }

  /** A hex quantity of at most 64 bits. */
  uint64(key: string): bigint {
    const value = this.quantity(key);
    if (value > MAX_UINT64) throw this.bad(key, 'at most 64 bits');
    return value;
  }

  /** Hex bytes; `length` in bytes where it is fixed. */
  bytes(key: string, length?: number): Uint8Array {
    const value = this.json[key];
    const bytes = typeof value === 'string' ? hexToBytes(value) : null;
    if (bytes === null || (length !== undefined && bytes.length !== length)) {
      throw this.badHex(key, length);
    }
    return bytes;
  }

  /** As `bytes`, as text: nothing is decoded only to see that it could be. */
  hex(key: string, length?: number): Hex {
    const value = this.json[key];
    const isHex = typeof value === 'string' && value.length % 2 === 0 && HEX.test(value);
    if (!isHex || (length !== undefined && value.length !== 2 + 2 * length)) {
      throw this.badHex(key, length);
    }
    return value.toLowerCase() as Hex;
  }

  hash(key: string): Hash {
    return this.hex(key, 32);
  }

  address(key: string): Address {
    return this.hex(key, 20);
  }

  array(key: string): readonly unknown[] {
    const value = this.json[key];
    if (!Array.isArray(value)) throw this.bad(key, 'a list');
    return value;
  }

  private badHex(key: string, length: number | undefined): NodeError {
    return this.bad(key, length === undefined ? 'hex bytes' : `${length} hex bytes`);
  }

  private bad(key: string, expected: string): NodeError {
    return invalid(this.what, `field ${key} is not ${expected}`);
  }
}

function invalid(what: string, problem: string): NodeError {
  return new NodeError('ROLLUP_JSON_INVALID', `${what} ${problem}`, { severity: 'temporary' });
}
