import { join } from 'node:path';
import { EngineTap } from '../conformance/engineTap.js';
import { L1Server } from '../conformance/l1Server.js';
import { postBlocks } from '../conformance/postBlocks.js';
import type { SyncStatusJson } from '../conformance/recorded.js';
import { World } from '../conformance/world.js';
import { metricKey, scrape } from './metricsText.js';
import { type RunningNode, startNode } from './nodeProcess.js';
import { type OpGethNode, startOpGeth } from './opGethProcess.js';
import { ProcessGroup } from './processGroup.js';
import { projectRoot } from './projectRoot.js';
import { rpc } from './rpcClient.js';
import { waitFor } from './waitFor.js';

const REACH_MS = 120_000;

export interface DeriveRigOptions {
  /** First L1 head; the recorded one at rest unless given. */
  readonly l1Head?: number;
  /** Data and logs stay in this folder. */
  readonly folder?: string;
  /** The node's command line without flags; the built node unless given. */
  readonly command?: readonly string[];
  readonly say?: (line: string) => void;
}

/** The recorded world of this name. */
export function derivedWorld(name: 'forks' | 'adversarial' | 'steady' | 'karst' | 'reorg'): World {
  return new World(join(projectRoot(), 'conformance', 'worlds', name));
}

/** Everything around one node that derives: the recorded L1, op-geth behind a tap, a safe-head database on disk. */
export class DeriveRig {
  readonly group: ProcessGroup;
  readonly world: World;
  readonly l1: L1Server;
  readonly geth: OpGethNode;
  readonly tap: EngineTap;
  readonly #command: readonly string[] | undefined;
  #node: RunningNode | null = null;
  #starts = 0;

  private constructor(
    parts: Pick<DeriveRig, 'group' | 'world' | 'l1' | 'geth' | 'tap'>,
    command?: readonly string[],
  ) {
    this.group = parts.group;
    this.world = parts.world;
    this.l1 = parts.l1;
    this.geth = parts.geth;
    this.tap = parts.tap;
    this.#command = command;
  }

  /** Starts all but the node. On a failure everything is stopped again. */
  static async open(world: World, options: DeriveRigOptions = {}): Promise<DeriveRig> {
    const { folder, l1Head, command, say } = options;
    const group = await ProcessGroup.open(folder === undefined ? {} : { folder });
    try {
      const l1 = group.own(
        await L1Server.start({ world, ...(l1Head !== undefined && { head: l1Head }) }),
      );
      const geth = await startOpGeth(group, {
        name: 'op-geth',
        genesisFile: world.path('l2-genesis.json.gz'),
        chainId: BigInt(world.rollup.l2_chain_id),
        ...(say && { say }),
      });
      const tap = group.own(await EngineTap.start(geth.engineUrl));
      return new DeriveRig({ group, world, l1, geth, tap }, command);
    } catch (thrown) {
      await group.stop();
      throw thrown;
    }
  }

  /** Starts the node; a further one goes on with the same data. */
  async startNode(flags: readonly string[] = []): Promise<RunningNode> {
    const { group, world, tap, l1 } = this;
    this.#starts += 1;
    this.#node = await startNode(group, {
      name: `node-${this.#starts}`,
      ...{ world, l1: l1.url, geth: { ...this.geth, engineUrl: tap.url } },
      flags: [`--safedb.path=${this.safeDbPath}`, ...flags],
      ...(this.#command && { command: this.#command }),
    });
    return this.#node;
  }

  get safeDbPath(): string {
    return join(this.group.folder, 'safedb');
  }

  /** The node that was started last. */
  get node(): RunningNode {
    if (this.#node === null) throw new Error('no node was started');
    return this.#node;
  }

  /** Posts recorded unsafe blocks to the node once its engine is ready for them. */
  async post(from: number, to: number): Promise<void> {
    await this.reach('the engine is ready', (status) => BigInt(status.unsafe_l2.hash) !== 0n);
    await postBlocks(this.node.url, this.world, { from, to });
  }

  status(): Promise<SyncStatusJson> {
    return rpc<SyncStatusJson>(this.node.url, 'optimism_syncStatus');
  }

  /** Waits until the node's status passes. @throws Error when it does not in time, or the node ended. */
  async reach(what: string, holds: (status: SyncStatusJson) => boolean): Promise<SyncStatusJson> {
    let last: SyncStatusJson | undefined;
    const probe = async () => {
      last = await this.status();
      return holds(last) ? last : undefined;
    };
    const failIf = () => this.node.process.failure();
    return waitFor(probe, { what, timeoutMs: REACH_MS, failIf }).catch((thrown: unknown) => {
      throw new Error(`not reached: ${what}; last status ${JSON.stringify(last)}`, {
        cause: thrown,
      });
    });
  }

  /** A counter or gauge of the node, without its namespace; 0 where it was never set. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const values = await scrape(this.node.metricsUrl);
    return values.get(metricKey(`op_node_default_${name}`, labels)) ?? 0;
  }

  /** Stops everything, newest first. */
  async close(): Promise<void> {
    await this.group.stop();
  }
}
