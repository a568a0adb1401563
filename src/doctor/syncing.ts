import type { RpcClient } from '../transport/ports.js';
import { RpcError } from '../transport/ports.js';

const QUANTITY = /^0x[0-9a-f]{1,16}$/i;

/**
 * How far a client's own sync has come, in words, as `eth_syncing` says; null where the client is not syncing, or does not offer the method. op-geth that has just
 * begun says that it syncs from block 0 to block 0, which is no sync.
 * @throws NodeError TRANSPORT_*, temporary.
 */
export async function syncProgress(
  rpc: Pick<RpcClient, 'request'>,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const json = await rpc.request('eth_syncing', [], { signal });
    if (typeof json !== 'object' || json === null) return null;
    const { currentBlock, highestBlock } = json as Readonly<Record<string, unknown>>;
    const [current, highest] = [blockNumber(currentBlock), blockNumber(highestBlock)];
    if (current === null || highest === null) return 'it does not say how far';
    return highest > current ? `at block ${current} of ${highest}` : null;
  } catch (thrown) {
    if (thrown instanceof RpcError) return null;
    throw thrown;
  }
}

function blockNumber(value: unknown): bigint | null {
  return typeof value === 'string' && QUANTITY.test(value) ? BigInt(value) : null;
}
