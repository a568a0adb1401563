import type { EngineApi } from '../../../src/engine/ports.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { SystemConfig } from '../../../src/rollup/rollupConfig.js';
import { payloadToSystemConfig } from '../../../src/rollup/systemConfig.js';
import { LruCache } from '../../../src/runtime/lruCache.js';
import { RpcError } from '../../../src/transport/ports.js';
import type {
  BlockId,
  BlockLabel,
  BlocksByNumber,
  Hash,
  L2BlockRef,
} from '../../../src/types/block.js';
import type {
  ExecutionPayload,
  ExecutionPayloadEnvelope,
  ForkchoiceState,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
  PayloadInfo,
  PayloadStatus,
} from '../../../src/types/payload.js';
import { FakeEngine, SYNCING } from '../fakeEngine.js';
import { GENESIS_REF } from '../l2Chain.js';
import { refsAt } from '../refsAt.js';
import { BAD_TX, type L2Blocks } from './l2Blocks.js';
import type { SimClock } from './simClock.js';
import type { SimRandom } from './simRandom.js';

const HANG_MS = 10_000;
const REMEMBERED = 64;

type Fault = 'none' | 'refused' | 'lost' | 'hangs' | 'syncing' | 'forkchoice';

/** How often each thing goes wrong: shares of the calls. */
export interface EngineFaults {
  refused: number;
  lost: number;
  hangs: number;
  syncing: number;
  forkchoice: number;
  reads: number;
}

export const NO_FAULTS: EngineFaults = {
  ...{ refused: 0, lost: 0, hangs: 0, syncing: 0, forkchoice: 0, reads: 0 },
};

/** An execution client with a pool of transactions, behind a connection that loses things. */
export class SimEngine implements EngineApi {
  readonly client: FakeEngine;
  faults: EngineFaults = NO_FAULTS;
  slowMs = 0;
  /** Unanswered until then, in monotonic milliseconds. */
  downUntilMs = 0;
  /** Told of the block that a job is asked for on, before anything else. */
  onBuild: (parent: Hash) => void = () => undefined;
  /** Blocks that it has called valid, or built. */
  readonly valid = new Set<Hash>([GENESIS_REF.hash]);
  /** Blocks lost by a restart. */
  readonly lost = new Set<Hash>();
  /** Lost ones that it did not take back. */
  readonly lostForGood = new Set<Hash>();
  /** What was called INVALID. */
  readonly refusedBlocks = new Set<Hash>();
  /** What a reader with op-node's caches still has. */
  private readonly refs = new Map<Hash, L2BlockRef>();
  private readonly taken = new LruCache<Hash, ExecutionPayloadEnvelope>(REMEMBERED);
  private readonly payloads = new LruCache<Hash, ExecutionPayloadEnvelope>(REMEMBERED);

  constructor(
    private readonly blocks: L2Blocks,
    private readonly deps: { readonly clock: SimClock; readonly random: SimRandom },
  ) {
    const { random } = deps;
    this.client = new FakeEngine(blocks.config);
    this.client.buildBlock = (parent, attributes) => {
      const own = attributes.noTxPool === true ? [] : [`0x02${random.hex(4)}` as const];
      return blocks.make(parent, {
        ...attributes,
        transactions: [...attributes.transactions, ...own],
      });
    };
  }

  /** The client dies and comes back without its newest blocks. */
  restart(lostBlocks: number, keepsLabels: boolean, downMs: number): void {
    const { client } = this;
    const before = client.head;
    const to = before.number - BigInt(Math.min(lostBlocks, Number(before.number)));
    for (let at: L2BlockRef | null = before; at !== null && at.number > to; ) {
      this.lost.add(at.hash);
      at = this.blocks.ref(at.parentHash);
    }
    client.rewind(to);
    client.syncTarget = null;
    client.endJobs();
    if (!keepsLabels) client.safeHash = client.finalizedHash;
    this.downUntilMs = this.deps.clock.monotonicMs() + downMs;
  }

  /** Its peers have this block. */
  share(envelope: ExecutionPayloadEnvelope): void {
    this.client.serve(envelope);
  }

  /** Gets the blocks up to its sync target from its peers. */
  sync(): void {
    const { client, blocks } = this;
    const { syncTarget } = client;
    if (syncTarget === null || this.isDown || (client.peers ?? 0) === 0) return;
    const missing: L2BlockRef[] = [];
    for (let at = blocks.ref(syncTarget); at !== null && !client.has(at.hash); ) {
      if (!client.network.has(at.hash)) return;
      missing.push(at);
      at = blocks.ref(at.parentHash);
    }
    client.completeSync();
    for (const { hash } of missing) this.valid.add(hash);
  }

  async forkchoiceUpdated(
    state: ForkchoiceState,
    attributes: PayloadAttributes | null,
    signal: AbortSignal,
  ): Promise<ForkchoiceUpdatedResult> {
    if (attributes !== null) this.onBuild(state.headBlockHash);
    return this.call(signal, (fault) => {
      if (fault === 'syncing') return { payloadStatus: SYNCING, payloadId: null };
      if (fault === 'forkchoice') throw rpcError(-38002, 'Invalid forkchoice state');
      if (attributes?.transactions.includes(BAD_TX)) {
        throw rpcError(-38003, 'Invalid payload attributes');
      }
      return this.client.forkchoiceUpdated(state, attributes, signal);
    });
  }

