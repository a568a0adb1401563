import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusPatch } from '../../conformance/mergeStatus.js';
import type { L2RefJson, SyncStatusJson } from '../../conformance/recorded.js';
import type { SourceServer } from '../../conformance/sourceServer.js';
import { l2At, statusAtL1 } from '../../conformance/statusAtL1.js';
import { FollowRig, recordedWorld } from '../../devnet/followRig.js';
import { metricKey, scrape } from '../../devnet/metricsText.js';
import { launchNode } from '../../devnet/nodeProcess.js';
import { waitFor } from '../../devnet/waitFor.js';
import { HeadWatch } from '../support/headWatch.js';
import { REACH_MS, STOP_MS } from '../support/patience.js';

/** Runs of polls decide here, so they are short; no source hangs, so a slow answer is not to count as none. */
const VERY_QUICK = ['--l2.follow.poll-interval=125ms', '--l2.follow.source.rpc-timeout=10s'];
const BAD_HASH = `0x${'bad0'.repeat(16)}`;

const world = recordedWorld('forks');
let rig: FollowRig;
let first: SourceServer;
let second: SourceServer;
let third: SourceServer;

beforeAll(async () => {
  rig = await FollowRig.open(world);
  first = rig.source;
  second = await rig.addSource();
  third = await rig.addSource();
});
afterAll(() => rig?.close());

const everyone = () => [first, second, third];

/** (Re)starts the node on these sources, all at one L1 height, and waits until it has taken what they say. */
async function follow(
  sources: readonly SourceServer[],
  height: number,
  flags: readonly string[] = [],
): Promise<void> {
  for (const source of everyone()) source.moveTo(height);
  const list = sources.map(({ url }) => url).join(',');
  await rig.startNode([`--l2.follow.source=${list}`, ...VERY_QUICK, ...flags]);
  await rig.post(1, world.status.unsafe_l2.number);
  await reach(height);
}

async function stopNode(): Promise<void> {
  rig.node.process.signal('SIGTERM');
  expect(await rig.node.process.ended(STOP_MS)).toEqual({ code: 0, signal: null });
}

/** What follow mode moves, but the unsafe head. */
const followed = ({ local_safe_l2, safe_l2, finalized_l2, current_l1 }: SyncStatusJson) =>
  JSON.stringify({ local_safe_l2, safe_l2, finalized_l2, current_l1 });

/** Waits until the node is where an honest source is at this L1 height. */
async function reach(height: number): Promise<void> {
  const want = followed(statusAtL1(world, height));
  await rig.reach(`the heads at L1 ${height}`, (status) => followed(status) === want);
}

const safeAt = (height: number) => statusAtL1(world, height).safe_l2.number;

const RESULTS = 'follow_source_results_total';

const of = (source: number, result: string) => ({ source: String(source), result });

const results = (source: number, result: string) => rig.metric(RESULTS, of(source, result));

const polled = (source: number, result: string, atLeast: number) =>
  rig.reachMetric(RESULTS, (polls) => polls >= atLeast, of(source, result));

/**
 * Waits for the change to a source.
 * @returns how often a source had had that result when the change was first seen.
 */
async function changed(to: number, source: number, result: string): Promise<number> {
  return waitFor(
    async () => {
      const values = await scrape(rig.node.metricsUrl);
      const value = (name: string, labels = {}) =>
        values.get(metricKey(`op_node_default_${name}`, labels)) ?? 0;
      const isThere = value('follow_active_source') === to;
      return isThere ? value(RESULTS, of(source, result)) : undefined;
    },
    { what: `source ${to} is active`, timeoutMs: REACH_MS },
  );
}

/** The same block, but another one. */
const other = (ref: L2RefJson): L2RefJson => ({ ...ref, hash: BAD_HASH });

/** Claims to be far ahead, on a chain that has other blocks at all these heights. */
function pretendOtherChain(source: SourceServer, heights: readonly number[]): void {
  const safe = other(l2At(world, source.status.safe_l2.number));
  source.lie({ safe_l2: safe, local_safe_l2: safe });
  source.pretendBlocks(heights.map((number) => other(l2At(world, number))));
}

