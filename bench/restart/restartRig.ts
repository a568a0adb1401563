import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaultBox } from '../../conformance/faults.js';
import { answerBody, type Methods } from '../../conformance/jsonRpc.js';
import { type HttpCall, type HttpReply, LoopbackServer } from '../../conformance/loopbackServer.js';
import type { RollupJson, SyncStatusJson } from '../../conformance/recorded.js';
import {
  launchNode,
  type NodeSetup,
  type RunningNode,
  startNode,
} from '../../devnet/nodeProcess.js';
import type { OpGethNode } from '../../devnet/opGethProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { projectRoot } from '../../devnet/projectRoot.js';
import { waitFor } from '../../devnet/waitFor.js';
import { L1_BLOCK_TIME_SEC, L2_BLOCK_TIME_SEC, LongChain } from './longChain.js';

/** What was asked until a moment, in JSON-RPC calls. */
export interface Asked {
  readonly ms: number;
  readonly l1: number;
  readonly l2: number;
  readonly source: number;
  /** Of the client that blocks are fetched from, and the HTTP requests that they came in. */
  readonly blocks: number;
  readonly blockRequests: number;
}

/** Methods of the servers that a bench has of its own. */
export interface ExtraMethods {
  readonly l1?: Methods;
  readonly l2?: Methods;
}

/** A moment of a start: an Engine API method was called with these parameters. */
export type Moment = (method: string, params: readonly unknown[], rig: RestartRig) => boolean;

/** The chain had lived for half a day when the node went down. */
const LIVED_SEC = 12 * 3_600;
/** Safe and finalized head behind the tip at that time, in L2 blocks: two minutes, and a quarter of an hour. */
const SAFE_BEHIND = 60;
const FINALIZED_BEHIND = 450;
/** Newest blocks that a pruned engine still has. */
const KEPT_BLOCKS = 10_064;
const FINAL_L1 = 64;
const TIMEOUT_MS = 900_000;
const FORKS = ['regolith', 'canyon', 'delta', 'ecotone', 'fjord', 'granite'];

/** L1, a pruned execution client that stands where it was stopped, a source and its execution client: all made up. */
export class RestartRig {
  readonly engineHead = LIVED_SEC / L2_BLOCK_TIME_SEC;
  private readonly counts = { l1: 0, l2: 0, source: 0, blocks: 0 };
  private readonly servers = new Map<string, LoopbackServer>();
  private onEngine: (method: string, params: readonly unknown[]) => void = () => undefined;
  private starts = 0;

  private constructor(
    private readonly group: ProcessGroup,
    readonly chain: LongChain,
    readonly rollup: RollupJson,
    private readonly extra: ExtraMethods,
  ) {}

  /** @param offlineSec how long ago the node was stopped. @param extra take the place of the made-up methods. */
  static async open(offlineSec: number, extra: ExtraMethods = {}): Promise<RestartRig> {
    const group = await ProcessGroup.open();
    const rollup = await steadyRollup();
    const seconds = LIVED_SEC + offlineSec;
    const genesisSec = Math.floor(Date.now() / 1000) - seconds;
    const chain = new LongChain(genesisSec, seconds);
    const rig = new RestartRig(group, chain, restartRollup(rollup, chain), extra);
    await rig.serve();
    return rig;
  }

  get target(): string {
    return this.status.safe_l2.hash;
  }

  /** Height of an L2 block. */
  height(hash: string): number | undefined {
    return this.chain.l2Height(hash);
  }

  url(server: 'l1' | 'l2' | 'source' | 'blocks'): string {
    return this.servers.get(server)?.url ?? '';
  }

  async close(): Promise<void> {
    await this.group.stop();
  }

