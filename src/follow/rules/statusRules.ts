import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L2BlockRef } from '../../types/block.js';
import { isZeroRef } from '../../types/block.js';
import type { Held } from '../pollOutcome.js';
import { held } from '../pollOutcome.js';
import type { FollowStatus } from './followStatus.js';
import { SAFE_LABELS } from './followStatus.js';

/**
 * The rules that a status must keep by itself, with nothing looked up. Null when it keeps them.
 * Differs: op-node checks only that finalized <= safe <= local safe, by number, and takes zero refs for blocks.
 */
export function checkStatusShape(
  status: FollowStatus,
  genesis: RollupConfig['genesis'],
): Held | null {
  const { localSafe, safe, finalized } = status;
  if (isZeroRef(localSafe) && isZeroRef(safe)) {
    return held('failed', 'error_invalid_state', 'source is starting or resetting');
  }
  if (isZeroRef(safe)) return invalid('safe head is zero beside a local safe one');
  if (isZeroRef(localSafe)) return invalid('local safe head is zero beside a safe one');
  if (!isNotAhead(safe, localSafe)) return invalid('safe head is ahead of local safe head');
  if (!isZeroRef(finalized) && !isNotAhead(finalized, safe)) {
    return invalid('finalized head is ahead of safe head');
  }
  for (const label of SAFE_LABELS) {
    const problem = genesisProblem(status[label], genesis);
    if (problem !== null) return invalid(problem);
  }
  return null;
}

/** Lower, or the same block: two blocks of one height cannot lie on one chain. */
function isNotAhead(low: L2BlockRef, high: L2BlockRef): boolean {
  return low.number < high.number || low.hash === high.hash;
}

function genesisProblem(ref: L2BlockRef, genesis: RollupConfig['genesis']): string | null {
  if (isZeroRef(ref)) return null;
  if (ref.number < genesis.l2.number) return 'head is below the rollup genesis';
  if (ref.number === genesis.l2.number && ref.hash !== genesis.l2.hash) {
    return 'head at genesis height is not the genesis block';
  }
  return null;
}

function invalid(reason: string): Held {
  return held('refused', 'error_invalid_state', reason);
}