describe('a list of sources', () => {
  beforeAll(() => follow([first, second], 50));
  afterAll(stopNode);

  it('is followed at its first entry, and two failed polls do not change that', async () => {
    const before = second.requests;
    first.faults.arm({ kind: 'http500', count: 2, only: 'optimism_syncStatus' });
    await polled(0, 'error_fetch_status', 2);
    await rig.morePolls('success', 2);
    expect(await rig.metric('follow_failovers_total')).toBe(0);
    expect(await rig.metric('follow_active_source')).toBe(0);
    expect(second.requests).toBe(before);
  });

  it('goes to the next one after three failed polls, and back after five good ones', async () => {
    const watch = new HeadWatch(() => rig.status());
    const failed = await results(0, 'error_fetch_status');
    await first.close();
    second.moveTo(54);
    expect((await changed(1, 0, 'error_fetch_status')) - failed).toBeGreaterThanOrEqual(3);
    await reach(54);
    expect(await rig.metric('follow_failovers_total')).toBe(1);

    await first.listen();
    await polled(0, 'behind', 6);
    expect(await rig.metric('follow_active_source')).toBe(1);

    const good = await results(0, 'success');
    first.moveTo(54);
    expect((await changed(0, 0, 'success')) - good).toBeGreaterThanOrEqual(5);
    expect(await rig.metric('follow_failovers_total')).toBe(2);
    first.moveTo(56);
    await reach(56);
    expect(await watch.stop()).toEqual([]);
  });

  it.each([
    ['error_l1_mismatch', () => ({ current_l1: { hash: BAD_HASH } })],
    ['conflict', ({ safe_l2 }) => ({ safe_l2: other(safe_l2), local_safe_l2: other(safe_l2) })],
    ['finalized_conflict', ({ finalized_l2 }) => ({ finalized_l2: other(finalized_l2) })],
  ] satisfies readonly [string, (ours: SyncStatusJson) => StatusPatch][])(
    'is left at an entry that lies until each poll is refused: %s',
    async (result, patch) => {
      const ours = await rig.status();
      const height = ours.current_l1.number + 1;
      const watch = new HeadWatch(() => rig.status());
      const before = await results(0, result);
      first.moveTo(height);
      first.lie(patch(ours));
      second.moveTo(height);
      expect((await changed(1, 0, result)) - before).toBeGreaterThanOrEqual(3);
      await reach(height);
      first.moveTo(height);
      await changed(0, 0, 'success');
      expect(await watch.stop()).toEqual([]);
    },
  );

  it('is left at a stale entry, whose L1 stands while ours moves on, until that is fresh again', async () => {
    const ours = await rig.status();
    const watch = new HeadWatch(() => rig.status());
    const before = await results(0, 'stale');
    first.lie({ head_l1: statusAtL1(world, 1).head_l1 });
    expect((await changed(1, 0, 'stale')) - before).toBeGreaterThanOrEqual(3);
    expect(await rig.metric('follow_source_stale', { source: '0' })).toBe(1);
    expect(await rig.metric('follow_source_stale', { source: '1' })).toBe(0);
    first.moveTo(ours.current_l1.number);
    await changed(0, 0, 'success');
    await rig.reachMetric('follow_source_stale', (stale) => stale === 0, { source: '0' });
    expect(await watch.stop()).toEqual([]);
  });

  it('is not left while only our own L1 lags, or the entry is merely behind', async () => {
    const height = first.status.current_l1.number;
    const failovers = await rig.metric('follow_failovers_total');
    rig.l1.chain.moveHead(height);
    first.moveTo(world.facts.l1.head);
    await rig.morePolls('error_l1_lookup', 4);
    first.moveTo(height - 3);
    await rig.morePolls('behind', 4);
    expect(await rig.metric('follow_failovers_total')).toBe(failovers);
    expect(await rig.metric('follow_active_source')).toBe(0);
    rig.l1.chain.moveHead(world.facts.l1.head);
    first.moveTo(height);
  });
});

