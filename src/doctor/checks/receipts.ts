import { hasCode } from '../../errors/nodeError.js';
import { requestOrNull } from '../../transport/requestOrNull.js';
import type { Hash } from '../../types/block.js';
import type { Check, DoctorContext, L1Access } from '../check.js';
import { derives } from '../check.js';
import { fine, found } from '../finding.js';
import { reasonOf } from '../reason.js';

/** Blocks looked at, from the head down, for one with transactions: empty ones prove nothing. */
const MAX_BLOCKS = 8;

/** Whether the receipts of a block can be had in the way of `--l1.rpckind`, and are those of the block. */
export const receiptsCheck: Check = {
  name: 'receipts',
  run: async (context) => {
    const { config, l1, signal } = context;
    if (l1 === null || config.l1 === null || !derives(config)) return [];
    const block = await blockWithTransactions(context, l1);
    if (block === null) return [];
    try {
      await l1.client.l1ReceiptsByHash(block.hash, signal);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return [
        found(
          'l1-receipts-failed',
          `Receipts of L1 block ${block.number} cannot be had of ${l1.name} in any way: ${reasonOf(thrown)}`,
        ),
      ];
    }
    const kind = config.l1.rpcKind;
    const refused = [...new Set(l1.refusedMethods)];
    // This kind stands for trying what there is.
    if (refused.length > 0 && kind !== 'any') {
      return [
        found(
          'l1-receipts-method',
          `The L1 at ${l1.name} does not offer ${refused.join(', ')}, as --l1.rpckind=${kind} says`,
        ),
      ];
    }
    return [fine(`Receipts of L1 block ${block.number} match their root, by --l1.rpckind=${kind}`)];
  },
};

/** Null where there is none among the newest, or the endpoint fails: that is for another check to tell. */
async function blockWithTransactions(
  { signal }: DoctorContext,
  { client, rpc }: L1Access,
): Promise<{ readonly hash: Hash; readonly number: bigint } | null> {
  try {
    let block = await client.l1BlockRefByLabel('latest', signal);
    for (let looked = 0; block !== null && looked < MAX_BLOCKS; looked += 1) {
      const json = await requestOrNull(rpc, 'eth_getBlockByHash', [block.hash, false], { signal });
      const { transactions } = (json ?? {}) as { readonly transactions?: unknown };
      if (Array.isArray(transactions) && transactions.length > 0) return block;
      block = await client.l1BlockRefByHash(block.parentHash, signal);
    }
    return null;
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    return null;
  }
}
