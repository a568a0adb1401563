import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { quickChain } from '../../devnet/live/liveDevnet.js';
import { type LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import { isSameAt } from '../../devnet/live/networkHeads.js';
import { runTraffic } from '../../devnet/live/traffic.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS } from '../support/patience.js';

const MAX_LAG = 12;

/** A sequencer that takes safe and finalized heads from a verifier of its own chain. */
describe('sequencing beside following', () => {
  const chain = {
    ...quickChain(Math.floor(Date.now() / 1000)),
    forkOffsets: { ecotone: 2, fjord: 4, granite: 6, holocene: 8 },
  };
  let group: ProcessGroup;
  let rig: LiveRig;
  let verifier: LiveNode;
  let sequencer: LiveNode;

  beforeAll(async () => {
    group = await ProcessGroup.open();
    rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    verifier = await rig.node({
      name: 'verifier',
      geth: await rig.engine('op-geth-verifier'),
      flags: [],
    });
    sequencer = await rig.node({
      name: 'sequencer',
      geth: await rig.engine('op-geth-sequencer'),
      flags: [
        ...['--sequencer.enabled', '--sequencer.l1-confs=1'],
        ...[`--sequencer.max-safe-lag=${MAX_LAG}`, `--l2.follow.source=${verifier.node.url}`],
        '--l2.follow.poll-interval=500ms',
      ],
    });
  });
  afterAll(() => group?.stop());

  const status = ({ node }: LiveNode) => rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
  const reach = (what: string, holds: (now: SyncStatusJson) => boolean) =>
    waitFor(
      async () => {
        const now = await status(sequencer);
        return holds(now) ? now : undefined;
      },
      { what, timeoutMs: REACH_MS, failIf: () => sequencer.node.process.failure() },
    );

  it('stalls where the followed safe head lags too far', async () => {
    const stalled = /sequencer has fallen behind safe head by more than lag, stalling/;
    await waitFor(() => stalled.test(sequencer.node.process.output) || undefined, {
      what: 'the sequencer stalls',
      timeoutMs: REACH_MS,
    });
    const { unsafe_l2, safe_l2 } = await status(sequencer);
    expect(unsafe_l2.number - safe_l2.number).toBe(MAX_LAG);
  });

  it('goes on as the source derives what was posted, with its safe and finalized heads', async () => {
    rig.batcher(sequencer);
    const { safe_l2, finalized_l2 } = await reach('followed heads', (now) => {
      return now.finalized_l2.number > 3 && now.unsafe_l2.number > 3 * MAX_LAG;
    });
    expect(safe_l2.number).toBeGreaterThanOrEqual(finalized_l2.number);
    const urls = [sequencer.geth.url, verifier.geth.url];
    expect(await isSameAt(urls, safe_l2.number)).toBe(true);
    expect(sequencer.node.process.output).not.toContain('Unsafe chain was replaced');
    expect(sequencer.node.process.output).not.toContain('component=derivation');
  });

  it('never gets further ahead of the safe head than it may', async () => {
    const { number } = (await status(sequencer)).unsafe_l2;
    let mostAhead = 0;
    await reach('more blocks', ({ unsafe_l2, safe_l2 }) => {
      mostAhead = Math.max(mostAhead, unsafe_l2.number - safe_l2.number);
      return unsafe_l2.number > number + MAX_LAG;
    });
    expect(mostAhead).toBeLessThanOrEqual(MAX_LAG);
  });
});

/** Two sequencers on one chain: what the other one builds is posted, derived by the verifier, and followed by ours. */
describe('sequencing while the followed chain is made by another sequencer', () => {
  const chain = { ...quickChain(Math.floor(Date.now() / 1000)), forkOffsets: { ecotone: 2 } };
  const REORGED = /Unsafe chain was replaced under the sequencer/g;
  const stop = new AbortController();
  let traffic: Promise<void> = Promise.resolve();
  let group: ProcessGroup;
  let other: LiveNode;
  let ours: LiveNode;

  beforeAll(async () => {
    group = await ProcessGroup.open();
    const rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    const start = async (name: string, flags: readonly string[]) =>
      rig.node({ name, geth: await rig.engine(`op-geth-${name}`), flags });
    const builds = ['--sequencer.enabled', '--sequencer.l1-confs=1'];
    other = await start('other', builds);
    const verifier = await start('verifier', []);
    ours = await start('ours', [
      ...builds,
      ...[`--l2.follow.source=${verifier.node.url}`, '--l2.follow.poll-interval=500ms'],
      `--l2.follow.blocks=${verifier.geth.url}`,
    ]);
    rig.batcher(other);
    // Only the other one gets transactions: so the blocks differ.
    traffic = runTraffic(rig, other.geth.url, stop.signal);
  });
  afterAll(async () => {
    stop.abort();
    await traffic;
    await group?.stop();
  });

  it('leaves its own blocks for the followed ones, says so, and builds on', async () => {
    const isThrough = async () => {
      const { safe_l2, unsafe_l2 } = await rpc<SyncStatusJson>(
        ours.node.url,
        'optimism_syncStatus',
      );
      const reorgs = [...ours.node.process.output.matchAll(REORGED)].length;
      const isAhead = reorgs >= 3 && unsafe_l2.number > safe_l2.number;
      return isAhead ? safe_l2.number : undefined;
    };
    const safe = await waitFor(isThrough, {
      what: 'our chain was replaced three times and built on',
      timeoutMs: REACH_MS,
      failIf: () => ours.node.process.failure(),
    });
    expect(await isSameAt([ours.geth.url, other.geth.url], safe)).toBe(true);
    expect(ours.node.process.output).toMatch(/lvl=error msg="Unsafe chain was replaced/);
    expect(ours.node.process.output).toContain('cancelling old block building job');
  });
});
