import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareGolden } from '../../conformance/compareAnswers.js';
import { compareSafeHeads } from '../../conformance/compareDerive.js';
import type { PayloadEnvelope } from '../../conformance/payload.js';
import { Report } from '../../conformance/report.js';
import { l2At } from '../../conformance/statusAtL1.js';
import {
  buildOtherBlock,
  fillOpGeth,
  type Labels,
  newPayload,
  setLabels,
} from '../../devnet/engineApi.js';
import type { EngineNode } from '../../devnet/engineNode.js';
import { engineKind } from '../../devnet/engines.js';
import { FollowRig, labelsOf, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';
import { REACH_MS } from '../support/patience.js';

const BRANCH_LENGTH = 3;

/** Blocks of the recorded world that a lie begins after: one before Holocene, one from it. */
const BASES = [
  ['before Holocene', 20],
  ['from Holocene', 60],
] as const;

describe('following with verification', () => {
  const keepsLabels = engineKind(undefined, process.env) !== 'op-geth';
  const world = recordedWorld('forks');
  const hashAt = (number: number) => world.l2[number]?.hash ?? '';
  const recorded = labelsOf(world.status);
  let rig: FollowRig;
  let upstream: EngineNode;
  let lieParent = '';

  beforeEach(async () => {
    rig = await FollowRig.open(world);
    upstream = await rig.addGeth('upstream');
  });
  afterEach(() => rig?.close());

  const startVerifying = (sources: string, flags: readonly string[] = []) =>
    rig.startNode([
      `--l2.follow.source=${sources}`,
      '--l2.follow.verify',
      ...QUICK_FOLLOW,
      ...flags,
    ]);

  const verified = (number: number) =>
    rig.reachMetric('follow_verified_number', (verified) => verified >= number);

  /** The upstream op-geth holds the recorded chain up to `base`, which is its safe head. */
  async function upstreamAt(base: number): Promise<Labels> {
    const labels = { unsafe: hashAt(base), safe: hashAt(base), finalized: hashAt(base - 5) };
    await fillOpGeth(upstream, world, { from: 1, to: base }, labels);
    return labels;
  }

  /** Valid blocks that no batch on L1 stands for, on top of the base. @returns the highest one. */
  async function alteredBranch(base: number): Promise<string> {
    let tip = hashAt(base);
    for (let number = base + 1; number <= base + BRANCH_LENGTH; number += 1) {
      const block: PayloadEnvelope = await buildOtherBlock(upstream, world, number, tip);
      await newPayload(upstream, world, block);
      lieParent = tip;
      tip = block.executionPayload.blockHash;
    }
    return tip;
  }

  async function correctUpstream(base: number): Promise<void> {
    const to = world.status.unsafe_l2.number;
    await fillOpGeth(upstream, world, { from: base + 1, to }, recorded);
  }

  it('verifies every block of an honest source, and answers from the safe-head database as who derives', async () => {
    await startVerifying(rig.source.url, [`--safedb.path=${join(rig.group.folder, 'safedb')}`]);
    await rig.post(1, world.status.unsafe_l2.number);
    await verified(world.status.safe_l2.number);
    expect(await rig.labels()).toEqual(recorded);
    expect(await rig.metric('follow_refuted_total')).toBe(0);
    expect(await rig.metric('follow_verify_replaced_total')).toBe(0);
    await rig.reachMetric(
      'follow_verify_l1_number',
      (origin) => origin === world.status.current_l1.number,
    );
    const superRoots = world.golden.filter(({ name }) => name.startsWith('superroot/'));
    const differences: string[] = [];
    const report = new Report((line) => differences.push(line));
    await compareSafeHeads(world.safeHeads, rig.node.url, report);
    await compareGolden(superRoots, rig.node.url, report);
    expect(differences).toEqual([]);
    expect(report.passed).toBe(world.safeHeads.length + 12);
  });

  it.each(BASES)(
    'leaves what L1 refutes, %s, and follows on once it is corrected',
    async (_, base) => {
      const honest = await upstreamAt(base);
      await startVerifying(upstream.url);
      await verified(base);
      const lie = await alteredBranch(base);
      await setLabels(upstream, { ...honest, unsafe: lie, safe: lie });
      await rig.reach(
        'the way back',
        ({ safe_l2, unsafe_l2 }) =>
          safe_l2.hash === honest.safe && unsafe_l2.hash === honest.safe && isRefuted(),
      );
      expect(rig.node.process.output).toMatch(new RegExp(`Followed.*${lie}`));
      await rig.morePolls('refuted', 3);
      // A head that an update takes back on its own chain is kept until another branch comes; by op-reth its labels, too.
      const safe = keepsLabels ? lie : honest.safe;
      expect(await rig.labels()).toEqual({ ...honest, unsafe: lie, safe });
      expect(await rig.metric('follow_refuted_total')).toBe(1);
      await correctUpstream(base);
      await verified(world.status.safe_l2.number);
      expect(await rig.labels()).toEqual(recorded);
      expect(await rig.metric('follow_refuted_total')).toBe(1);
    },
  );

  it('goes over to a source that tells what L1 says', async () => {
    const base = 60;
    const honest = await upstreamAt(base);
    const other = await rig.addGeth('other');
    await fillOpGeth(other, world, { from: 1, to: world.status.unsafe_l2.number }, recorded);
    await startVerifying(`${upstream.url},${other.url}`);
    await verified(base);
    const lie = await alteredBranch(base);
    await setLabels(upstream, { ...honest, unsafe: lie, safe: lie });
    await verified(world.status.safe_l2.number);
    expect(await rig.labels()).toEqual(recorded);
    expect(await rig.metric('follow_refuted_total')).toBe(1);
    expect(await rig.metric('follow_failovers_total')).toBeGreaterThanOrEqual(1);
  });

  it('leaves it as well where a consensus node says one thing of its heads and another of its blocks', async () => {
    const base = 60;
    const atBase = 51;
    const honest = await upstreamAt(base);
    rig.source.moveTo(atBase);
    expect(rig.source.status.safe_l2.number).toBe(base);
    const { finalized_l2 } = rig.source.status;
    await startVerifying(rig.source.url, [`--l2.follow.blocks=${upstream.url}`]);
    await verified(base);
    const lie = await alteredBranch(base);
    await setLabels(upstream, { ...honest, unsafe: lie });
    const ref = { ...l2At(world, base + BRANCH_LENGTH), hash: lie, parentHash: lieParent };
    rig.source.lie({ safe_l2: ref, local_safe_l2: ref, unsafe_l2: ref });
    const status = await rig.reach(
      'the way back',
      ({ safe_l2 }) => safe_l2.hash === honest.safe && isRefuted(),
    );
    expect(status.unsafe_l2.hash).toBe(honest.safe);
    expect(status.finalized_l2).toEqual(finalized_l2);
    // Not all of L1 up to the old one is in the safe heads any more.
    expect(status.current_l1.number).toBe(0);
    await rig.morePolls('refuted', 3);
    expect(await rig.metric('follow_refuted_total')).toBe(1);
    await correctUpstream(base);
    rig.source.truth();
    await verified(world.status.safe_l2.number);
    expect(await rig.labels()).toEqual(recorded);
  });

  it('stops where a finalized block is refuted', async () => {
    const base = 60;
    await upstreamAt(base);
    await startVerifying(upstream.url);
    await verified(base);
    const lie = await alteredBranch(base);
    await setLabels(upstream, { unsafe: lie, safe: lie, finalized: lie });
    const { process } = rig.node;
    expect(await process.ended(REACH_MS)).toEqual({ code: 1, signal: null });
    expect(process.output).toMatch(/finalized block 61 \(0x[0-9a-f]{64}\) is not what L1 says/);
  });

  const isRefuted = () => rig.node.process.output.includes('Followed block is not what L1 says');
});
