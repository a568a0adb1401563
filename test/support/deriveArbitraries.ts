import fc from 'fast-check';
import type { SingularBatch } from '../../src/derive/codec/batch.js';
import type { Frame } from '../../src/derive/codec/frame.js';
import { bigintToBytes, bytesToHex } from '../../src/rollup/bytes.js';
import type { RlpItem } from '../../src/rollup/rlp.js';
import { encodeRlp } from '../../src/rollup/rlp.js';

export const L2_CHAIN_ID = 901n;

export const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hash = () => bytes(32).map(bytesToHex);
export const uint64 = () => fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
/** An integer of at most that many bits, as RLP has it; small ones as likely as large ones. */
const integer = (bits: number) =>
  fc
    .integer({ min: 0, max: bits })
    .chain((size) => fc.bigInt({ min: 0n, max: (1n << BigInt(size)) - 1n }))
    .map(bigintToBytes);

export const frame = (): fc.Arbitrary<Frame> =>
  fc.record({
    channelId: bytes(16).map((id) => bytesToHex(id).slice(2)),
    number: fc.nat(65_535),
    data: fc.uint8Array({ maxLength: 300 }),
    isLast: fc.boolean(),
  });

const accessList = () =>
  fc.array(fc.tuple(bytes(20), fc.array(bytes(32), { maxLength: 2 })), { maxLength: 2 });

const authorizations = () =>
  fc.array(fc.tuple(integer(64), bytes(20), integer(64), integer(1), integer(256), integer(256)), {
    minLength: 1,
    maxLength: 2,
  });

/** Fields that all types share, but for the chain id. */
const common = () =>
  fc.record({
    nonce: integer(64),
    gas: integer(64),
    to: fc.oneof(bytes(20), fc.constant(new Uint8Array(0))),
    value: integer(256),
    data: fc.uint8Array({ maxLength: 80 }),
    fees: fc.tuple(integer(128), integer(128)),
    r: integer(256),
    s: integer(256),
    parity: fc.bigInt({ min: 0n, max: 1n }),
  });

const chainId = bigintToBytes(L2_CHAIN_ID);
const typed = (type: number, fields: RlpItem) => Uint8Array.of(type, ...encodeRlp(fields));
const plain = (encoded: Uint8Array) => new Uint8Array(encoded);

const legacyTx = () =>
  fc.tuple(common(), fc.boolean()).map(([tx, isProtected]) => {
    const v = tx.parity + (isProtected ? 35n + 2n * L2_CHAIN_ID : 27n);
    const { nonce, fees, gas, to, value, data, r, s } = tx;
    return plain(encodeRlp([nonce, fees[0], gas, to, value, data, bigintToBytes(v), r, s]));
  });

const accessListTx = () =>
  fc.tuple(common(), accessList()).map(([tx, list]) => {
    const { nonce, fees, gas, to, value, data, r, s } = tx;
    const v = bigintToBytes(tx.parity);
    return typed(1, [chainId, nonce, fees[0], gas, to, value, data, list, v, r, s]);
  });

const dynamicFeeTx = () =>
  fc.tuple(common(), accessList()).map(([tx, list]) => {
    const { nonce, fees, gas, to, value, data, r, s } = tx;
    const v = bigintToBytes(tx.parity);
    return typed(2, [chainId, nonce, ...fees, gas, to, value, data, list, v, r, s]);
  });

const setCodeTx = () =>
  fc.tuple(common(), bytes(20), accessList(), authorizations()).map(([tx, to, list, auths]) => {
    const { nonce, fees, gas, value, data, r, s } = tx;
    const v = bigintToBytes(tx.parity);
    return typed(4, [chainId, nonce, ...fees, gas, to, value, data, list, auths, v, r, s]);
  });

/** An encoded L2 transaction of every type that batches may carry; the signatures are of nobody. */
export const l2Tx = (): fc.Arbitrary<Uint8Array> =>
  fc.oneof(legacyTx(), accessListTx(), dynamicFeeTx(), setCodeTx());

export const singularBatch = (): fc.Arbitrary<SingularBatch> =>
  fc.record({
    type: fc.constant('singular' as const),
    parentHash: hash(),
    epochNumber: uint64(),
    epochHash: hash(),
    timestamp: uint64(),
    transactions: fc.array(l2Tx(), { maxLength: 3 }),
  });

/** Consecutive blocks of 2 seconds from `genesisTime` on, whose origins stay or advance by one. */
export const consecutiveBatches = (genesisTime: bigint): fc.Arbitrary<readonly SingularBatch[]> =>
  fc
    .tuple(
      fc.bigInt({ min: 0n, max: 1_000_000n }),
      fc.bigInt({ min: 100n, max: 1_000_000n }),
      fc.array(fc.tuple(fc.boolean(), singularBatch()), { minLength: 1, maxLength: 12 }),
    )
    .map(([slot, epoch, blocks]) => {
      let epochNumber = epoch;
      return blocks.map(([advances, batch], index) => {
        if (index > 0 && advances) epochNumber++;
        return { ...batch, epochNumber, timestamp: genesisTime + 2n * (slot + BigInt(index)) };
      });
    });

/** The same bytes with a few of them changed, cut out, doubled or cut off. */
export const mutated = (input: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      input,
      fc.array(
        fc.record({
          kind: fc.constantFrom('set', 'cut', 'insert', 'end'),
          at: fc.nat(),
          byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xb8, 0xc0, 0xf8, 0xff)),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    )
    .map(([original, changes]) => {
      let current: Uint8Array = original.slice();
      for (const { kind, at, byte } of changes) {
        const index = current.length === 0 ? 0 : at % current.length;
        const head = current.subarray(0, index);
        if (kind === 'end') current = head.slice();
        else if (kind === 'cut') current = join(head, current.subarray(index + 1 + (byte % 8)));
        else if (kind === 'insert')
          current = join(head, Uint8Array.of(byte, byte), current.subarray(index));
        else if (index < current.length) current[index] = byte;
      }
      return current;
    });

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
