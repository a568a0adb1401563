import { hasCode } from '../../src/errors/nodeError.js';
import type { BlockId, BlocksByNumber, L2BlockRef } from '../../src/types/block.js';

/** `l2BlockRefsAt` over one look-up a height: what an execution client answers with an error is left out. */
export async function refsAt(
  ids: readonly BlockId[],
  ask: (number: bigint) => Promise<L2BlockRef | null>,
): Promise<BlocksByNumber> {
  const blocks = new Map<bigint, L2BlockRef | null>();
  for (const { number } of ids) {
    try {
      blocks.set(number, await ask(number));
    } catch (thrown) {
      if (!hasCode(thrown, 'RPC_ERROR')) throw thrown;
    }
  }
  return blocks;
}
