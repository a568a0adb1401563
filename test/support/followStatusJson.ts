import type { FollowStatus } from '../../src/follow/rules/followStatus.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { ZERO_L1_REF, ZERO_L2_REF } from '../../src/types/block.js';

/** A status as `optimism_syncStatus` answers it. */
export function statusJson(status: FollowStatus): Record<string, unknown> {
  return {
    current_l1: l1RefJson(status.currentL1 ?? ZERO_L1_REF),
    head_l1: l1RefJson(status.headL1 ?? ZERO_L1_REF),
    unsafe_l2: l2RefJson(status.unsafe ?? ZERO_L2_REF),
    safe_l2: l2RefJson(status.safe),
    finalized_l2: l2RefJson(status.finalized),
    local_safe_l2: l2RefJson(status.localSafe),
  };
}

export function l2RefJson(ref: L2BlockRef): Record<string, unknown> {
  return {
    ...l1RefJson(ref),
    l1origin: idJson(ref.l1Origin),
    sequenceNumber: Number(ref.sequenceNumber),
  };
}

function l1RefJson(ref: L1BlockRef): Record<string, unknown> {
  return { ...idJson(ref), parentHash: ref.parentHash, timestamp: Number(ref.timestamp) };
}

function idJson(id: BlockId): Record<string, unknown> {
  return { hash: id.hash, number: Number(id.number) };
}
