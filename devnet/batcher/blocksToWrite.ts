import { OfflineDerivation } from '../../conformance/offline/offlineDerivation.js';
import type { OfflineWorld } from '../../conformance/offline/offlineWorld.js';
import { hexToBytes } from '../../src/rollup/bytes.js';
import { payloadToBlockRef } from '../../src/rollup/l2BlockRef.js';
import type { Hash } from '../../src/types/block.js';
import type { ExecutionPayload } from '../../src/types/payload.js';
import type { BlockToWrite } from './reencodeL1.js';

/** The L2 blocks of a recorded world as batcher input, each with the L1 block that op-node had it from. */
export async function blocksToWrite(world: OfflineWorld): Promise<readonly BlockToWrite[]> {
  const derivation = new OfflineDerivation(world);
  const { difference } = await derivation.run();
  if (difference !== null) throw new Error(difference);
  return world.derived.map((line): BlockToWrite => {
    const transactions = line.attributes.transactions as readonly Hash[];
    const timestamp = BigInt(line.attributes.timestamp);
    const { l1Origin, sequenceNumber } = payloadToBlockRef(world.config, {
      blockHash: line.hash,
      blockNumber: BigInt(line.number),
      parentHash: line.parent,
      timestamp,
      transactions,
    } as unknown as ExecutionPayload);
    return {
      input: {
        type: 'singular',
        parentHash: line.parent as Hash,
        epochNumber: l1Origin.number,
        epochHash: l1Origin.hash,
        timestamp,
        transactions: transactions
          .filter((tx) => !tx.startsWith('0x7e'))
          .map((tx) => hexToBytes(tx) ?? new Uint8Array(0)),
      },
      isFirstOfEpoch: sequenceNumber === 0n,
      l1Number: derivation.derivedFrom.get(line.number) ?? 0,
    };
  });
}
