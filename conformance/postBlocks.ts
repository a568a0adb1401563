import { rpc } from '../devnet/rpcClient.js';
import { payloadOf } from './payload.js';
import type { World } from './world.js';

/** Posts the world's L2 blocks from..to to a node's admin API, lowest first. @throws RpcAnswerError when one is refused. */
export async function postBlocks(
  url: string,
  world: World,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  for (const block of world.l2.slice(range.from, range.to + 1)) {
    await rpc<null>(url, 'admin_postUnsafePayload', [payloadOf(block, world.rollup)]);
  }
}
