import { hasCode } from '../../errors/nodeError.js';
import type { BranchBlocks } from '../../rollup/branch.js';
import { walkBranch } from '../../rollup/branch.js';
import type { BlockId, Hash } from '../../types/block.js';
import type { FollowStatus } from './followStatus.js';
import { SAFE_LABELS } from './followStatus.js';

export interface RefutedInput {
  readonly status: FollowStatus;
  /** The source: its block of that height; null when it has none there or does not say. */
  readonly asker: {
    blockRefByNumber(number: bigint, signal: AbortSignal): Promise<BlockId | null>;
  };
}

/**
 * Whether the chain of a status holds the refuted block: shown by a head that the status names at that height, else by
 * the blocks that our execution layer has below its local safe head, else by what the source says of that height.
 * `unknown` where nothing tells. @throws NodeError ABORTED only.
 */
export async function holdsRefuted(
  refuted: BlockId,
  input: RefutedInput,
  l2: BranchBlocks,
  signal: AbortSignal,
): Promise<'yes' | 'no' | 'unknown'> {
  const { status, asker } = input;
  const { number } = refuted;
  if (status.localSafe.number < number) return 'no';
  const named = SAFE_LABELS.map((label) => status[label]).find((ref) => ref.number === number);
  const hash =
    named?.hash ??
    (await orNull(() => heldAt(number, input, l2, signal))) ??
    (await orNull(async () => (await asker.blockRefByNumber(number, signal))?.hash ?? null));
  if (hash === null) return 'unknown';
  return hash === refuted.hash ? 'yes' : 'no';
}

/** Hash at that height on the chain below the status' local safe head, as far as our execution layer has it. */
async function heldAt(
  number: bigint,
  { status }: RefutedInput,
  l2: BranchBlocks,
  signal: AbortSignal,
): Promise<Hash | null> {
  const tip = await l2.l2BlockRefByHash(status.localSafe.hash, signal);
  if (tip === null) return null;
  const { blocks, lowest, end } = await walkBranch(l2, tip, number, signal);
  const walked = blocks.get(number);
  if (walked !== undefined) return walked.hash;
  if (end === 'joined') return (await l2.l2BlockRefByNumber(number, signal))?.hash ?? null;
  return lowest.number === number + 1n ? lowest.parentHash : null;
}

/** What cannot be found out is not known. */
async function orNull<T>(read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read();
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    return null;
  }
}
