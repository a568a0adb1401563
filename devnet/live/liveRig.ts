import { join } from 'node:path';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Hash } from '../../src/types/block.js';
import { daFlags } from '../altda/daFlags.js';
import { DaServer } from '../altda/daServer.js';
import { LiveBatcher } from '../batcher/liveBatcher.js';
import type { EngineNode } from '../engineNode.js';
import { type EngineKind, startEngine } from '../engines.js';
import type { DevnetChainOptions } from '../genesis/devnetGenesis.js';
import { type LiveL1, startLiveL1 } from '../l1/liveL1.js';
import { type RunningNode, startNode } from '../nodeProcess.js';
import type { ProcessGroup } from '../processGroup.js';
import { rpc } from '../rpcClient.js';
import { type LiveChain, makeLiveChain } from './liveChain.js';

export interface LiveRigOptions {
  readonly chain: DevnetChainOptions;
  readonly l1BlockTimeSec: number;
  readonly say: (line: string) => void;
  /** The kind of the L2's execution clients; that of `L2_ENGINE`, or op-geth, unless given. */
  readonly engine?: EngineKind;
}

export interface LiveNodeSetup {
  readonly name: string;
  readonly geth: EngineNode;
  readonly flags: readonly string[];
  /** Command line without flags; the built node of this project unless given. */
  readonly command?: readonly string[];
}

/** A consensus node with its engine. */
export interface LiveNode {
  readonly geth: EngineNode;
  readonly node: RunningNode;
}

/** Short block times want short polls. */
const QUICK_L1 = ['--l1.http-poll-interval=500ms', '--l1.epoch-poll-interval=1s'] as const;

/** A new private chain with its L1 running, and what else runs on it as it is asked for. All of it ends with the group. */
export class LiveRig {
  readonly group: ProcessGroup;
  readonly chain: LiveChain;
  readonly l1: LiveL1;
  /** Null where the chain's batches are on L1. */
  readonly da: DaServer | null;
  readonly #options: LiveRigOptions;
  #rollup: RollupConfig | null = null;

  private constructor(
    parts: Pick<LiveRig, 'group' | 'chain' | 'l1' | 'da'>,
    options: LiveRigOptions,
  ) {
    this.group = parts.group;
    this.chain = parts.chain;
    this.l1 = parts.l1;
    this.da = parts.da;
    this.#options = options;
  }

  static async open(group: ProcessGroup, options: LiveRigOptions): Promise<LiveRig> {
    const chain = await makeLiveChain(join(group.folder, 'chain'), options.chain);
    const l1 = await startLiveL1(group, {
      genesisFile: chain.path('l1-genesis.json'),
      chainId: options.chain.l1ChainId,
      blockTimeSec: options.l1BlockTimeSec,
      say: options.say,
    });
    const { altDa } = options.chain;
    const da = altDa === undefined ? null : group.own(await DaServer.start(altDa.commitment));
    return new LiveRig({ group, chain, l1, da }, options);
  }

  /** The rollup config; there is one once an engine has told the hash of the L2 genesis. */
  get rollup(): RollupConfig {
    if (this.#rollup === null) throw new Error('no engine was started');
    return this.#rollup;
  }

  /** What nodes and `op-batcher` get to find the DA server; none where the chain has none. */
  get daFlags(): readonly string[] {
    const { altDa } = this.chain.options;
    if (this.da === null || altDa === undefined) return [];
    return daFlags(this.da.url, altDa.commitment);
  }

  /** Another execution client on the chain's genesis; under a known name it goes on with that one's data and ports. */
  async engine(
    name: string,
    ports?: { readonly http: number; readonly auth: number },
  ): Promise<EngineNode> {
    const { say, engine } = this.#options;
    const setup = {
      name,
      genesisFile: this.chain.path('l2-genesis.json'),
      chainId: BigInt(this.chain.options.l2ChainId),
      say,
      ...(ports && { ports }),
    };
    const geth = await startEngine(this.group, setup, engine);
    if (this.#rollup === null) {
      const l1Hash = await genesisHash(this.l1.url);
      this.#rollup = await this.chain.complete(l1Hash, await genesisHash(geth.url));
    }
    return geth;
  }

  async node({ name, geth, flags, command }: LiveNodeSetup): Promise<LiveNode> {
    const node = await startNode(this.group, {
      ...{ name, geth, world: this.chain, l1: this.l1.url, beacon: this.l1.beaconUrl },
      flags: [...QUICK_L1, ...this.daFlags, ...flags],
      ...(command !== undefined && { command }),
    });
    return { geth, node };
  }

  /** The development batcher for a sequencer; it posts until the group ends. */
  batcher({ node, geth }: LiveNode, da: 'blobs' | 'calldata' = 'blobs'): LiveBatcher {
    const batcher = new LiveBatcher({
      ...{ rollupUrl: node.url, l2Url: geth.url, l1Url: this.l1.url },
      privateKey: this.chain.genesis.accounts.batcher.privateKey,
      ...{ rollup: this.rollup, da, say: this.#options.say },
      ...(this.da !== null && { daServer: this.da.url }),
    });
    const stop = new AbortController();
    const running = batcher.run(stop.signal);
    this.group.own({
      close: () => {
        stop.abort();
        return running;
      },
    });
    return batcher;
  }
}

async function genesisHash(url: string): Promise<Hash> {
  const block = await rpc<{ readonly hash: Hash }>(url, 'eth_getBlockByNumber', ['0x0', false]);
  return block.hash;
}