  /** Starts a node and measures until that moment, then stops it. */
  async until(
    command: readonly string[],
    flags: readonly string[],
    moment: Moment,
  ): Promise<Asked> {
    const { group, counts } = this;
    Object.assign(counts, { l1: 0, l2: 0, source: 0, blocks: 0 });
    const before = this.servers.get('blocks')?.requests ?? 0;
    const startedMs = performance.now();
    let asked: Asked | undefined;
    this.onEngine = (method, params) => {
      if (asked !== undefined || !moment(method, params, this)) return;
      const blockRequests = (this.servers.get('blocks')?.requests ?? 0) - before;
      asked = { ms: performance.now() - startedMs, ...counts, blockRequests };
    };
    const child = launchNode(group, this.setup(command, flags));
    try {
      return await waitFor(() => asked, {
        ...{ what: 'the moment of the start', timeoutMs: TIMEOUT_MS },
        failIf: () => child.failure(),
      });
    } finally {
      await child.stop();
    }
  }

  /** Starts a node that goes on; resolves when it answers. */
  node(command: readonly string[], flags: readonly string[]): Promise<RunningNode> {
    return startNode(this.group, this.setup(command, flags));
  }

  /** Where the programs of this rig leave their files. */
  get folder(): string {
    return this.group.folder;
  }

  private setup(command: readonly string[], flags: readonly string[]): NodeSetup {
    const { folder } = this.group;
    this.starts += 1;
    return {
      ...{ name: `restart-${this.starts}`, command, l1: this.url('l1') },
      world: { path: (name) => join(folder, name) },
      geth: { engineUrl: this.url('l2'), jwtFile: join(folder, 'jwt') } as OpGethNode,
      flags,
    };
  }

  private get status(): SyncStatusJson {
    const { chain } = this;
    const safe = chain.l2Ref(chain.l2Head - SAFE_BEHIND);
    const [head, final] = [chain.l1Ref(chain.l1Head), chain.l1Ref(chain.l1Head - FINAL_L1)];
    return {
      ...{ current_l1: head, current_l1_finalized: final, head_l1: head, safe_l1: final },
      ...{ finalized_l1: final, unsafe_l2: safe, safe_l2: safe, local_safe_l2: safe },
      ...{ pending_safe_l2: safe, cross_unsafe_l2: safe },
      finalized_l2: chain.l2Ref(chain.l2Head - FINALIZED_BEHIND),
    };
  }

  private async serve(): Promise<void> {
    const { group, rollup } = this;
    const file = (name: string) => join(group.folder, name);
    await writeFile(file('rollup.json'), JSON.stringify(rollup));
    await writeFile(file('jwt'), randomBytes(32).toString('hex'));
    const l1Config = await readFile(join(steadyFolder(), 'l1-chain-config.json'));
    await writeFile(file('l1-chain-config.json'), l1Config);
    await this.listen('l1', { ...this.l1Methods(), ...this.extra.l1 });
    const l2 = { ...this.l2Methods(this.engineHead), ...this.engineMethods(), ...this.extra.l2 };
    await this.listen('l2', l2);
    await this.listen('blocks', this.l2Methods(this.chain.l2Head, 0));
    await this.listen('source', {
      optimism_syncStatus: () => this.status,
      optimism_rollupConfig: () => rollup,
      optimism_outputAtBlock: ([number]) => ({ blockRef: this.chain.l2Ref(Number(number)) }),
    });
  }

  private async listen(name: keyof RestartRig['counts'], methods: Methods): Promise<void> {
    const count = () => {
      this.counts[name] += 1;
    };
    const server = new LoopbackServer({
      ...{ faults: new FaultBox(), control: () => undefined },
      answer: (call) => this.answer(call, methods, count),
    });
    await server.listen();
    this.servers.set(name, this.group.own(server));
  }

  private answer({ method, url, body }: HttpCall, methods: Methods, count: () => void): HttpReply {
    if (method === 'POST') return { status: 200, value: answerBody(body, methods, count) };
    return { status: 200, value: { data: beaconData(url.pathname, this.chain.genesisSec) } };
  }

