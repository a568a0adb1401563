import { EngineTap } from '../../conformance/engineTap.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { quickChain } from '../../devnet/live/liveDevnet.js';
import { type LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import { listeners, peerAddress, peerFlags } from '../../devnet/live/peering.js';
import { runTraffic } from '../../devnet/live/traffic.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { headTimes } from '../measure/headTimes.js';
import { percentile } from '../measure/percentile.js';
import type { Target } from '../measure/targets.js';

const REACH_MS = 180_000;
const WARM_UP_BLOCKS = 15;
/** Forks that change what is gossiped are over before the blocks that count. */
const FORKS = { ecotone: 1, fjord: 2, granite: 3, holocene: 4, isthmus: 5, jovian: 6 };
/** Milliseconds at the median, by role. */
export type Lags = ReadonlyMap<string, number>;

type Role = 'sequencer' | 'verifier' | 'follower' | 'follower by push, no peers';

/**
 * A sequencer, a verifier and a follower of the sequencer, all of one kind: how much later a block is head of their engines.
 * Where the node pushes there is another follower, which has no peers and fetches the blocks.
 */
export async function measureLag({ name, command }: Target, blocks: number): Promise<Lags> {
  const pushes = name === 'slipstream';
  const group = await ProcessGroup.open();
  const stop = new AbortController();
  let traffic: Promise<void> = Promise.resolve();
  try {
    const chain = { ...quickChain(Math.floor(Date.now() / 1000)), forkOffsets: FORKS };
    const rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    const taps = new Map<Role, EngineTap>();
    const start = async (role: Role, flags: readonly string[]) => {
      const folder = role.replace(/\W+/g, '-');
      const geth = await rig.engine(`engine-${folder}`);
      const tap = group.own(await EngineTap.start(geth.engineUrl));
      taps.set(role, tap);
      return rig.node({ name: folder, command, geth: { ...geth, engineUrl: tap.url }, flags });
    };
    const sequencer = await start('sequencer', [
      ...peerFlags(group.folder, 'sequencer'),
      ...['--sequencer.enabled', '--sequencer.l1-confs=1', '--sequencer.stopped'],
      `--p2p.sequencer.key=${rig.chain.genesis.accounts.sequencerP2P.privateKey}`,
      ...(pushes ? ['--rpc.ws'] : []),
    ]);
    const isStatic = `--p2p.static=${await peerAddress(sequencer)}`;
    const source = `--l2.follow.source=${sequencer.node.url}`;
    const listening = [
      await start('verifier', [...peerFlags(group.folder, 'verifier'), isStatic]),
      await start('follower', [...peerFlags(group.folder, 'follower'), isStatic, source]),
    ];
    if (pushes) {
      const fetches = ['--p2p.disable', `--l2.follow.blocks=${sequencer.geth.url}`, source];
      listening.push(await start('follower by push, no peers', fetches));
    }
    const roles = [...taps.keys()];
    await listeners(sequencer, 2);
    const genesis = rig.rollup.genesis.l2.hash;
    for (const node of listening) await standsAt(node, genesis);
    await rpc(sequencer.node.url, 'admin_startSequencer', [genesis]);
    traffic = runTraffic(rig, sequencer.geth.url, stop.signal);
    const headsOf = (role: Role) => headTimes(taps.get(role)?.calls ?? []);
    const wanted = WARM_UP_BLOCKS + blocks;
    await waitFor(() => roles.every((role) => headsOf(role).size > wanted) || undefined, {
      ...{ what: `${wanted} blocks`, timeoutMs: REACH_MS },
      failIf: () => sequencer.node.process.failure(),
    });
    const all = [...headsOf('sequencer')].slice(WARM_UP_BLOCKS, wanted);
    const lagsOf = new Map<Role, number>();
    for (const role of roles.filter((role) => role !== 'sequencer')) {
      const heads = headsOf(role);
      const lags = all.flatMap(([hash, ms]) => {
        const own = heads.get(hash);
        return own === undefined ? [] : [own - ms];
      });
      lagsOf.set(role, percentile(lags, 0.5));
      const [p50, p99] = [percentile(lags, 0.5), percentile(lags, 0.99)];
      console.log(
        `unsafe lag, ${name} ${role}: p50 ${p50} ms, p99 ${p99} ms (${lags.length} of ${all.length} blocks)`,
      );
    }
    return lagsOf;
  } finally {
    stop.abort();
    await traffic;
    await group.stop();
  }
}

/** Resolves when a node knows its heads: op-node drops what is gossiped before, and the gap stays where no engine has peers. */
export async function standsAt({ node }: LiveNode, head: string): Promise<void> {
  const stands = async () =>
    (await rpc<SyncStatusJson>(node.url, 'optimism_syncStatus')).unsafe_l2.hash === head;
  await waitFor(async () => (await stands()) || undefined, {
    ...{ what: 'a node at the genesis', timeoutMs: REACH_MS },
    failIf: () => node.process.failure(),
  });
}
