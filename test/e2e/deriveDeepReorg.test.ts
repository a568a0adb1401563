import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { DeriveRig, derivedWorld } from '../../devnet/deriveRig.js';
import { rpc } from '../../devnet/rpcClient.js';
import { emptyL1Branch } from '../support/emptyL1Branch.js';

/** The last L1 block that both branches have. */
const COMMON = 3;
const BRANCH_HEAD = 80;

describe('an L1 reorg that is deeper than the sequencing window', () => {
  const world = derivedWorld('reorg');
  const parent = world.l1[COMMON];
  const rigs: DeriveRig[] = [];

  async function startRig(): Promise<DeriveRig> {
    const rig = await DeriveRig.open(world);
    rigs.push(rig);
    // Nothing of what is reorged may have been final.
    rig.l1.chain.move({ safe: 0, finalized: 0 });
    return rig;
  }
  let rig: DeriveRig;

  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(async () => {
    for (const each of rigs) await each.close();
  });

  function toEmptyBranch({ l1 }: DeriveRig): void {
    if (parent === undefined) throw new Error('world is shorter than its common part');
    l1.chain.replace(emptyL1Branch(parent, BRANCH_HEAD));
  }

  /** The last epoch whose sequencing window ends at the head. */
  const lastEpoch = BRANCH_HEAD - Number(world.rollup.seq_window_size);
  const restsAt = ({ current_l1, safe_l2, unsafe_l2 }: SyncStatusJson) =>
    current_l1.number === BRANCH_HEAD &&
    safe_l2.l1origin.number === lastEpoch &&
    isDeepStrictEqual(safe_l2, unsafe_l2);

  async function safeHeads({ node }: DeriveRig): Promise<readonly unknown[]> {
    const answers: unknown[] = [];
    for (let l1 = 0; l1 <= BRANCH_HEAD; l1 += 1) {
      answers.push(await rpc(node.url, 'optimism_safeHeadAtL1Block', [`0x${l1.toString(16)}`]));
    }
    return answers;
  }

  it('ends with the heads and the safe-head database of a node that never saw the old branch', async () => {
    for (const fork of ['depth1', 'depth5']) rig.l1.chain.reorg(fork);
    const oldHead = rig.l1.chain.last;
    expect(oldHead - COMMON).toBeGreaterThan(Number(world.rollup.seq_window_size));
    await rig.startNode();
    const before = await rig.reach('the old branch', (now) => now.current_l1.number === oldHead);
    expect(before.safe_l2.number).toBeGreaterThan(20);
    toEmptyBranch(rig);
    const after = await rig.reach('the new branch', restsAt);

    const fresh = await startRig();
    toEmptyBranch(fresh);
    await fresh.startNode();
    expect(after).toEqual(await fresh.reach('the new branch', restsAt));
    expect(after.safe_l2.l1origin.number).toBe(BRANCH_HEAD - Number(world.rollup.seq_window_size));
    expect(await safeHeads(rig)).toEqual(await safeHeads(fresh));
  });
});
