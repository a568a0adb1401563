import type { DerivedAttributes } from '../types/payload.js';
import { DEPOSIT_TX_TYPE, transactionType } from './txCodec.js';

/** The same attributes without the transactions that are no deposits. */
export function withDepositsOnly(from: DerivedAttributes): DerivedAttributes {
  const transactions = from.attributes.transactions.filter(
    (transaction) => transactionType(transaction) === DEPOSIT_TX_TYPE,
  );
  return { ...from, attributes: { ...from.attributes, transactions } };
}
