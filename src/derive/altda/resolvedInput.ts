import { DEPOSIT_TX_TYPE } from '../../rollup/txCodec.js';
import { ByteReader, malformed, orNull } from '../codec/byteReader.js';
import { abiBytes, abiWord } from './abi.js';

const SELECTOR_BYTES = 4;

/** Fields before the calldata, by transaction type: legacy, access list, dynamic fee, blob, set code, deposit. */
const FIELDS_BEFORE_DATA: ReadonlyMap<number, number> = new Map([
  [0, 5],
  [1, 6],
  [2, 7],
  [3, 7],
  [4, 7],
  [DEPOSIT_TX_TYPE, 7],
]);

/**
 * The input that a transaction which resolved a challenge carries: the third argument of
 * `resolve(uint256 challengedBlockNumber, bytes challengedCommitment, bytes resolveData)`. Only the arguments are looked
 * at: whatever the transaction called, the contract's event says that it resolved something.
 * @param encoded EIP-2718 bytes.
 * @returns a view of them; null where there is none, or an empty one. Never throws.
 * Differs: op-node stops with a panic where the calldata has less than four bytes; the tests of resolved inputs pin it.
 */
export function resolvedInput(encoded: Uint8Array): Uint8Array | null {
  const input = orNull(() => {
    const data = calldataOf(encoded);
    if (data.length < SELECTOR_BYTES) return malformed('no selector');
    const args = data.subarray(SELECTOR_BYTES);
    abiWord(args, 0);
    abiBytes(args, 1);
    return abiBytes(args, 2);
  });
  return input === null || input.length === 0 ? null : input;
}

function calldataOf(encoded: Uint8Array): Uint8Array {
  const first = encoded[0] ?? 0;
  const type = first >= 0xc0 ? 0 : first;
  const before = FIELDS_BEFORE_DATA.get(type);
  if (before === undefined) return malformed('transaction type');
  const fields = new ByteReader(encoded, type === 0 ? 0 : 1).rlpList();
  for (let i = 0; i < before; i++) fields.rlpString();
  return fields.rlpString();
}
