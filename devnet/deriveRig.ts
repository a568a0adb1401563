import { join } from 'node:path';
import { EngineTap } from '../conformance/engineTap.js';
import { L1Server } from '../conformance/l1Server.js';
import { World } from '../conformance/world.js';
import { daFlags } from './altda/daFlags.js';
import type { DaServer } from './altda/daServer.js';
import { worldDaServer } from './altda/worldDaServer.js';
import type { EngineNode } from './engineNode.js';
import { type EngineKind, engineKind, startEngine } from './engines.js';
import { type RunningNode, startNode } from './nodeProcess.js';
import { NodeRig } from './nodeRig.js';
import { ProcessGroup } from './processGroup.js';
import { projectRoot } from './projectRoot.js';

export interface DeriveRigOptions {
  /** First L1 head; the recorded one at rest unless given. */
  readonly l1Head?: number;
  /** Data and logs stay in this folder. */
  readonly folder?: string;
  /** The node's command line without flags; the built node unless given. */
  readonly command?: readonly string[];
  readonly say?: (line: string) => void;
  /** The kind of execution client; that of `L2_ENGINE`, or op-geth, unless given. */
  readonly engine?: EngineKind;
}

/** The recorded world of this name. */
export function derivedWorld(
  name: 'forks' | 'adversarial' | 'steady' | 'karst' | 'lagoon' | 'reorg' | 'altda',
): World {
  return new World(join(projectRoot(), 'conformance', 'worlds', name));
}

const ENGINE_END_MS = 20_000;

function engineOf(world: World) {
  return {
    name: 'engine',
    genesisFile: world.path('l2-genesis.json.gz'),
    chainId: BigInt(world.rollup.l2_chain_id),
  };
}

/** Everything around one node that derives: the recorded L1, an engine behind a tap, a safe-head database on disk. */
export class DeriveRig extends NodeRig {
  protected readonly reachMs = 120_000;
  readonly group: ProcessGroup;
  readonly world: World;
  readonly l1: L1Server;
  /** Null where the world's batches are on L1. */
  readonly da: DaServer | null;
  /** The execution client as it runs now. */
  geth: EngineNode;
  readonly tap: EngineTap;
  readonly engine: EngineKind;
  readonly #command: readonly string[] | undefined;
  #starts = 0;

  private constructor(
    parts: Pick<DeriveRig, 'group' | 'world' | 'l1' | 'da' | 'geth' | 'tap' | 'engine'>,
    command?: readonly string[],
  ) {
    super();
    this.group = parts.group;
    this.world = parts.world;
    this.l1 = parts.l1;
    this.da = parts.da;
    this.geth = parts.geth;
    this.tap = parts.tap;
    this.engine = parts.engine;
    this.#command = command;
  }

  /** Starts all but the node. On a failure everything is stopped again. */
  static async open(world: World, options: DeriveRigOptions = {}): Promise<DeriveRig> {
    const { folder, l1Head, command, say } = options;
    const engine = engineKind(options.engine, process.env);
    const group = await ProcessGroup.open(folder === undefined ? {} : { folder });
    try {
      const l1 = group.own(
        await L1Server.start({ world, ...(l1Head !== undefined && { head: l1Head }) }),
      );
      const da = await worldDaServer(world);
      if (da !== null) group.own(da);
      const setup = { ...engineOf(world), ...(say && { say }) };
      const geth = await startEngine(group, setup, engine);
      const tap = group.own(await EngineTap.start(geth.engineUrl));
      return new DeriveRig({ group, world, l1, da, geth, tap, engine }, command);
    } catch (thrown) {
      await group.stop();
      throw thrown;
    }
  }

  /** Starts the node; a further one goes on with the same data. */
  async startNode(flags: readonly string[] = []): Promise<RunningNode> {
    const { group, world, tap, l1, da } = this;
    const { commitmentKind: kind } = world;
    const ofDa = da === null || kind === null ? [] : daFlags(da.url, kind);
    this.#starts += 1;
    const node = await startNode(group, {
      name: `node-${this.#starts}`,
      ...{ world, l1: l1.url, geth: { ...this.geth, engineUrl: tap.url } },
      flags: [`--safedb.path=${this.safeDbPath}`, ...ofDa, ...flags],
      ...(this.#command && { command: this.#command }),
    });
    return this.use(node);
  }

  /** Ends the execution client by this signal, and starts it on its data and ports again. */
  async restartEngine(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { group, world, geth, tap, engine } = this;
    const portOf = (url: string) => Number(new URL(url).port);
    const ports = { http: portOf(geth.url), auth: portOf(tap.upstream) };
    geth.process.signal(signal);
    await geth.process.ended(ENGINE_END_MS);
    this.geth = await startEngine(group, { ...engineOf(world), ports }, engine);
  }

  get safeDbPath(): string {
    return join(this.group.folder, 'safedb');
  }

  /** Stops everything, newest first. */
  async close(): Promise<void> {
    await this.group.stop();
  }
}
