import type { L1Entry } from '../../conformance/recorded.js';
import { computeHeaderHash, parseRpcHeader } from '../../src/rollup/blockHeader.js';
import { EMPTY_TRIE_ROOT } from '../../src/rollup/trieRoot.js';

const SECONDS_PER_BLOCK = 2;
const NO_LOGS = `0x${'0'.repeat(512)}`;

/** Valid L1 blocks without transactions on top of a recorded one, up to block `to`: a branch that no batch is on. */
export function emptyL1Branch(parent: L1Entry, to: number): readonly L1Entry[] {
  const branch: L1Entry[] = [];
  for (let last = parent; Number(last.block.number) < to; ) {
    last = emptyChild(last, Number(last.block.timestamp) + SECONDS_PER_BLOCK);
    branch.push(last);
  }
  return branch;
}

/** A valid block without transactions on top of a recorded one. @param timestamp Unix seconds. */
export function emptyChild({ block }: L1Entry, timestamp: number): L1Entry {
  const child = {
    ...block,
    parentHash: block.hash,
    number: hex(Number(block.number) + 1),
    timestamp: hex(timestamp),
    transactions: [],
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: NO_LOGS,
    gasUsed: '0x0',
    blobGasUsed: '0x0',
  };
  return { block: { ...child, hash: computeHeaderHash(parseRpcHeader(child)) }, receipts: [] };
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
