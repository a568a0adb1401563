import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { l1Ref } from '../../conformance/l2Ref.js';
import type { StatusPatch } from '../../conformance/mergeStatus.js';
import { ZERO_L2_REF } from '../../conformance/mergeStatus.js';
import type { PayloadEnvelope } from '../../conformance/payload.js';
import type {
  ForkState,
  L1RefJson,
  L2RefJson,
  SyncStatusJson,
} from '../../conformance/recorded.js';
import { l2At } from '../../conformance/statusAtL1.js';
import { buildOtherBlock, fillOpGeth, newPayload } from '../../devnet/engineApi.js';
import { FollowRig, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';

const world = recordedWorld('reorg');
const UNSAFE = 28;

function stateOf(name: string): ForkState {
  const found = world.forkStates.find((state) => state.name === name);
  if (found === undefined) throw new Error(`no state is recorded for ${name}`);
  return found;
}

/** Reorgs our L1 to a recorded fork, finalized as recorded, and waits until the node has seen it. */
async function reorgL1(rig: FollowRig, name: string): Promise<void> {
  const { head_l1, safe_l1, finalized_l1 } = stateOf(name).syncStatus;
  rig.l1.chain.reorg(name, undefined, head_l1.number);
  rig.l1.chain.move({ safe: safe_l1.number, finalized: finalized_l1.number });
  await rig.reach(`L1 after ${name}`, (status) => status.head_l1.hash === head_l1.hash);
}

/** A block of our L1 as it is now. */
function l1At({ l1 }: FollowRig, number: number): L1RefJson {
  const entry = l1.chain.byNumber(number);
  if (entry === undefined) throw new Error(`our L1 has no block ${number}`);
  return l1Ref(entry.block);
}

/** What follow mode moves, but the unsafe head. */
const followed = ({ local_safe_l2, safe_l2, finalized_l2, current_l1 }: SyncStatusJson) => ({
  ...{ local_safe_l2, safe_l2, finalized_l2, current_l1 },
});

const isAt = (want: SyncStatusJson) => {
  const key = JSON.stringify(followed(want));
  return (now: SyncStatusJson) => JSON.stringify(followed(now)) === key;
};

const bothSafe = (safe: L2RefJson): Pick<SyncStatusJson, 'safe_l2' | 'local_safe_l2'> => ({
  safe_l2: safe,
  local_safe_l2: safe,
});

/** All heads and labels are the same before and after some polls with this result. */
async function standsStill(rig: FollowRig, result: string): Promise<void> {
  const before = await rig.status();
  const labels = await rig.labels();
  await rig.morePolls(result, 3);
  const after = await rig.status();
  expect(followed(after)).toEqual(followed(before));
  expect(after.unsafe_l2).toEqual(before.unsafe_l2);
  expect(await rig.labels()).toEqual(labels);
  expect(rig.node.process.exit).toBeNull();
}

describe('recorded L1 reorgs, each on top of the one before', () => {
  let rig: FollowRig;

  beforeAll(async () => {
    const { syncStatus } = stateOf('base');
    rig = await FollowRig.open(world, syncStatus);
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW]);
    await rig.post(1, UNSAFE);
    await rig.reach('the heads before any reorg', isAt(syncStatus));
  });
  afterAll(() => rig?.close());

  /** The source's recorded status after a reorg is reached, and only the safe labels have moved. */
  async function reachesState(name: string): Promise<void> {
    const { syncStatus } = stateOf(name);
    rig.source.set(syncStatus);
    const now = await rig.reach(`the heads after ${name}`, isAt(syncStatus));
    expect(now.unsafe_l2).toEqual(l2At(world, UNSAFE));
    expect(await rig.labels()).toEqual({
      unsafe: now.unsafe_l2.hash,
      safe: syncStatus.safe_l2.hash,
      finalized: syncStatus.finalized_l2.hash,
    });
  }

  it('stands still while only the source has seen the reorg', async () => {
    rig.source.set(stateOf('depth1').syncStatus);
    await standsStill(rig, 'behind');
  });

  it('refuses the status of before while only our L1 has seen it', async () => {
    rig.source.truth();
    await reorgL1(rig, 'depth1');
    await standsStill(rig, 'error_l1_mismatch');
  });

  it('stands still while the source has walked back and not read the new L1 yet', async () => {
    rig.source.set(stateOf('depth1').syncStatus);
    rig.source.lie({ current_l1: l1At(rig, 28) });
    await standsStill(rig, 'behind');
  });

  it('takes the lower safe head once the source has read the new L1', async () => {
    await reachesState('depth1');
    expect(await rig.metric('follow_reorgs_total')).toBe(0);
  });

  it('keeps current_l1 where the source goes back without a reorg', async () => {
    const before = await rig.status();
    rig.source.lie({ current_l1: l1At(rig, before.current_l1.number - 2) });
    await standsStill(rig, 'success');
  });

  it('takes current_l1 back when its block is gone, with unchanged heads', async () => {
    const before = await rig.status();
    await reorgL1(rig, 'depth5');
    const current = l1At(rig, before.current_l1.number - 2);
    rig.source.lie({ current_l1: current });
    const now = await rig.reach(
      'the new block',
      ({ current_l1 }) => current_l1.hash === current.hash,
    );
    expect(now.current_l1).toEqual(current);
    expect(now.safe_l2).toEqual(before.safe_l2);
    await reachesState('depth5');
  });

  it('refuses another block at a safe height that was confirmed after the reorg', async () => {
    const { safe_l2 } = await rig.status();
    rig.source.lie(bothSafe({ ...safe_l2, hash: `0x${'bad0'.repeat(16)}` }));
    await standsStill(rig, 'conflict');
    rig.source.set(stateOf('depth5').syncStatus);
  });

  it('refuses heads whose L1 origin is gone', async () => {
    await reorgL1(rig, 'depth20');
    rig.source.lie({ current_l1: l1At(rig, 44) });
    expect(rig.source.status.safe_l2.l1origin.hash).not.toBe(l1At(rig, 24).hash);
    await standsStill(rig, 'error_l1_mismatch');
  });

  it('takes the much lower safe head of the deep reorg, and finalized never goes back', async () => {
    const { finalized_l2 } = await rig.status();
    await reachesState('depth20');
    rig.source.lie({ finalized_l2: l2At(world, finalized_l2.number - 2) });
    await rig.morePolls('success', 2);
    expect((await rig.status()).finalized_l2).toEqual(finalized_l2);
  });
});

