import { isDeepStrictEqual } from 'node:util';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import type { DeriveRig } from '../../devnet/deriveRig.js';

const END_MS = 10_000;

/**
 * Kills the node (SIGKILL) at random instants while it derives, starts it again each time, and lets it come to rest.
 * @param random uniform in [0, 1).
 * @param onKilled called while no node runs.
 * @returns the status at rest.
 */
export async function killWhileDeriving(
  rig: DeriveRig,
  times: number,
  random: () => number,
  onKilled: () => Promise<void>,
): Promise<SyncStatusJson> {
  const { status } = rig.world;
  for (let killed = 0; killed < times; killed += 1) {
    await rig.startNode();
    const reached = (killed + random()) / times;
    const unsafe = Math.floor(reached * status.safe_l2.number);
    await rig.reach(`L2 block ${unsafe}`, ({ unsafe_l2 }) => unsafe_l2.number >= unsafe);
    await new Promise((resolve) => setTimeout(resolve, random() * 100));
    rig.node.process.signal('SIGKILL');
    await rig.node.process.ended(END_MS);
    await onKilled();
  }
  await rig.startNode();
  return rig.reach('the recorded status', (now) => isDeepStrictEqual(now, status));
}