  private l1Methods(): Methods {
    const { chain } = this;
    const labels = { latest: 0, safe: FINAL_L1 / 2, finalized: FINAL_L1 };
    const find = (tag: unknown) => heightOf(tag, chain.l1Head, labels);
    return {
      eth_chainId: () => `0x${this.rollup.l1_chain_id.toString(16)}`,
      eth_getBlockByNumber: ([tag]) => chain.l1Block(find(tag)),
      eth_getBlockByHash: ([hash]) => chain.l1Block(chain.l1Height(String(hash)) ?? -1),
      eth_getBlockReceipts: () => [],
      eth_getStorageAt: () => `0x${'0'.repeat(64)}`,
    };
  }

  /** @param kept how many of its newest blocks it still has; 0 is all. Genesis is always there. */
  private l2Methods(head: number, kept = KEPT_BLOCKS): Methods {
    const { chain } = this;
    const labels = { latest: 0, safe: SAFE_BEHIND, finalized: FINALIZED_BEHIND };
    const isKept = (number: number) =>
      number === 0 || (number <= head && (kept === 0 || number > head - kept));
    const block = (number: number, full: unknown) =>
      isKept(number) ? chain.l2Block(number, full === true) : null;
    return {
      eth_chainId: () => `0x${this.rollup.l2_chain_id.toString(16)}`,
      eth_getBlockByNumber: ([tag, full]) => block(heightOf(tag, head, labels), full),
      eth_getBlockByHash: ([hash, full]) => block(chain.l2Height(String(hash)) ?? -1, full),
    };
  }

  private engineMethods(): Methods {
    const called = (name: string, params: readonly unknown[]) => this.onEngine(name, params);
    const payloadStatus = (hash: string) => {
      const height = this.height(hash) ?? Number.POSITIVE_INFINITY;
      const status = height <= this.engineHead ? 'VALID' : 'SYNCING';
      return { status, latestValidHash: status === 'VALID' ? hash : null, validationError: null };
    };
    return {
      engine_exchangeCapabilities: () => [
        ...['engine_forkchoiceUpdatedV3', 'engine_newPayloadV3', 'engine_getPayloadV3'],
      ],
      engine_forkchoiceUpdatedV3: (params) => {
        called('engine_forkchoiceUpdatedV3', params);
        const { headBlockHash } = params[0] as { readonly headBlockHash: string };
        return { payloadStatus: payloadStatus(headBlockHash), payloadId: null };
      },
      engine_newPayloadV3: (params) => {
        called('engine_newPayloadV3', params);
        return { status: 'SYNCING', latestValidHash: null, validationError: null };
      },
    };
  }
}

function heightOf(tag: unknown, head: number, behind: Readonly<Record<string, number>>): number {
  const label = behind[String(tag)];
  return label === undefined ? Number(tag) : head - label;
}

function beaconData(path: string, genesisSec: number): unknown {
  switch (path) {
    case '/eth/v1/beacon/genesis':
      return { genesis_time: String(genesisSec) };
    case '/eth/v1/config/spec':
      return { SECONDS_PER_SLOT: String(L1_BLOCK_TIME_SEC) };
    default:
      return { version: 'long-l1/1' };
  }
}

function steadyFolder(): string {
  return join(projectRoot(), 'conformance', 'worlds', 'steady');
}

async function steadyRollup(): Promise<RollupJson> {
  const text = await readFile(join(steadyFolder(), 'rollup.json'), 'utf8');
  return JSON.parse(text) as RollupJson;
}

/** The times of a production chain, up to Granite: later forks ask for nothing more at a start. */
function restartRollup(rollup: RollupJson, chain: LongChain): RollupJson {
  const later = Object.keys(rollup).filter((key) => /^(holocene|isthmus|jovian)_time$/.test(key));
  const kept = Object.entries(rollup).filter(([key]) => !later.includes(key));
  const genesis = {
    ...rollup.genesis,
    l1: { hash: chain.l1Ref(0).hash, number: 0 },
    l2: { hash: chain.l2Ref(0).hash, number: 0 },
    l2_time: chain.genesisSec,
  };
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(FORKS.map((fork) => [`${fork}_time`, 0])),
    ...{ genesis, block_time: L2_BLOCK_TIME_SEC, seq_window_size: 3_600, channel_timeout: 300 },
  } as unknown as RollupJson;
}
