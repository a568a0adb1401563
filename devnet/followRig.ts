import { join } from 'node:path';
import { L1Server } from '../conformance/l1Server.js';
import type { SyncStatusJson } from '../conformance/recorded.js';
import { SourceServer } from '../conformance/sourceServer.js';
import { World } from '../conformance/world.js';
import type { Labels } from './engineApi.js';
import type { EngineNode } from './engineNode.js';
import { startEngine } from './engines.js';
import { startNode } from './nodeProcess.js';
import { NodeRig } from './nodeRig.js';
import { ProcessGroup } from './processGroup.js';
import { projectRoot } from './projectRoot.js';
import { rpc } from './rpcClient.js';

/** Follow flags that make runs quick. */
export const QUICK_FOLLOW = [
  '--l2.follow.poll-interval=250ms',
  '--l2.follow.source.rpc-timeout=1s',
] as const;

/** The recorded world of this name. */
export function recordedWorld(name: 'forks' | 'adversarial' | 'reorg'): World {
  return new World(join(projectRoot(), 'conformance', 'worlds', name));
}

/** How a node reaches its L1 and its engine. */
export interface NodeReach {
  readonly l1?: string | null;
  readonly engineUrl?: string;
}

/** Everything around one node under test: the recorded L1, a source, op-geth, and what to ask them. */
export class FollowRig extends NodeRig {
  protected readonly reachMs = 90_000;
  readonly group: ProcessGroup;
  readonly world: World;
  readonly l1: L1Server;
  readonly source: SourceServer;
  readonly geth: EngineNode;
  #started = 0;

  private constructor(parts: Pick<FollowRig, 'group' | 'world' | 'l1' | 'source' | 'geth'>) {
    super();
    this.group = parts.group;
    this.world = parts.world;
    this.l1 = parts.l1;
    this.source = parts.source;
    this.geth = parts.geth;
  }

  /**
   * Starts all but the node. On a failure everything is stopped again.
   * @param status what the source answers first; the world's recorded status unless given.
   */
  static async open(world: World, status?: SyncStatusJson): Promise<FollowRig> {
    const group = await ProcessGroup.open();
    try {
      const l1 = group.own(await L1Server.start({ world }));
      const source = group.own(await SourceServer.start({ world, ...(status && { status }) }));
      return new FollowRig({ group, world, l1, source, geth: await newGeth(group, world) });
    } catch (thrown) {
      await group.stop();
      throw thrown;
    }
  }

  /** Another source, telling the same as the first one at first. */
  async addSource(): Promise<SourceServer> {
    const { world, source } = this;
    return this.group.own(await SourceServer.start({ world, status: source.status }));
  }

  /** Another op-geth on the world's genesis. */
  async addGeth(name: string): Promise<EngineNode> {
    return newGeth(this.group, this.world, name);
  }

  /**
   * Starts the node on the rig's op-geth and L1. `l1: null` runs it without an L1, another `l1` or `engineUrl` reaches
   * the same servers by another protocol.
   */
  async startNode(flags: readonly string[], reach: NodeReach = {}): Promise<void> {
    const { group, world } = this;
    const l1 = reach.l1 === undefined ? this.l1.url : reach.l1;
    const geth = { ...this.geth, engineUrl: reach.engineUrl ?? this.geth.engineUrl };
    this.#started += 1;
    const name = `node-${this.#started}`;
    this.use(await startNode(group, { name, world, geth, l1, flags }));
  }

  /** How many polls ended with this result. */
  polls(result: string): Promise<number> {
    return this.metric('follow_source_requests_total', { result });
  }

  /** Waits for `more` further polls with this result. */
  async morePolls(result: string, more: number): Promise<void> {
    const before = await this.polls(result);
    const isMore = (polls: number) => polls >= before + more;
    await this.reachMetric('follow_source_requests_total', isMore, { result });
  }

  /** What an op-geth has as its three labels; the rig's own unless another is given. */
  async labels(geth: EngineNode = this.geth): Promise<Labels> {
    const hash = async (tag: string) =>
      (await rpc<{ hash: string }>(geth.url, 'eth_getBlockByNumber', [tag, false])).hash;
    const [unsafe, safe, finalized] = [
      await hash('latest'),
      await hash('safe'),
      await hash('finalized'),
    ];
    return { unsafe, safe, finalized };
  }

  /** Stops everything, newest first. */
  async close(): Promise<void> {
    await this.group.stop();
  }
}

function newGeth(group: ProcessGroup, world: World, name = 'op-geth'): Promise<EngineNode> {
  return startEngine(group, {
    name,
    genesisFile: world.path('l2-genesis.json.gz'),
    chainId: BigInt(world.rollup.l2_chain_id),
  });
}

/** The recorded labels of a status, as an op-geth should have them. */
export function labelsOf(status: SyncStatusJson): Labels {
  return {
    unsafe: status.unsafe_l2.hash,
    safe: status.safe_l2.hash,
    finalized: status.finalized_l2.hash,
  };
}
