import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_KINDS, type FaultKind } from '../../conformance/faults.js';
import type { StatusPatch } from '../../conformance/mergeStatus.js';
import { ZERO_L2_REF } from '../../conformance/mergeStatus.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { FollowRig, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';

const FIRST_L1_HEIGHT = 50;
const BAD_HASH = `0x${'bad0'.repeat(16)}`;
const FAR_AWAY = 1_000_000;

/** A lie laid over the true next status, and how a poll that hears it must end. */
interface Lie {
  readonly name: string;
  readonly result: string;
  /** @param next the true status, @param ours what the node has. */
  readonly patch: (next: SyncStatusJson, ours: SyncStatusJson) => StatusPatch;
}

const bothSafe = (patch: StatusPatch['safe_l2']): StatusPatch =>
  ({ safe_l2: patch, local_safe_l2: patch }) as StatusPatch;

const LIES: readonly Lie[] = [
  {
    name: 'finalized above safe',
    result: 'error_invalid_state',
    patch: (next) => ({ finalized_l2: { number: next.safe_l2.number + 1, hash: BAD_HASH } }),
  },
  {
    name: 'safe above local safe',
    result: 'error_invalid_state',
    patch: (next) => ({ safe_l2: { number: next.safe_l2.number + 1, hash: BAD_HASH } }),
  },
  {
    name: 'a zero safe head beside a local safe one',
    result: 'error_invalid_state',
    patch: () => ({ safe_l2: ZERO_L2_REF }),
  },
  {
    name: 'a zero local safe head beside a safe one',
    result: 'error_invalid_state',
    patch: () => ({ local_safe_l2: ZERO_L2_REF }),
  },
  {
    name: 'all safe heads zero, as of a starting node',
    result: 'error_invalid_state',
    patch: () => ({ ...bothSafe(ZERO_L2_REF), finalized_l2: ZERO_L2_REF }),
  },
  {
    name: 'another block at genesis height',
    result: 'error_invalid_state',
    patch: () => ({ finalized_l2: { ...ZERO_L2_REF, hash: BAD_HASH } }),
  },
  {
    name: 'an L1 origin that our L1 does not have yet',
    result: 'error_l1_lookup',
    patch: () => bothSafe({ l1origin: { number: FAR_AWAY, hash: BAD_HASH } }),
  },
  {
    name: 'an L1 origin with another hash than ours',
    result: 'error_l1_mismatch',
    patch: () => bothSafe({ l1origin: { hash: BAD_HASH } }),
  },
  {
    name: 'a finalized head whose L1 origin is not on our L1',
    result: 'error_l1_mismatch',
    patch: () => ({ finalized_l2: { l1origin: { hash: BAD_HASH } } }),
  },
  {
    name: 'a current L1 block with another hash than ours',
    result: 'error_l1_mismatch',
    patch: () => ({ current_l1: { hash: BAD_HASH } }),
  },
  {
    name: 'another block at our safe height',
    result: 'conflict',
    patch: (_, ours) => bothSafe({ ...ours.safe_l2, hash: BAD_HASH }),
  },
  {
    name: 'another block at our finalized height',
    result: 'finalized_conflict',
    patch: (_, ours) => ({ finalized_l2: { ...ours.finalized_l2, hash: BAD_HASH } }),
  },
  {
    name: 'heads that are walked back, on our chain',
    result: 'behind',
    patch: (_, ours) => ({
      safe_l2: ours.finalized_l2,
      local_safe_l2: ours.finalized_l2,
      finalized_l2: ours.finalized_l2,
    }),
  },
  {
    name: 'a head number that is text',
    result: 'error_fetch_status',
    patch: () => ({ safe_l2: { number: 'seven' } }) as unknown as StatusPatch,
  },
  {
    name: 'no safe head at all',
    result: 'error_fetch_status',
    patch: () => ({ safe_l2: undefined }) as unknown as StatusPatch,
  },
  {
    name: 'a hash that is too short',
    result: 'error_fetch_status',
    patch: () => bothSafe({ hash: '0x1234' }),
  },
];

/** A slow answer is a right one; it has its own test. */
const FAILURES: readonly FaultKind[] = FAULT_KINDS.filter((kind) => kind !== 'slow');

