import { examineTransactions } from '../../src/derive/attributes/examineTransactions.js';
import type { TransactionExaminer } from '../../src/engine/ports.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import { whole } from '../../src/rollup/slices.js';

/** The real examination without a pause, so that it is done within one turn of a fake clock. */
export function wholeExaminer(rollup: RollupConfig): TransactionExaminer {
  return {
    examine: async (attributes, number) => whole(examineTransactions(rollup, attributes, number)),
  };
}