  async newPayload(
    envelope: ExecutionPayloadEnvelope,
    signal: AbortSignal,
  ): Promise<PayloadStatus> {
    const { blockHash, transactions } = envelope.executionPayload;
    if (transactions.includes(BAD_TX)) this.client.invalid.add(blockHash);
    const status = await this.call(signal, async (fault) => {
      if (fault === 'syncing') return this.notNow(blockHash);
      const answer = await this.client.newPayload(envelope, signal);
      if (answer.status === 'VALID') this.valid.add(blockHash);
      if (answer.status === 'INVALID') this.refusedBlocks.add(blockHash);
      return answer;
    });
    if (status.status === 'VALID') this.taken.set(blockHash, envelope);
    return status;
  }

  async getPayload(info: PayloadInfo, signal: AbortSignal): Promise<ExecutionPayloadEnvelope> {
    const envelope = await this.call(signal, (fault) => {
      if (fault === 'syncing') throw rpcError(-38001, 'Unknown payload');
      return this.client.getPayload(info, signal);
    });
    this.taken.set(envelope.executionPayload.blockHash, envelope);
    return envelope;
  }

  async l2BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.keep(await this.read(signal, () => this.client.l2BlockRefByLabel(label, signal)));
  }

  async l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.keep(await this.read(signal, () => this.client.l2BlockRefByNumber(number, signal)));
  }

  l2BlockRefsAt(ids: readonly BlockId[], signal: AbortSignal): Promise<BlocksByNumber> {
    return refsAt(ids, (number) => this.l2BlockRefByNumber(number, signal));
  }

  async l2BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L2BlockRef | null> {
    const known = this.refs.get(hash);
    if (known !== undefined) return known;
    return this.keep(await this.read(signal, () => this.client.l2BlockRefByHash(hash, signal)));
  }

  async blockHashByNumber(number: bigint, signal: AbortSignal): Promise<Hash | null> {
    return (await this.l2BlockRefByNumber(number, signal))?.hash ?? null;
  }

  async payloadByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayload | null> {
    return (await this.envelopeByNumber(number, signal))?.executionPayload ?? null;
  }

  async envelopeByNumber(
    number: bigint,
    signal: AbortSignal,
  ): Promise<ExecutionPayloadEnvelope | null> {
    const envelope = await this.read(signal, () => this.client.envelopeByNumber(number, signal));
    if (envelope !== null) this.payloads.set(envelope.executionPayload.blockHash, envelope);
    return envelope;
  }

  async envelopeByHash(hash: Hash, signal: AbortSignal): Promise<ExecutionPayloadEnvelope | null> {
    const known = this.payloads.get(hash) ?? this.taken.get(hash);
    if (known !== undefined) return known;
    const envelope = await this.read(signal, () => this.client.envelopeByHash(hash, signal));
    if (envelope !== null) this.payloads.set(envelope.executionPayload.blockHash, envelope);
    return envelope;
  }

  async systemConfigByL2Hash(hash: Hash, signal: AbortSignal): Promise<SystemConfig | null> {
    const { config } = this.blocks;
    if (hash === config.genesis.l2.hash) return config.genesis.systemConfig;
    const envelope = await this.envelopeByHash(hash, signal);
    return envelope === null ? null : payloadToSystemConfig(config, envelope.executionPayload);
  }

  peerCount(signal: AbortSignal): Promise<number | null> {
    return this.read(signal, () => this.client.peerCount(signal));
  }

  /** A client that does not take a lost block back lets all go that it has lost. */
  private notNow(blockHash: Hash): PayloadStatus {
    if (this.lost.has(blockHash)) for (const hash of this.lost) this.lostForGood.add(hash);
    return SYNCING;
  }

  private keep(ref: L2BlockRef | null): L2BlockRef | null {
    if (ref !== null) this.refs.set(ref.hash, ref);
    return ref;
  }

  private async read<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const { clock, random } = this.deps;
    await clock.sleep(random.int(1, 5), signal);
    if (this.isDown || random.chance(this.faults.reads)) throw transportFault();
    const answer = await run();
    await clock.sleep(random.int(0, 5), signal);
    return answer;
  }

  private async call<T>(signal: AbortSignal, run: (fault: Fault) => T | Promise<T>): Promise<T> {
    const { clock, random } = this.deps;
    const fault = this.drawFault();
    await clock.sleep(random.int(1, 10), signal);
    if (this.isDown || fault === 'refused') throw transportFault();
    if (this.slowMs > 0) await clock.sleep(random.int(0, this.slowMs), signal);
    if (this.isDown) throw transportFault();
    if (fault === 'hangs' && random.chance(0.5)) await this.hang(signal);
    const answer = await run(fault);
    if (fault === 'hangs') await this.hang(signal);
    await clock.sleep(random.int(1, 10), signal);
    if (this.isDown || fault === 'lost') throw transportFault();
    return answer;
  }

  private async hang(signal: AbortSignal): Promise<never> {
    await this.deps.clock.sleep(HANG_MS, signal);
    throw new NodeError('TRANSPORT_TIMEOUT', 'no answer', { severity: 'temporary' });
  }

  private drawFault(): Fault {
    const { faults } = this;
    let draw = this.deps.random.next();
    for (const fault of ['refused', 'lost', 'hangs', 'syncing', 'forkchoice'] as const) {
      if (draw < faults[fault]) return fault;
      draw -= faults[fault];
    }
    return 'none';
  }

  private get isDown(): boolean {
    return this.deps.clock.monotonicMs() < this.downUntilMs;
  }
}

function rpcError(code: number, message: string): RpcError {
  return new RpcError('engine', code, message, undefined);
}

function transportFault(): NodeError {
  return new NodeError('TRANSPORT_FAILED', 'engine is not there', { severity: 'temporary' });
}
