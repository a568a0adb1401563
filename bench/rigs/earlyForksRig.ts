import { quickChain } from '../../devnet/live/liveDevnet.js';
import { LiveRig } from '../../devnet/live/liveRig.js';
import type { ProcessGroup } from '../../devnet/processGroup.js';

export interface EarlyForksOptions {
  readonly blockTimeSec: number;
  /** How long the chain has existed when the node starts: it builds what it has missed without a pause. */
  readonly lateSec?: number;
}

/** All forks that change block building are active early; bytes and gas of the chain stay the same after them. */
const FORKS = { ecotone: 2, fjord: 4, granite: 6, holocene: 8, isthmus: 10, jovian: 12 };
const L1_BLOCK_TIME_SEC = 2;

/** A live chain on which what is measured does not change with forks. */
export function openEarlyForksRig(
  group: ProcessGroup,
  { blockTimeSec, lateSec = 0 }: EarlyForksOptions,
): Promise<LiveRig> {
  const time = Math.floor(Date.now() / 1000) - lateSec;
  const chain = { ...quickChain(time), forkOffsets: FORKS, l2BlockTimeSec: blockTimeSec };
  return LiveRig.open(group, { chain, l1BlockTimeSec: L1_BLOCK_TIME_SEC, say: () => undefined });
}