describe('a list of sources with --l2.follow.max-lag', () => {
  const STANDS_AT = 60;
  const AHEAD = 62;
  const FAR_AHEAD = 63;
  const maxLag = safeAt(AHEAD) - safeAt(STANDS_AT);

  beforeAll(() => follow([first, second], STANDS_AT, [`--l2.follow.max-lag=${maxLag}`]));
  afterAll(stopNode);

  it('stays at a standing one while another is only as far ahead as allowed', async () => {
    second.moveTo(AHEAD);
    await polled(1, 'success', (await results(1, 'success')) + 6);
    expect(await rig.metric('follow_active_source')).toBe(0);
  });

  it('stays at a standing one while the one ahead is on another chain', async () => {
    second.moveTo(FAR_AHEAD);
    pretendOtherChain(second, [safeAt(STANDS_AT)]);
    await polled(1, 'conflict', 5);
    expect(await rig.metric('follow_active_source')).toBe(0);
    second.truth();
  });

  it('goes to one that is further ahead, and back once the first has caught up', async () => {
    const watch = new HeadWatch(() => rig.status());
    second.moveTo(FAR_AHEAD);
    await changed(1, 1, 'success');
    await reach(FAR_AHEAD);
    await polled(0, 'behind', 6);
    expect(await rig.metric('follow_failovers_total')).toBe(1);
    first.moveTo(FAR_AHEAD + 1);
    await changed(0, 0, 'success');
    await reach(FAR_AHEAD + 1);
    expect(await watch.stop()).toEqual([]);
  });
});

describe('a quorum of two of three sources', () => {
  const START = 65;
  let watch: HeadWatch;

  beforeAll(async () => {
    await follow(everyone(), START, ['--l2.follow.quorum=2']);
    watch = new HeadWatch(() => rig.status());
  });
  afterAll(stopNode);

  const isMet = () => rig.metric('follow_quorum_met');

  /** The heads must be those of L1 `height` before and after some more polls with this result. */
  async function standsAt(height: number, result: string): Promise<void> {
    await rig.morePolls(result, 4);
    expect(followed(await rig.status())).toBe(followed(statusAtL1(world, height)));
  }

  it('takes the second highest of the reported heads, and the lowest current_l1 of who agree', async () => {
    first.moveTo(68);
    second.moveTo(66);
    await reach(66);
    await standsAt(66, 'success');
    expect(await isMet()).toBe(1);
    await rig.reachMetric('follow_quorum_healthy_sources', (healthy) => healthy === 3);
  });

  it('is not moved by one that claims a higher head on another chain', async () => {
    third.moveTo(70);
    pretendOtherChain(third, [65, 66, 67, 68, 69].map(safeAt));
    await standsAt(66, 'success');
    expect(await isMet()).toBe(1);
    second.moveTo(67);
    await reach(67);
  });

  it('stands still when one lies and another is down, and goes on after', async () => {
    await second.close();
    first.moveTo(69);
    await rig.morePolls('conflict', 1);
    await standsAt(67, 'conflict');
    expect(await isMet()).toBe(0);
    // Away while it changes its mind: no poll may hear a lie and then the truth.
    await third.close();
    await rig.morePolls('error_fetch_status', 2);
    third.truth();
    third.moveTo(68);
    await third.listen();
    await reach(68);
    expect(await isMet()).toBe(1);
  });

  it('stands still with two down, and goes on when one of them is back', async () => {
    await third.close();
    first.moveTo(72);
    await rig.morePolls('error_fetch_status', 1);
    await standsAt(68, 'error_fetch_status');
    expect(await isMet()).toBe(0);
    expect(await rig.metric('follow_quorum_healthy_sources')).toBe(1);
    await second.listen();
    second.moveTo(70);
    await reach(70);
    expect(await isMet()).toBe(1);
    await third.listen();
  });

  it('has moved no head back in all that', async () => {
    expect(await watch.stop()).toEqual([]);
  });
});

describe('a list of sources that cannot be meant', () => {
  it.each([
    ['a quorum above their number', 'l2.follow.quorum', ['--l2.follow.quorum=2'], ['http://a']],
    ['two equal ones', 'l2.follow.source', [], ['http://a:1', 'http://a:1/']],
  ])('ends the start with exit code 1: %s', async (_, named, flags, sources) => {
    const { group, geth, l1 } = rig;
    const child = launchNode(group, {
      ...{ name: `refused-${named}`, world, geth, l1: l1.url },
      flags: [`--l2.follow.source=${sources.join(',')}`, ...flags],
    });
    expect(await child.ended(STOP_MS)).toEqual({ code: 1, signal: null });
    expect(child.output).toContain(`--${named}`);
  });
});
