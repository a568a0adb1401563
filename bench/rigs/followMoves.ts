import { statusAtL1 } from '../../conformance/statusAtL1.js';
import type { World } from '../../conformance/world.js';

/** Where a source stands before it moves. */
export const FIRST_L1_HEIGHT = 5;

/** L1 heights at which the safe head is another than at the height before. */
export function movingHeights(world: World): readonly number[] {
  const heights: number[] = [];
  let last = statusAtL1(world, FIRST_L1_HEIGHT).safe_l2.number;
  for (let height = FIRST_L1_HEIGHT + 1; height <= world.facts.l1.head; height += 1) {
    const { number } = statusAtL1(world, height).safe_l2;
    if (number > last) heights.push(height);
    last = number;
  }
  return heights;
}
