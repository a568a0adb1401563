import type { L1BlockRef } from '../../../src/types/block.js';
import { name } from './invariants.js';
import type { SimNode } from './simNode.js';
import type { SimWorld } from './simWorld.js';

const SETTLING_SEC = 300;
/** Blocks are two seconds apart; a chain that goes on is no further behind than a few of them. */
const MAX_LATE_SEC = 8;

/** Waits for what is still to be answered, and starts a sequencer that was stopped. */
export async function settle(
  world: SimWorld,
  node: SimNode,
  pass: (seconds: number) => Promise<void>,
): Promise<void> {
  const admin = node.sequencer?.admin;
  for (let waited = 0; waited < SETTLING_SEC; waited += 2) {
    if (world.invariants.violations.length > 0) return;
    if (world.unanswered.length === 0 && admin?.isActive !== false) return;
    if (admin?.isActive === false) {
      await admin.start(node.syncStatus().unsafeL2.hash, node.signal).catch(() => undefined);
    }
    await pass(2);
  }
}

/** Where the heads must have come to once nothing has gone wrong for a while. */
export interface ExpectedProgress {
  /** `current_l1` is at least here, and safe is what its data makes. */
  readonly l1: L1BlockRef;
  /** Finalized is at least what L1 makes up to here. */
  readonly finalL1: L1BlockRef;
}

/** Notes as violations what has not been answered, and heads that have not come where they should be. */
export function checkProgress(
  { invariants, tree, expected, clock, blocks, unanswered }: SimWorld,
  node: SimNode,
  { l1, finalL1 }: ExpectedProgress,
): void {
  if (unanswered.length > 0) invariants.fail(`unanswered: ${unanswered.join(', ')}`);
  const { currentL1, safeL2, unsafeL2, finalizedL2 } = node.syncStatus();
  if (currentL1.number < l1.number) {
    invariants.fail(`current_l1 ${name(currentL1)} stands, L1 is at ${name(tree.head)}`);
  }
  const { safe } = expected.after(l1.hash);
  if (!blocks.isAncestor(safe, safeL2)) {
    invariants.fail(`safe ${name(safeL2)} has not come to ${name(safe)}`);
  }
  const final = expected.after(finalL1.hash).safe;
  if (final.number > finalizedL2.number) {
    invariants.fail(`finalized ${name(finalizedL2)} has not come to ${name(final)}`);
  }
  const lateSec = clock.worldSec - Number(unsafeL2.timestamp);
  if (lateSec > MAX_LATE_SEC) invariants.fail(`unsafe ${name(unsafeL2)} is ${lateSec} s late`);
}
