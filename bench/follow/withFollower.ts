import type { World } from '../../conformance/world.js';
import { FollowRig } from '../../devnet/followRig.js';
import { FIRST_L1_HEIGHT } from '../rigs/followMoves.js';
import { PushSource } from '../rigs/pushSource.js';

/** How the status of the source comes. */
export interface Way {
  readonly intervalMs: number;
  readonly isPushed: boolean;
}

export type MovingSource = Pick<PushSource, 'url' | 'status' | 'moveTo'>;

/** Runs with a node that follows a source that has not moved yet, its op-geth holding all blocks. */
export async function withFollower<T>(
  world: World,
  { intervalMs, isPushed }: Way,
  run: (rig: FollowRig, source: MovingSource) => Promise<T>,
): Promise<T> {
  const rig = await FollowRig.open(world);
  try {
    const source = isPushed ? rig.group.own(await PushSource.start(world)) : rig.source;
    source.moveTo(FIRST_L1_HEIGHT);
    const flags = [`--l2.follow.source=${source.url}`];
    await rig.startNode([...flags, `--l2.follow.poll-interval=${intervalMs}ms`]);
    await rig.post(1, world.status.unsafe_l2.number);
    const { safe_l2, unsafe_l2 } = { ...source.status, unsafe_l2: world.status.unsafe_l2 };
    await rig.reach(
      'the first heads',
      (status) => status.safe_l2.hash === safe_l2.hash && status.unsafe_l2.hash === unsafe_l2.hash,
    );
    return await run(rig, source);
  } finally {
    await rig.close();
  }
}
