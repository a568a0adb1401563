import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import type { LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import { listeners, peerAddress, peerFlags } from '../../devnet/live/peering.js';
import { runTraffic } from '../../devnet/live/traffic.js';
import { builtNode, type RunningNode } from '../../devnet/nodeProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import type { Target } from '../measure/targets.js';
import { standsAt } from '../p2p/p2pLag.js';
import { openEarlyForksRig } from '../rigs/earlyForksRig.js';
import { type Used, watched } from './lightMeter.js';

/** How long nodes run before they are watched, and then are. */
export interface LiveTimes {
  readonly settleSec: number;
  readonly seconds: number;
}

export interface SequencerLoad {
  readonly blockTimeSec: number;
  /** How long the chain has existed when the node starts: it builds what it has missed without a pause. */
  readonly lateSec: number;
  readonly hasPeers: boolean;
}

/**
 * A network in which this project's node sequences a block a second, with traffic and a batcher, and every target verifies
 * and follows: verifiers derive and hear of blocks by gossip, each follower follows its own kind's verifier.
 * @returns what each used, by role.
 */
export async function measureLive(
  targets: readonly Target[],
  { settleSec, seconds }: LiveTimes,
): Promise<ReadonlyMap<'verifier' | 'follower', ReadonlyMap<string, Used>>> {
  const group = await ProcessGroup.open();
  const stop = new AbortController();
  let traffic: Promise<void> = Promise.resolve();
  try {
    const rig = await openEarlyForksRig(group, { blockTimeSec: 1 });
    const builder = { name: 'sequencer', command: builtNode() };
    const stopped = [...peersOf(rig, builder), '--sequencer.stopped'];
    const sequencer = await startSequencer(rig, builder, stopped);
    const peer = `--p2p.static=${await peerAddress(sequencer)}`;
    const start = async (role: string, { name, command }: Target, flags: readonly string[]) => {
      const geth = await rig.engine(`engine-${role}-${name}`);
      const among = [...peerFlags(group.folder, `${role}-${name}`), peer];
      return rig.node({ name: `${role}-${name}`, command, geth, flags: [...among, ...flags] });
    };
    const [verifiers, followers] = [new Map<string, LiveNode>(), new Map<string, LiveNode>()];
    for (const target of targets) {
      const verifier = await start('verifier', target, []);
      verifiers.set(target.name, verifier);
      const source = `--l2.follow.source=${verifier.node.url}`;
      followers.set(target.name, await start('follower', target, [source]));
    }
    await listeners(sequencer, targets.length * 2);
    const genesis = rig.rollup.genesis.l2.hash;
    for (const node of [...verifiers.values(), ...followers.values()])
      await standsAt(node, genesis);
    await rpc(sequencer.node.url, 'admin_startSequencer', [genesis]);
    rig.batcher(sequencer);
    traffic = runTraffic(rig, sequencer.geth.url, stop.signal);
    await sleep(settleSec * 1000);
    const watch = async (nodes: ReadonlyMap<string, LiveNode>) => {
      const all = [...nodes].map(
        async ([name, { node }]) =>
          [name, await watched(node, seconds, () => unsafeHeight(node))] as const,
      );
      return new Map(await Promise.all(all));
    };
    const [verifying, following] = await Promise.all([watch(verifiers), watch(followers)]);
    return new Map([
      ['verifier', verifying],
      ['follower', following],
    ] as const);
  } finally {
    stop.abort();
    await traffic;
    await group.stop();
  }
}

/** A sequencer alone, on an L1 and an engine of its own. */
export async function measureSequencer(
  target: Target,
  load: SequencerLoad,
  { settleSec, seconds }: LiveTimes,
): Promise<Used> {
  const group = await ProcessGroup.open();
  try {
    const rig = await openEarlyForksRig(group, load);
    const { node } = await startSequencer(rig, target, load.hasPeers ? peersOf(rig, target) : []);
    await sleep(settleSec * 1000);
    return await watched(node, seconds, () => unsafeHeight(node));
  } finally {
    await group.stop();
  }
}

async function startSequencer(
  rig: LiveRig,
  { name, command }: Target,
  flags: readonly string[],
): Promise<LiveNode> {
  const geth = await rig.engine('engine');
  const sequencing = ['--sequencer.enabled', '--sequencer.l1-confs=0'];
  return rig.node({ name, command, geth, flags: [...sequencing, ...flags] });
}

/** Flags of a sequencer that gossips. */
function peersOf(rig: LiveRig, { name }: Target): readonly string[] {
  const { privateKey } = rig.chain.genesis.accounts.sequencerP2P;
  return [...peerFlags(rig.group.folder, name), `--p2p.sequencer.key=${privateKey}`];
}

async function unsafeHeight({ url }: RunningNode): Promise<number> {
  return (await rpc<SyncStatusJson>(url, 'optimism_syncStatus')).unsafe_l2.number;
}
