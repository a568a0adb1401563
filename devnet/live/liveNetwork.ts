import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import type { LiveBatcher } from '../batcher/liveBatcher.js';
import type { RunningProcess } from '../childProcess.js';
import { forkTime } from '../genesis/devnetGenesis.js';
import type { ProcessGroup } from '../processGroup.js';
import { rpc } from '../rpcClient.js';
import { type LiveNode, LiveRig, type LiveRigOptions } from './liveRig.js';
import { startOfficialBatcher, startOfficialProposer } from './officialPrograms.js';
import { listeners, peerAddress, peerFlags } from './peering.js';

/** The nodes of a live network, in the order in which they start. */
export const LIVE_ROLES = ['sequencer', 'verifier', 'follower'] as const;
export type LiveRole = (typeof LIVE_ROLES)[number];

export interface LiveNetworkOptions extends LiveRigOptions {
  /** Command line of the nodes, without flags; the built node of this project unless given. */
  readonly command?: readonly string[];
  /** Environment that names official programs. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A private network that lives: an L1 with blobs, a sequencer, a verifier that derives, a follower of the verifier,
 * each with an engine of its own, and a batcher. The nodes gossip: the sequencer's blocks reach the others by that alone.
 * Everything is made anew and ends with the group.
 */
export class LiveNetwork {
  readonly rig: LiveRig;
  readonly nodes: Readonly<Record<LiveRole, LiveNode>>;
  /** Null where an official batcher runs. */
  readonly batcher: LiveBatcher | null;
  readonly #programs: readonly RunningProcess[];

  private constructor(
    parts: Pick<LiveNetwork, 'rig' | 'nodes' | 'batcher'>,
    programs: readonly RunningProcess[],
  ) {
    this.rig = parts.rig;
    this.nodes = parts.nodes;
    this.batcher = parts.batcher;
    this.#programs = programs;
  }

  /** Starts all of it; resolves when every node answers. What was started ends with the group. */
  static async open(group: ProcessGroup, options: LiveNetworkOptions): Promise<LiveNetwork> {
    const rig = await LiveRig.open(group, options);
    const start = async (name: LiveRole, flags: readonly string[]): Promise<LiveNode> => {
      const geth = await rig.engine(`engine-${name}`);
      const { command } = options;
      const all = [...peerFlags(group.folder, name), ...flags];
      return rig.node({ name, geth, flags: all, ...(command !== undefined && { command }) });
    };
    const sequencer = await start('sequencer', [
      ...['--sequencer.enabled', '--sequencer.l1-confs=1', '--sequencer.stopped'],
      `--p2p.sequencer.key=${rig.chain.genesis.accounts.sequencerP2P.privateKey}`,
    ]);
    const among = [`--p2p.static=${await peerAddress(sequencer)}`, '--syncmode.req-resp'];
    const verifier = await start('verifier', [
      ...among,
      `--safedb.path=${join(group.folder, 'safedb')}`,
    ]);
    const follower = await start('follower', [
      ...among,
      `--l2.follow.source=${verifier.node.url}`,
      '--l2.follow.poll-interval=500ms',
    ]);
    await startSequencer(sequencer);
    const nodes = { sequencer, verifier, follower };
    const programs = await startPrograms(rig, sequencer, options.env);
    const batcher = options.env.OP_BATCHER_BIN ? null : rig.batcher(sequencer);
    return new LiveNetwork({ rig, nodes, batcher }, programs);
  }

  /** What ended that must not have; null while all runs. */
  failure(): Error | null {
    const processes = LIVE_ROLES.flatMap((role) => {
      const { node, geth } = this.nodes[role];
      return [node.process, geth.process];
    });
    const all = [this.rig.l1.process, ...processes, ...this.#programs];
    const failures = all.map((process) => process.failure());
    return failures.find((failure) => failure !== null) ?? null;
  }
}

/** Lets the sequencer build once the other two want its blocks, so that they have all of them. */
async function startSequencer(sequencer: LiveNode): Promise<void> {
  await listeners(sequencer, LIVE_ROLES.length - 1);
  const { unsafe_l2 } = await rpc<SyncStatusJson>(sequencer.node.url, 'optimism_syncStatus');
  await rpc(sequencer.node.url, 'admin_startSequencer', [unsafe_l2.hash]);
}

/** The official programs that the environment names. */
async function startPrograms(
  { group, l1, chain, daFlags }: LiveRig,
  sequencer: LiveNode,
  { OP_BATCHER_BIN: batcherBin, OP_PROPOSER_BIN: proposerBin, ...env }: NodeJS.ProcessEnv,
): Promise<readonly RunningProcess[]> {
  const { accounts, addresses } = chain.genesis;
  const urls = { l1: l1.url, l2: sequencer.geth.url, rollup: sequencer.node.url };
  const programs: RunningProcess[] = [];
  if (proposerBin) {
    const { privateKey } = accounts.proposer;
    const { disputeGameFactory } = addresses;
    const setup = { binary: proposerBin, urls, privateKey, disputeGameFactory, env };
    programs.push(startOfficialProposer(group, setup));
  }
  if (batcherBin) {
    const { privateKey } = accounts.batcher;
    await sleep(Math.max(0, (forkTime(chain.options, 'fjord') ?? 0) * 1000 - Date.now()));
    const setup = { binary: batcherBin, urls, privateKey, daFlags, env };
    programs.push(startOfficialBatcher(group, setup));
  }
  return programs;
}
