import type { Methods } from './jsonRpc.js';
import { type L1Chain, logsOf } from './l1Chain.js';
import type { L1Entry, LogJson, WorldFacts } from './recorded.js';

const ZERO_WORD = `0x${'0'.repeat(64)}`;

/** The `eth_*` methods that a rollup node asks its L1. */
export function l1Methods(chain: L1Chain, facts: WorldFacts): Methods {
  const { chainId, storage, code } = facts.l1;
  return {
    eth_chainId: () => chainId,
    net_version: () => String(Number(chainId)),
    web3_clientVersion: () => 'recorded-l1/1',
    eth_syncing: () => false,
    eth_blockNumber: () => `0x${chain.labels.head.toString(16)}`,
    eth_getBlockByNumber: ([tag, full]) => blockOf(chain.find(String(tag)), full === true),
    eth_getBlockByHash: ([hash, full]) => blockOf(chain.find(String(hash)), full === true),
    eth_getBlockReceipts: ([id]) => chain.find(blockId(id))?.receipts ?? null,
    eth_getTransactionByHash: ([hash]) => chain.transaction(String(hash))?.transaction ?? null,
    eth_getTransactionReceipt: ([hash]) => chain.transaction(String(hash))?.receipt ?? null,
    eth_getStorageAt: ([address, slot]) =>
      storage?.[lower(address)]?.[BigInt(String(slot)).toString(16)] ?? ZERO_WORD,
    eth_getCode: ([address]) => code?.[lower(address)] ?? '0x',
    eth_getProof: ([address, , tag]) => proofOf(chain.find(blockId(tag)), lower(address)),
    eth_getLogs: ([filter]) => filteredLogs(chain, filter as LogFilter),
  };
}

interface LogFilter {
  readonly blockHash?: string;
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly address?: string | readonly string[];
  readonly topics?: readonly (string | readonly string[] | null)[];
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}

/** A tag, quantity or hash, also inside go-ethereum's `{blockHash}` and `{blockNumber}`. */
function blockId(id: unknown): string {
  if (typeof id !== 'object' || id === null) return String(id);
  const { blockHash, blockNumber } = id as { blockHash?: string; blockNumber?: string };
  return blockHash ?? blockNumber ?? 'latest';
}

function blockOf(entry: L1Entry | undefined, full: boolean): unknown {
  if (!entry) return null;
  if (full) return entry.block;
  const transactions = entry.block.transactions.map((transaction) => transaction.hash);
  return { ...entry.block, transactions };
}

function proofOf(entry: L1Entry | undefined, address: string): unknown {
  if (entry?.proof?.address.toLowerCase() !== address) {
    throw new Error('no such proof in this recording');
  }
  return entry.proof;
}

function filteredLogs(chain: L1Chain, filter: LogFilter): readonly LogJson[] {
  const addresses = filter.address === undefined ? null : [filter.address].flat().map(lower);
  return candidateLogs(chain, filter).filter(
    (log) =>
      (addresses === null || addresses.includes(lower(log.address))) &&
      (filter.topics ?? []).every((wanted, index) => topicMatches(wanted, log.topics[index])),
  );
}

function candidateLogs(chain: L1Chain, filter: LogFilter): readonly LogJson[] {
  if (filter.blockHash !== undefined) {
    const entry = chain.find(filter.blockHash);
    return entry ? logsOf(entry) : [];
  }
  const from = chain.numberOf(filter.fromBlock ?? 'latest');
  return chain.logs(from, chain.numberOf(filter.toBlock ?? 'latest'));
}

function topicMatches(
  wanted: string | readonly string[] | null,
  topic: string | undefined,
): boolean {
  return wanted === null || (topic !== undefined && [wanted].flat().includes(topic));
}
