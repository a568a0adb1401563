import { RpcError } from '../transport/ports.js';
import type { RpcKind } from '../types/rpcKind.js';

/** A way to get the receipts of a block. `basic` asks for each transaction's receipt, in batches; every endpoint has it. */
export type ReceiptMethod =
  | 'alchemy_getTransactionReceipts'
  | 'debug_getRawReceipts'
  | 'erigon_getBlockReceiptsByBlockHash'
  | 'eth_getBlockReceipts'
  | 'parity_getBlockReceipts'
  | 'basic';

/** Cheapest first. op-node `op-service/sources/receipts_rpc.go` PickBestReceiptsFetchingMethod. */
const PREFERENCE: readonly ReceiptMethod[] = [
  'alchemy_getTransactionReceipts',
  'debug_getRawReceipts',
  'erigon_getBlockReceiptsByBlockHash',
  'eth_getBlockReceipts',
  'parity_getBlockReceipts',
];

const METHODS: Readonly<Record<RpcKind, readonly ReceiptMethod[]>> = {
  alchemy: ['alchemy_getTransactionReceipts', 'eth_getBlockReceipts'],
  quicknode: ['debug_getRawReceipts', 'eth_getBlockReceipts'],
  infura: ['eth_getBlockReceipts'],
  parity: ['parity_getBlockReceipts'],
  nethermind: ['parity_getBlockReceipts'],
  debug_geth: ['debug_getRawReceipts'],
  erigon: ['erigon_getBlockReceiptsByBlockHash'],
  basic: [],
  any: PREFERENCE,
  standard: ['eth_getBlockReceipts'],
};

/**
 * Where a provider bills by method, one call for the whole block only pays above so many transactions (its price over
 * the price of one `eth_getTransactionReceipt`, as the providers list them).
 */
const WORTH_ABOVE_TXS: Partial<Record<RpcKind, Partial<Record<ReceiptMethod, number>>>> = {
  alchemy: {
    alchemy_getTransactionReceipts: Math.floor(250 / 15),
    eth_getBlockReceipts: Math.floor(500 / 15),
  },
  quicknode: { eth_getBlockReceipts: Math.floor(59 / 2) },
};

/** The methods a provider of that kind should have, `basic` left out. */
export function methodsOfKind(kind: RpcKind): ReadonlySet<ReceiptMethod> {
  return new Set(METHODS[kind]);
}

/** The cheapest method that is still available for a block of so many transactions. */
export function pickReceiptMethod(
  kind: RpcKind,
  available: ReadonlySet<ReceiptMethod>,
  txCount: number,
): ReceiptMethod {
  const worthAbove = WORTH_ABOVE_TXS[kind] ?? {};
  const best = PREFERENCE.find(
    (method) => available.has(method) && txCount > (worthAbove[method] ?? -1),
  );
  return best ?? 'basic';
}

/** Invalid request, method not found, invalid params. */
const UNUSABLE_CODES: readonly number[] = [-32600, -32601, -32602];
const UNUSABLE_TEXTS = [
  'unsupported method',
  'unknown method',
  'invalid param',
  'is not available',
  'rpc method is not whitelisted',
];

/** True for an answer that says that the endpoint does not offer the method in the way it was called. */
export function isMethodUnusable(error: unknown): boolean {
  if (!(error instanceof RpcError)) return false;
  const message = error.message.toLowerCase();
  return (
    UNUSABLE_CODES.includes(error.rpcCode) || UNUSABLE_TEXTS.some((text) => message.includes(text))
  );
}
