import type { BlockId } from '../types/block.js';
import type { EngineL2Source } from './ports.js';

/** Whether the execution layer has this block on its chain. @throws NodeError temporary where it cannot be asked. */
export async function isHeld(
  l2: Pick<EngineL2Source, 'l2BlockRefByNumber'>,
  id: BlockId,
  signal: AbortSignal,
): Promise<boolean> {
  return (await l2.l2BlockRefByNumber(id.number, signal))?.hash === id.hash;
}
