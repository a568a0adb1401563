import { hexToBytes } from '../../rollup/bytes.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Sliced } from '../../rollup/slices.js';
import type { TransactionsExam } from '../../types/building.js';
import type { PayloadAttributes } from '../../types/payload.js';
import { recoverSigner } from '../codec/batcherTx.js';
import type { L2Transaction } from '../codec/l2Transaction.js';
import { readL2Transaction } from '../codec/l2Transaction.js';

/** About a millisecond's; recovering one signer takes as long. */
const READS_PER_SLICE = 256;

type Config = Pick<RollupConfig, 'forks' | 'l2ChainId'>;

/**
 * Looks for a transaction that can be in no block of this number built from these attributes, whatever the state is: one
 * that does not decode, that nobody signed, of another chain, or with more gas than a block has. op-geth refuses the
 * attributes for each of these.
 * Differs: op-node leaves all of it to the execution client.
 */
export function* examineTransactions(
  config: Config,
  attributes: PayloadAttributes,
  number: bigint,
): Sliced<TransactionsExam> {
  const read: L2Transaction[] = [];
  for (const [index, encoded] of attributes.transactions.entries()) {
    if (index > 0 && index % READS_PER_SLICE === 0) yield;
    const transaction = readL2Transaction(hexToBytes(encoded) ?? new Uint8Array(0));
    if (transaction === null) return defect(index, 'does not decode');
    const reason = defectOf(config, attributes, number, transaction);
    if (reason !== null) return defect(index, reason);
    read.push(transaction);
  }
  const last = read.length - 1;
  const early = read.findIndex(({ kind }, index) => kind === 'postExec' && index < last);
  if (early >= 0) return defect(early, 'is a post-execution transaction and not the last');
  for (const [index, transaction] of read.entries()) {
    if (transaction.kind !== 'signed') continue;
    yield;
    if (recoverSigner(transaction.signature) === null) return defect(index, 'is signed by nobody');
  }
  return {
    kind: 'sound',
    gasLimits: read.map((transaction) => ('gas' in transaction ? transaction.gas : 0n)),
    hasPostExec: read.at(-1)?.kind === 'postExec',
  };
}

function defect(index: number, reason: string): TransactionsExam {
  return { kind: 'defect', reason: `transaction ${index} ${reason}` };
}

function defectOf(
  config: Config,
  { timestamp, gasLimit }: PayloadAttributes,
  number: bigint,
  transaction: L2Transaction,
): string | null {
  switch (transaction.kind) {
    case 'deposit':
      return null;
    case 'postExec': {
      if (!isActive(config, 'lagoon', timestamp)) return 'is of a type that Lagoon brings';
      const { blockNumber } = transaction;
      return blockNumber === number ? null : `is for block ${blockNumber}`;
    }
    case 'signed': {
      const { chainId, gas, type } = transaction;
      if (chainId !== null && chainId !== config.l2ChainId) return `is for chain ${chainId}`;
      if (gas > gasLimit) return `has gas ${gas}, over the block's ${gasLimit}`;
      const isEarly = type === 4 && !isActive(config, 'isthmus', timestamp);
      return isEarly ? 'is of a type that Isthmus brings' : null;
    }
  }
}
