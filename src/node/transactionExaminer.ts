import type { TransactionExaminer } from '../engine/ports.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import { inTurns } from '../rollup/slices.js';
import { nextTurn } from '../runtime/turns.js';

/** The derivation's knowledge of transactions for the engine. Loaded at the first use: most nodes never need it. */
export function transactionExaminer(rollup: RollupConfig): TransactionExaminer {
  return {
    examine: async (attributes, number, signal) => {
      const { examineTransactions } = await import('../derive/attributes/examineTransactions.js');
      return inTurns(examineTransactions(rollup, attributes, number), nextTurn, signal);
    },
  };
}
