import type { SyncStatusJson } from '../../conformance/recorded.js';
import { rpc } from '../../devnet/rpcClient.js';
import { rpcBlockToPayload } from '../../src/rollup/rpcPayload.js';
import { encodePayloadEnvelope } from '../../src/types/payloadCodec.js';

/**
 * Gives a node the blocks that another one's engine has beyond its own unsafe head, as peers would.
 * @param l2Url JSON-RPC of the engine that has them.
 * @param through number of the last block to give.
 */
export async function relayUnsafe(l2Url: string, nodeUrl: string, through: number): Promise<void> {
  const { unsafe_l2 } = await rpc<SyncStatusJson>(nodeUrl, 'optimism_syncStatus');
  for (let number = unsafe_l2.number + 1; number <= through; number++) {
    const tag = `0x${number.toString(16)}`;
    const block = await rpc<unknown>(l2Url, 'eth_getBlockByNumber', [tag, true]);
    const envelope = encodePayloadEnvelope(rpcBlockToPayload(block));
    await rpc(nodeUrl, 'admin_postUnsafePayload', [envelope]);
  }
}
