import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak256 } from 'viem';
import { bytesToBigint, bytesToHex, hexToBytes } from '../rollup/bytes.js';
import type { Address } from '../types/block.js';
import type { TxSignature, TxSigner } from './batcherTx.js';

type Point = ReturnType<typeof secp256k1.Point.fromHex>;

const { Point: CURVE } = secp256k1;
const ORDER = CURVE.Fn.ORDER;
/** Signatures with a larger s are not valid since Homestead. */
const MAX_S = ORDER >> 1n;
/** Bits of the tables of a known key: they cost some 20 recoveries to make and save nine tenths of each later one. */
const TABLE_BITS = 6;
/** Keys that are kept: the batcher's, and those before it while L1 blocks of both are read. */
const MAX_KEYS = 4;

/**
 * Says whether an address signed a transaction. The first answer recovers the public key; once a key is known for the
 * address, further ones only compute which signature point that key would need and compare, in a fraction of the time.
 * Both ways accept exactly the same signatures: recovery gives the key if and only if the key gives the point.
 */
export class SenderCheck {
  private readonly keys = new Map<Address, Point>();

  /** @param address lower case. */
  isSentBy(signer: TxSigner, address: Address): boolean {
    if (signer.kind === 'named') return signer.address === address;
    const numbers = readNumbers(signer);
    if (numbers === null) return false;
    const key = this.keys.get(address);
    if (key !== undefined) return isSignedBy(key, numbers);
    const recovered = recoverKey(numbers);
    if (recovered === null || addressOf(recovered) !== address) return false;
    this.remember(address, recovered);
    return true;
  }

  private remember(address: Address, key: Point): void {
    const [oldest] = this.keys.keys();
    if (this.keys.size >= MAX_KEYS && oldest !== undefined) this.keys.delete(oldest);
    this.keys.set(address, key.precompute(TABLE_BITS));
  }
}

interface Numbers {
  readonly z: bigint;
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: number;
}

/** Null when r or s is out of its range. */
function readNumbers(signature: TxSignature): Numbers | null {
  const r = bytesToBigint(signature.r);
  const s = bytesToBigint(signature.s);
  if (r === 0n || r >= ORDER || s === 0n || s > MAX_S) return null;
  return { z: BigInt(signature.digest) % ORDER, r, s, yParity: signature.yParity };
}

/** s R = z G + r P, solved for R. */
function isSignedBy(key: Point, { z, r, s, yParity }: Numbers): boolean {
  const inverse = CURVE.Fn.inv(s);
  const point = multiply(CURVE.BASE, (z * inverse) % ORDER).add(
    multiply(key, (r * inverse) % ORDER),
  );
  if (point.is0()) return false;
  const { x, y } = point.toAffine();
  return x === r && Number(y & 1n) === yParity;
}

/** s R = z G + r P, solved for P. Null when r is not on the curve. */
function recoverKey({ z, r, s, yParity }: Numbers): Point | null {
  const point = pointAt(r, yParity);
  if (point === null) return null;
  const inverse = CURVE.Fn.inv(r);
  const key = multiply(point, (s * inverse) % ORDER).subtract(
    multiply(CURVE.BASE, (z * inverse) % ORDER),
  );
  return key.is0() ? null : key;
}

function pointAt(x: bigint, yParity: number): Point | null {
  try {
    return CURVE.fromHex(`0${2 + yParity}${x.toString(16).padStart(64, '0')}`);
  } catch {
    // No point has that x: nobody made the signature.
    return null;
  }
}

function multiply(point: Point, factor: bigint): Point {
  return factor === 0n ? CURVE.ZERO : point.multiplyUnsafe(factor);
}

function addressOf(key: Point): Address {
  const encoded = hexToBytes(`0x${key.toHex(false)}`) ?? new Uint8Array(65);
  return bytesToHex(keccak256(encoded.subarray(1), 'bytes').subarray(12));
}