describe('a source that fails and lies', () => {
  const world = recordedWorld('forks');
  let rig: FollowRig;
  let height = FIRST_L1_HEIGHT;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    rig.source.moveTo(height);
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW]);
    await rig.post(1, world.status.unsafe_l2.number);
    await caughtUp();
  });
  afterAll(() => rig?.close());

  /** What follow mode may move. */
  const heads = ({
    unsafe_l2,
    local_safe_l2,
    safe_l2,
    finalized_l2,
    current_l1,
  }: SyncStatusJson) => ({
    unsafe_l2,
    local_safe_l2,
    safe_l2,
    finalized_l2,
    current_l1,
  });

  /** The source's present status with our own unsafe head, reached and then also in op-geth. */
  async function caughtUp(): Promise<void> {
    const want = { ...heads(rig.source.status), unsafe_l2: world.status.unsafe_l2 };
    const key = JSON.stringify(want);
    await rig.reach(`L1 ${height}`, (status) => JSON.stringify(heads(status)) === key);
    expect(await rig.labels()).toEqual({
      unsafe: want.unsafe_l2.hash,
      safe: want.safe_l2.hash,
      finalized: want.finalized_l2.hash,
    });
  }

  /** The heads must not move during `during`; after it the source goes on honestly and we with it. */
  async function standsStill(during: () => Promise<void>): Promise<void> {
    const before = heads(await rig.status());
    const labels = await rig.labels();
    await during();
    expect(heads(await rig.status())).toEqual(before);
    expect(await rig.labels()).toEqual(labels);
    rig.source.faults.arm(null);
    rig.source.moveTo(height);
    await caughtUp();
    expect(rig.node.process.exit).toBeNull();
  }

  it.each(LIES)('stands still and counts $result: $name', async ({ patch, result }) => {
    await standsStill(async () => {
      const ours = await rig.status();
      height += 1;
      rig.source.moveTo(height);
      rig.source.lie(patch(rig.source.status, ours));
      await rig.morePolls(result, 2);
    });
  });

  it.each(FAILURES)('stands still and counts error_fetch_status: %s', async (kind) => {
    await standsStill(async () => {
      height += 1;
      rig.source.moveTo(height);
      rig.source.faults.arm({ kind, count: 0, ms: 60_000, only: 'optimism_syncStatus' });
      await rig.morePolls('error_fetch_status', 2);
    });
  });

  it('stands still while the source is down, and catches up when it is back', async () => {
    await standsStill(async () => {
      await rig.source.close();
      height += 1;
      await rig.morePolls('error_fetch_status', 3);
      await rig.source.listen();
    });
  });

  it('follows a slow source', async () => {
    height += 1;
    rig.source.faults.arm({ kind: 'slow', count: 0, ms: 400, only: 'optimism_syncStatus' });
    rig.source.moveTo(height);
    await caughtUp();
    rig.source.faults.arm(null);
  });

  it('keeps its finalized head and takes the safe one when finalized is not known', async () => {
    const before = await rig.status();
    height += 1;
    rig.source.moveTo(height);
    const { safe_l2 } = rig.source.status;
    rig.source.lie({ finalized_l2: ZERO_L2_REF });
    const status = await rig.reach('the safe head', (s) => s.safe_l2.hash === safe_l2.hash);
    expect(status.finalized_l2).toEqual(before.finalized_l2);
    rig.source.moveTo(height);
    await caughtUp();
  });

  it('takes checked heads and keeps current_l1 when only that is unknown to our L1', async () => {
    const before = await rig.status();
    height += 1;
    rig.source.moveTo(height);
    const { safe_l2 } = rig.source.status;
    rig.source.lie({ current_l1: { number: FAR_AWAY } });
    const status = await rig.reach('the safe head', (s) => s.safe_l2.hash === safe_l2.hash);
    expect(status.current_l1).toEqual(before.current_l1);
    rig.source.moveTo(height);
    await caughtUp();
  });

  it('waits for its own L1 when that is behind, without a refusal', async () => {
    await standsStill(async () => {
      rig.l1.chain.moveHead(height);
      height = world.facts.l1.head;
      rig.source.moveTo(height);
      await rig.morePolls('error_l1_lookup', 2);
      rig.l1.chain.moveHead(height);
    });
  });
});

describe('a source of another chain', () => {
  const world = recordedWorld('forks');
  let rig: FollowRig;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
  });
  afterAll(() => rig?.close());

  it('is not followed until it proves to be of ours', async () => {
    const { genesis } = world.rollup;
    const other = { ...genesis, l2: { ...genesis.l2, hash: BAD_HASH } };
    rig.source.pretendChain({ ...world.rollup, genesis: other });
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW]);
    await rig.post(1, world.status.unsafe_l2.number);
    const status = await rig.reach(
      'all blocks, and the source asked twice',
      ({ unsafe_l2 }) =>
        unsafe_l2.hash === world.status.unsafe_l2.hash &&
        (rig.source.counts.get('optimism_rollupConfig') ?? 0) >= 2,
    );
    expect(status.safe_l2.number).toBe(0);
    expect(await rig.polls('success')).toBe(0);
    rig.source.truth();
    await rig.reach('the recorded safe head', (s) => s.safe_l2.hash === world.status.safe_l2.hash);
  });
});
