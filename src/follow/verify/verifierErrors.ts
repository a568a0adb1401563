import { NodeError } from '../../errors/nodeError.js';
import type { Settled } from '../../runtime/laneQueue.js';
import type { BlockId } from '../../types/block.js';
import { blockId } from '../../types/block.js';
import type { FollowResult } from '../../types/followTarget.js';

/** Temporary: `what` should be there, by what our heads or L1's say. */
export function blockMissing(what: string, number: bigint): NodeError {
  return new NodeError('VERIFY_BLOCK_MISSING', `${what} is not there`, {
    severity: 'temporary',
    fields: { number },
  });
}

/** Critical: a finalized block is not what L1 says; the message names it, its verified parent and what differs. */
export function finalizedRefuted(
  block: BlockId,
  parent: BlockId,
  { finalized, reason }: { readonly finalized: BlockId; readonly reason: string },
): NodeError {
  const message =
    `finalized block ${block.number} (${block.hash}) is not what L1 says on top of verified block ` +
    `${parent.number} (${parent.hash}): ${reason}`;
  return new NodeError('VERIFY_FINALIZED_REFUTED', message, {
    severity: 'critical',
    fields: { block: blockId(block), parent: blockId(parent), finalized },
  });
}

/** Temporary: the engine did something else, or has not got there; the way back is asked for again. */
export function notReturned(verified: BlockId, settled: Settled<FollowResult>): NodeError {
  const outcome = settled.kind === 'ok' ? settled.value.kind : settled.kind;
  const reason =
    settled.kind === 'ok' && settled.value.kind === 'refused' ? settled.value.reason : undefined;
  return new NodeError('VERIFY_NOT_RETURNED', 'the engine did not return to the verified block', {
    severity: 'temporary',
    fields: { verified: blockId(verified), outcome, ...(reason !== undefined && { reason }) },
    ...(settled.kind === 'failed' && { cause: settled.error }),
  });
}
