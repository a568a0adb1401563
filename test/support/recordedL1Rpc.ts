import { numberToHex, toRlp } from 'viem';
import type { FakeRpcClient as Client } from './fakeRpcClient.js';
import { FakeRpcClient } from './fakeRpcClient.js';
import type { Json, RecordedL1Block } from './recordedWorld.js';

type Hex = `0x${string}`;

/** What an L1 endpoint of go-ethereum answers from a recording; every handler can be replaced by a lie. */
export function recordedL1Rpc(
  chain: readonly RecordedL1Block[],
  options: { readonly canSubscribe?: boolean } = {},
): Client {
  const byTag = new Map<unknown, RecordedL1Block>();
  const receipts = new Map<unknown, Json>();
  for (const entry of chain) {
    byTag.set(entry.block.number, entry);
    byTag.set(entry.block.hash, entry);
    for (const receipt of entry.receipts) receipts.set(receipt.transactionHash, receipt);
  }
  for (const label of ['latest', 'safe', 'finalized']) {
    const last = chain.at(-1);
    if (last !== undefined) byTag.set(label, last);
  }
  const block = ([tag, isFull]: readonly unknown[]): unknown => {
    const entry = byTag.get(tag);
    if (entry === undefined) return null;
    if (isFull === true) return entry.block;
    return { ...entry.block, transactions: entry.block.transactions.map(({ hash }) => hash) };
  };
  return new FakeRpcClient(
    {
      eth_chainId: () => '0x384',
      eth_getBlockByNumber: block,
      eth_getBlockByHash: block,
      eth_getBlockReceipts: ([hash]) => byTag.get(hash)?.receipts ?? null,
      eth_getTransactionReceipt: ([hash]) => receipts.get(hash) ?? null,
      eth_getProof: ([, , hash]) => byTag.get(hash)?.proof,
    },
    options,
  );
}

/** A receipt in its consensus encoding, as `debug_getRawReceipts` prints it. */
export function rawReceipt(receipt: Json): Hex {
  const logs = receipt.logs as readonly Json[];
  const integer = (value: unknown): Hex => {
    const number = BigInt(value as string);
    if (number === 0n) return '0x';
    const hex = numberToHex(number);
    return hex.length % 2 === 0 ? hex : `0x0${hex.slice(2)}`;
  };
  const body = toRlp([
    integer(receipt.status),
    integer(receipt.cumulativeGasUsed),
    receipt.logsBloom as Hex,
    logs.map((log) => [log.address as Hex, log.topics as Hex[], log.data as Hex]),
  ]);
  const type = Number(receipt.type);
  return type === 0 ? body : `0x0${type}${body.slice(2)}`;
}