describe('an L1 reorg after which the safe L2 chain is another one', () => {
  const FORK_AT = 25;
  const base = stateOf('base').syncStatus;
  const safe = l2At(world, FORK_AT);
  const finalized = base.finalized_l2;
  let rig: FollowRig;
  let others: readonly L2RefJson[];

  beforeAll(async () => {
    rig = await FollowRig.open(world, base);
    others = await otherBlocks();
    rig.source.lie({ ...bothSafe(safe), current_l1: l1At(rig, 27) });
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW]);
    await rig.reach('the heads before any reorg', isAt(rig.source.status));
  });
  afterAll(() => rig?.close());

  /** Puts the recorded blocks into the node's op-geth, and real other ones from FORK_AT on beside its chain. */
  async function otherBlocks(): Promise<readonly L2RefJson[]> {
    const at = (number: number) => l2At(world, number).hash;
    const labels = { unsafe: at(FORK_AT - 1), safe: at(0), finalized: at(0) };
    await fillOpGeth(rig.geth, world, { from: 1, to: FORK_AT - 1 }, labels);
    const refs: L2RefJson[] = [];
    for (const number of [FORK_AT, FORK_AT + 1]) {
      const parent = refs.at(-1)?.hash ?? at(FORK_AT - 1);
      const block: PayloadEnvelope = await buildOtherBlock(rig.geth, world, number, parent);
      await newPayload(rig.geth, world, block);
      const { blockHash: hash, parentHash } = block.executionPayload;
      refs.push({ ...l2At(world, number), hash, parentHash });
    }
    await fillOpGeth(
      rig.geth,
      world,
      { from: FORK_AT, to: UNSAFE },
      { ...labels, unsafe: at(UNSAFE) },
    );
    return refs;
  }

  /** The source says the other block of that height, on the L1 as it is. */
  function tellOther(number: number, patch: StatusPatch = {}): L2RefJson {
    const other = others.find((ref) => ref.number === number);
    if (other === undefined) throw new Error(`no other block ${number}`);
    rig.source.pretendBlocks(others);
    rig.source.lie({ ...bothSafe(other), finalized_l2: finalized, ...patch });
    return other;
  }

  const conflicts = (outcome: string) =>
    rig.metric('follow_conflicts_total', { kind: 'conflict', outcome });

  it.each([FORK_AT, FORK_AT + 1])('is refused without an L1 reorg: block %i', async (number) => {
    tellOther(number);
    await standsStill(rig, 'conflict');
    expect(await conflicts('refused')).toBeGreaterThanOrEqual(3);
  });

  it('is refused after a reorg above the L1 blocks that our safe head rested on', async () => {
    await reorgL1(rig, 'depth1');
    tellOther(FORK_AT);
    await standsStill(rig, 'conflict');
    tellOther(FORK_AT, { current_l1: l1At(rig, 30) });
    await standsStill(rig, 'conflict');
    expect(await conflicts('accepted')).toBe(0);
  });

  it('is refused below our finalized head, whatever L1 did', async () => {
    await reorgL1(rig, 'depth20');
    const bad = { hash: `0x${'bad0'.repeat(16)}` };
    tellOther(FORK_AT, { current_l1: l1At(rig, 25), finalized_l2: bad });
    await standsStill(rig, 'finalized_conflict');
    rig.source.pretendBlocks([...others, { ...finalized, ...bad }]);
    const unknown = { current_l1: l1At(rig, 25), finalized_l2: ZERO_L2_REF };
    rig.source.lie({ ...bothSafe(others.at(-1) ?? safe), ...unknown });
    await standsStill(rig, 'finalized_conflict');
  });

  it('is taken once our L1 has dropped a block that our safe head rested on, current_l1 back with it', async () => {
    const current = l1At(rig, 25);
    const other = tellOther(FORK_AT, { current_l1: current });
    const now = await rig.reach(
      'the other safe head',
      ({ safe_l2 }) => safe_l2.hash === other.hash,
    );
    expect(followed(now)).toEqual({
      ...bothSafe(other),
      finalized_l2: finalized,
      current_l1: current,
    });
    expect(now.unsafe_l2).toEqual(other);
    expect(await rig.labels()).toEqual({
      ...{ unsafe: other.hash, safe: other.hash, finalized: finalized.hash },
    });
    expect(await conflicts('accepted')).toBe(1);
    expect(await rig.metric('follow_reorgs_total')).toBe(1);
  });

  it('is followed on, and the chain of before is refused now', async () => {
    const next = tellOther(FORK_AT + 1, { current_l1: l1At(rig, 30) });
    await rig.reach('the next block', ({ safe_l2 }) => safe_l2.hash === next.hash);
    rig.source.truth();
    rig.source.lie({ ...bothSafe(safe), current_l1: l1At(rig, 30) });
    await standsStill(rig, 'conflict');
  });
});
