import type { BlockJson, IdJson, L1RefJson, L2RefJson, RollupJson } from './recorded.js';

/** L1 info transaction: from Ecotone on packed fields, before that ABI words; both start with a four-byte selector. */
const ECOTONE_SELECTORS = new Set(['0x440a5e20', '0x098999be', '0x3db6be2b']);

/** The L1 block reference of a block. */
export function l1Ref(block: BlockJson): L1RefJson {
  return {
    hash: block.hash,
    number: Number(block.number),
    parentHash: block.parentHash,
    timestamp: Number(block.timestamp),
  };
}

/** The L2 block reference of a block, its L1 origin read from the first transaction. */
export function l2Ref(block: BlockJson, rollup: RollupJson): L2RefJson {
  const base = l1Ref(block);
  if (base.number === rollup.genesis.l2.number) {
    return { ...base, l1origin: rollup.genesis.l1, sequenceNumber: 0 };
  }
  const input = block.transactions[0]?.input;
  if (input === undefined) throw new Error(`L2 block ${base.number} has no transactions`);
  return { ...base, ...originOf(input) };
}

function originOf(input: string): { l1origin: IdJson; sequenceNumber: number } {
  const bytes = (from: number, length: number) =>
    `0x${input.slice(2 + from * 2, 2 + (from + length) * 2)}`;
  if (ECOTONE_SELECTORS.has(bytes(0, 4))) {
    return {
      l1origin: { hash: bytes(100, 32), number: Number(bytes(28, 8)) },
      sequenceNumber: Number(bytes(12, 8)),
    };
  }
  const word = (index: number) => bytes(4 + 32 * index, 32);
  return {
    l1origin: { hash: word(3), number: Number(word(0)) },
    sequenceNumber: Number(word(4)),
  };
}
