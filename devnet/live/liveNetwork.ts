import { join } from 'node:path';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Hash } from '../../src/types/block.js';
import { LiveBatcher } from '../batcher/liveBatcher.js';
import type { DevnetChainOptions } from '../genesis/devnetGenesis.js';
import { type LiveL1, startLiveL1 } from '../l1/liveL1.js';
import { type RunningNode, startNode } from '../nodeProcess.js';
import { type OpGethNode, startOpGeth } from '../opGethProcess.js';
import type { ProcessGroup } from '../processGroup.js';
import { rpc } from '../rpcClient.js';
import { type LiveChain, makeLiveChain } from './liveChain.js';
import { startOfficialBatcher, startOfficialProposer } from './officialPrograms.js';

/** The nodes of a live network, in the order in which they start. */
export const LIVE_ROLES = ['sequencer', 'verifier', 'follower'] as const;
export type LiveRole = (typeof LIVE_ROLES)[number];

export interface LiveNetworkOptions {
  readonly chain: DevnetChainOptions;
  readonly l1BlockTimeSec: number;
  readonly say: (line: string) => void;
  /** Further flags of a role. */
  readonly flags?: Readonly<Partial<Record<LiveRole, readonly string[]>>>;
  /** Command line of a role's node, without flags; the built node of this project unless given. */
  readonly commands?: Readonly<Partial<Record<LiveRole, readonly string[]>>>;
  /** Environment that names official programs. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A consensus node with its engine. */
export interface LiveNode {
  readonly geth: OpGethNode;
  readonly node: RunningNode;
}

/** Flags that make a network of short block times lively. */
const QUICK_L1 = ['--l1.http-poll-interval=500ms', '--l1.epoch-poll-interval=1s'] as const;

/**
 * A private network that lives: an L1 with blobs, a sequencer, a verifier that derives, a follower of the verifier,
 * each with an op-geth of its own, and a batcher. Everything is made anew and ends with the group.
 */
export class LiveNetwork {
  readonly group: ProcessGroup;
  readonly chain: LiveChain;
  readonly rollup: RollupConfig;
  readonly l1: LiveL1;
  readonly nodes: Readonly<Record<LiveRole, LiveNode>>;
  /** Null where an official batcher runs. */
  readonly batcher: LiveBatcher | null;

  private constructor(parts: Omit<LiveNetwork, 'failure'>) {
    this.group = parts.group;
    this.chain = parts.chain;
    this.rollup = parts.rollup;
    this.l1 = parts.l1;
    this.nodes = parts.nodes;
    this.batcher = parts.batcher;
  }

  /** Starts all of it; resolves when every node answers. What was started ends with the group. */
  static async open(group: ProcessGroup, options: LiveNetworkOptions): Promise<LiveNetwork> {
    const { say } = options;
    const chain = await makeLiveChain(join(group.folder, 'chain'), options.chain);
    const { genesis } = chain;
    const { l1ChainId: chainId } = options.chain;
    const { l1BlockTimeSec: blockTimeSec } = options;
    const l1 = await startLiveL1(group, { genesis: genesis.l1Genesis, chainId, blockTimeSec, say });
    const engines = await Promise.all(
      LIVE_ROLES.map((role) =>
        startOpGeth(group, {
          name: `op-geth-${role}`,
          genesisFile: chain.path('l2-genesis.json'),
          chainId: BigInt(options.chain.l2ChainId),
          say,
        }),
      ),
    );
    const [sequencerGeth, verifierGeth, followerGeth] = engines as [
      OpGethNode,
      OpGethNode,
      OpGethNode,
    ];
    const rollup = await chain.complete(
      await genesisHash(l1.directUrl),
      await genesisHash(sequencerGeth.url),
    );
    const start = (role: LiveRole, geth: OpGethNode, flags: readonly string[]) =>
      startLiveNode(group, { role, geth, l1, chain, options, flags });
    const sequencer = await start('sequencer', sequencerGeth, [
      '--sequencer.enabled',
      '--sequencer.l1-confs=1',
    ]);
    const verifier = await start('verifier', verifierGeth, [
      `--safedb.path=${join(group.folder, 'safedb')}`,
    ]);
    const follower = await start('follower', followerGeth, [
      `--l2.follow.source=${verifier.node.url}`,
      `--l2.follow.blocks=${verifierGeth.url}`,
      '--l2.follow.poll-interval=500ms',
    ]);
    const nodes = { sequencer, verifier, follower };
    const batcher = startBatcher(group, { l1, sequencer, chain, rollup, options });
    return new LiveNetwork({ group, chain, rollup, l1, nodes, batcher });
  }

  /** What ended that must not have; null while all runs. */
  failure(): Error | null {
    const processes = LIVE_ROLES.flatMap((role) => {
      const { node, geth } = this.nodes[role];
      return [node.process, geth.process];
    });
    const failures = [this.l1.process, ...processes].map((process) => process.failure());
    return failures.find((failure) => failure !== null) ?? null;
  }
}

interface NodeStart {
  readonly role: LiveRole;
  readonly geth: OpGethNode;
  readonly l1: LiveL1;
  readonly chain: LiveChain;
  readonly options: LiveNetworkOptions;
  readonly flags: readonly string[];
}

async function startLiveNode(group: ProcessGroup, start: NodeStart): Promise<LiveNode> {
  const { role, geth, l1, chain, options, flags } = start;
  const command = options.commands?.[role];
  const node = await startNode(group, {
    name: role,
    world: chain,
    geth,
    l1: l1.url,
    flags: [...QUICK_L1, ...flags, ...(options.flags?.[role] ?? [])],
    ...(command !== undefined && { command }),
  });
  return { geth, node };
}

interface BatcherStart {
  readonly l1: LiveL1;
  readonly sequencer: LiveNode;
  readonly chain: LiveChain;
  readonly rollup: RollupConfig;
  readonly options: LiveNetworkOptions;
}

/** The official programs where the environment names them; else the development batcher, which ends with the group. */
function startBatcher(group: ProcessGroup, start: BatcherStart): LiveBatcher | null {
  const { l1, sequencer, chain, rollup, options } = start;
  const { OP_BATCHER_BIN: batcherBin, OP_PROPOSER_BIN: proposerBin } = options.env ?? {};
  const { accounts, addresses } = chain.genesis;
  const urls = { l1: l1.url, l2: sequencer.geth.url, rollup: sequencer.node.url };
  if (proposerBin) {
    const { privateKey } = accounts.proposer;
    const { disputeGameFactory } = addresses;
    startOfficialProposer(group, { binary: proposerBin, urls, privateKey, disputeGameFactory });
  }
  const { privateKey } = accounts.batcher;
  if (batcherBin) {
    startOfficialBatcher(group, { binary: batcherBin, urls, privateKey });
    return null;
  }
  const batcher = new LiveBatcher({
    rollupUrl: urls.rollup,
    l2Url: urls.l2,
    l1Url: urls.l1,
    ...{ privateKey, rollup, da: 'blobs' as const, say: options.say },
  });
  const stop = new AbortController();
  const running = batcher.run(stop.signal);
  group.own({
    close: () => {
      stop.abort();
      return running;
    },
  });
  return batcher;
}

async function genesisHash(url: string): Promise<Hash> {
  const block = await rpc<{ readonly hash: Hash }>(url, 'eth_getBlockByNumber', ['0x0', false]);
  return block.hash;
}
