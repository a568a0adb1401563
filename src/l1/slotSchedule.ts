import { NodeError } from '../errors/nodeError.js';
import type { L1BlockRef } from '../types/block.js';
import type { BeaconEndpoint } from './beaconEndpoint.js';

/** When slots begin and how long they are, in seconds. */
export interface SlotSchedule {
  readonly genesisTime: bigint;
  readonly secondsPerSlot: bigint;
}

/**
 * @param overrideSec `--l1.beacon.slot-duration-override`; 0 asks the beacon node.
 * @throws what the endpoint throws; L1_BEACON_ANSWER_INVALID for slots without a length. Temporary.
 */
export async function readSlotSchedule(
  endpoint: Pick<BeaconEndpoint, 'genesisTime' | 'secondsPerSlot'>,
  overrideSec: bigint,
  signal: AbortSignal,
): Promise<SlotSchedule> {
  const genesisTime = await endpoint.genesisTime(signal);
  const secondsPerSlot = overrideSec > 0n ? overrideSec : await endpoint.secondsPerSlot(signal);
  if (secondsPerSlot === 0n) {
    throw new NodeError('L1_BEACON_ANSWER_INVALID', 'got bad value for seconds per slot', {
      severity: 'temporary',
    });
  }
  return { genesisTime, secondsPerSlot };
}

/** The slot of an L1 block. @throws L1_BLOBS_UNAVAILABLE (temporary) for one from before the beacon chain. */
export function slotAt(
  { genesisTime, secondsPerSlot }: SlotSchedule,
  block: Pick<L1BlockRef, 'timestamp'>,
): bigint {
  if (block.timestamp >= genesisTime) return (block.timestamp - genesisTime) / secondsPerSlot;
  throw new NodeError('L1_BLOBS_UNAVAILABLE', 'block is older than the beacon chain', {
    severity: 'temporary',
    fields: { timestamp: block.timestamp, genesisTime },
  });
}
