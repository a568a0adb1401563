import type { Hex } from 'viem';
import type { EngineApi, EngineL2Source } from '../../src/engine/ports.js';
import { payloadToBlockRef } from '../../src/rollup/l2BlockRef.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import { throwIfAborted } from '../../src/runtime/abort.js';
import { RpcError } from '../../src/transport/ports.js';
import type {
  BlockId,
  BlockLabel,
  BlocksByNumber,
  Hash,
  L2BlockRef,
} from '../../src/types/block.js';
import { ZERO_HASH } from '../../src/types/block.js';
import type {
  ExecutionPayload,
  ExecutionPayloadEnvelope,
  ForkchoiceState,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
  PayloadInfo,
  PayloadStatus,
} from '../../src/types/payload.js';
import { GENESIS_REF, hashOf, TEST_ROLLUP } from './l2Chain.js';
import { refsAt } from './refsAt.js';

export type EngineCall =
  | {
      readonly method: 'forkchoiceUpdated';
      readonly state: ForkchoiceState;
      readonly attributes: PayloadAttributes | null;
    }
  | { readonly method: 'newPayload'; readonly hash: Hash; readonly number: bigint }
  | { readonly method: 'getPayload'; readonly id: Hex };

type Method = EngineCall['method'];
type FailRule = { readonly method: Method | 'read'; readonly error: Error; left: number };

interface Stored {
  readonly ref: L2BlockRef;
  readonly envelope: ExecutionPayloadEnvelope | null;
}

/** Without a payload id: no job was started. */
export const VALID: PayloadStatus = {
  status: 'VALID',
  latestValidHash: null,
  validationError: null,
};
export const SYNCING: PayloadStatus = {
  status: 'SYNCING',
  latestValidHash: null,
  validationError: null,
};

/**
 * An execution client as a block tree that answers like op-geth: an unknown head is SYNCING and becomes the sync
 * target, a known one becomes canonical before safe and finalized are checked (so a refused update has moved the head
 * already), a canonical ancestor of the head is VALID and does not rewind, labels that are not canonical are -38002.
 * `eth/catalyst/api.go` of op-geth.
 */
export class FakeEngine implements EngineApi, EngineL2Source {
  /** Every Engine API call, in order. */
  readonly calls: EngineCall[] = [];
  /** Blocks that peers would serve. */
  readonly network = new Map<Hash, ExecutionPayloadEnvelope>();
  /** Blocks that who reads from it still has when it has lost them. */
  readonly remembered = new Map<Hash, ExecutionPayloadEnvelope>();
  /** Blocks that execution refuses, and all that build on them. */
  readonly invalid = new Set<Hash>();
  /** Blocks that `newPayload` fails for each time, and what with. */
  readonly failing = new Map<Hash, Error>();
  peers: number | null = 0;
  head: L2BlockRef;
  safeHash: Hash | null = null;
  finalizedHash: Hash | null = null;
  /** What chain sync works towards. */
  syncTarget: Hash | null = null;
  /**
   * Makes the block of a building job; by default one from the attributes' transactions. Null loses the job: its id is
   * told and never known.
   */
  buildBlock: (
    parent: L2BlockRef,
    attributes: PayloadAttributes,
  ) => ExecutionPayloadEnvelope | null;

  private readonly blocks = new Map<Hash, Stored>();
  private readonly remote = new Map<Hash, ExecutionPayloadEnvelope>();
  private readonly canonical = new Map<bigint, Hash>();
  private readonly jobs = new Map<Hex, ExecutionPayloadEnvelope>();
  private readonly failures: FailRule[] = [];
  private readonly answers: { readonly method: Method; readonly status: PayloadStatus }[] = [];

  constructor(
    private readonly config: RollupConfig = TEST_ROLLUP,
    genesis: L2BlockRef = GENESIS_REF,
  ) {
    this.head = genesis;
    this.blocks.set(genesis.hash, { ref: genesis, envelope: null });
    this.canonical.set(genesis.number, genesis.hash);
    this.buildBlock = defaultBuild;
  }

  /** Stores blocks without touching the head, each parent before its child. */
  import(...envelopes: readonly ExecutionPayloadEnvelope[]): void {
    for (const envelope of envelopes) {
      const ref = payloadToBlockRef(this.config, envelope.executionPayload);
      this.blocks.set(ref.hash, { ref, envelope });
    }
  }

  /** Stores blocks and makes the last one the head. */
  importAsHead(...envelopes: readonly ExecutionPayloadEnvelope[]): void {
    this.import(...envelopes);
    const last = envelopes.at(-1);
    if (last !== undefined) this.setHead(last.executionPayload.blockHash);
  }

  /** Peers have these blocks. */
  serve(...envelopes: readonly ExecutionPayloadEnvelope[]): void {
    for (const envelope of envelopes) {
      this.network.set(envelope.executionPayload.blockHash, envelope);
    }
  }

  /** Chain sync fetches what is missing from its peers up to its target, which becomes the head. */
  completeSync(): void {
    const target = this.syncTarget;
    if (target === null) throw new Error('nothing to sync to');
    const missing: ExecutionPayloadEnvelope[] = [];
    for (let hash = target; !this.blocks.has(hash); ) {
      const envelope = this.network.get(hash) ?? this.remote.get(hash);
      if (envelope === undefined) throw new Error(`no peer has block ${hash}`);
      missing.unshift(envelope);
      hash = envelope.executionPayload.parentHash;
    }
    this.import(...missing);
    this.setHead(target);
    this.syncTarget = null;
  }

  /** Forgets all blocks above this height, as after a crash or `debug_setHead`. Labels above it are gone too. */
  rewind(number: bigint): void {
    for (const [hash, { ref }] of [...this.blocks]) {
      if (ref.number > number) this.blocks.delete(hash);
    }
    this.setHead(this.canonical.get(number) as Hash);
    if (this.safeHash !== null && !this.blocks.has(this.safeHash)) this.safeHash = null;
    if (this.finalizedHash !== null && !this.blocks.has(this.finalizedHash)) {
      this.finalizedHash = null;
    }
  }

  has(hash: Hash): boolean {
    return this.blocks.has(hash);
  }

  /** Forgets its building jobs, as a restart does. */
  endJobs(): void {
    this.jobs.clear();
  }

  /** The next `times` calls of the method throw. */
  failNext(method: Method | 'read', error: Error, times = 1): void {
    this.failures.push({ method, error, left: times });
  }

  /** The next call of the method is answered with this status and changes nothing. */
  answerNext(method: 'forkchoiceUpdated' | 'newPayload', status: PayloadStatus): void {
    this.answers.push({ method, status });
  }

  setHead(hash: Hash): void {
    const stored = this.blocks.get(hash);
    if (stored === undefined) throw new Error(`unknown block ${hash}`);
    this.head = stored.ref;
    this.canonical.clear();
    for (let at: Stored | undefined = stored; at !== undefined; ) {
      this.canonical.set(at.ref.number, at.ref.hash);
      at = this.blocks.get(at.ref.parentHash);
    }
  }

  /** The forkchoice updates sent so far. */
  get forkchoices(): ForkchoiceState[] {
    return this.calls.flatMap((call) => (call.method === 'forkchoiceUpdated' ? [call.state] : []));
  }

  async forkchoiceUpdated(
    state: ForkchoiceState,
    attributes: PayloadAttributes | null,
    signal: AbortSignal,
  ): Promise<ForkchoiceUpdatedResult> {
    const scripted = this.enter({ method: 'forkchoiceUpdated', state, attributes }, signal);
    if (scripted !== null) return { payloadStatus: scripted, payloadId: null };
    const { headBlockHash } = state;
    if (this.isInvalid(headBlockHash)) return { payloadStatus: invalid(), payloadId: null };
    const head = this.blocks.get(headBlockHash);
    if (head === undefined) {
      if (this.remote.has(headBlockHash) || this.network.has(headBlockHash)) {
        this.syncTarget = headBlockHash;
      }
      return { payloadStatus: SYNCING, payloadId: null };
    }
    if (!this.isCanonical(headBlockHash)) this.setHead(headBlockHash);
    this.finalizedHash = this.checkLabel('final', state.finalizedBlockHash) ?? this.finalizedHash;
    this.safeHash = this.checkLabel('safe', state.safeBlockHash) ?? this.safeHash;
    const payloadId = attributes === null ? null : this.startJob(head.ref, attributes);
    return { payloadStatus: { ...VALID, latestValidHash: headBlockHash }, payloadId };
  }

  async newPayload(
    envelope: ExecutionPayloadEnvelope,
    signal: AbortSignal,
  ): Promise<PayloadStatus> {
    const { blockHash, blockNumber, parentHash } = envelope.executionPayload;
    const scripted = this.enter(
      { method: 'newPayload', hash: blockHash, number: blockNumber },
      signal,
    );
    if (scripted !== null) return scripted;
    const failure = this.failing.get(blockHash);
    if (failure !== undefined) throw failure;
    if (this.isInvalid(blockHash) || this.isInvalid(parentHash)) {
      this.invalid.add(blockHash);
      return invalid();
    }
    if (!this.blocks.has(blockHash)) {
      if (!this.blocks.has(parentHash)) {
        this.remote.set(blockHash, envelope);
        return SYNCING;
      }
      this.import(envelope);
    }
    return { ...VALID, latestValidHash: blockHash };
  }

  async getPayload(info: PayloadInfo, signal: AbortSignal): Promise<ExecutionPayloadEnvelope> {
    this.enter({ method: 'getPayload', id: info.id }, signal);
    const job = this.jobs.get(info.id);
    if (job === undefined) {
      throw new RpcError('engine_getPayload', -38001, 'Unknown payload', undefined);
    }
    return job;
  }

  async l2BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L2BlockRef | null> {
    this.enterRead(signal);
    if (label === 'latest') return this.head;
    const hash = label === 'safe' ? this.safeHash : this.finalizedHash;
    return hash === null ? null : (this.blocks.get(hash)?.ref ?? null);
  }

  async l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    this.enterRead(signal);
    const hash = this.canonical.get(number);
    return hash === undefined ? null : (this.blocks.get(hash)?.ref ?? null);
  }

  l2BlockRefsAt(ids: readonly BlockId[], signal: AbortSignal): Promise<BlocksByNumber> {
    return refsAt(ids, (number) => this.l2BlockRefByNumber(number, signal));
  }

  async l2BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L2BlockRef | null> {
    this.enterRead(signal);
    return this.blocks.get(hash)?.ref ?? null;
  }

  async payloadByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayload | null> {
    return (await this.envelopeByNumber(number, signal))?.executionPayload ?? null;
  }

  async envelopeByNumber(
    number: bigint,
    signal: AbortSignal,
  ): Promise<ExecutionPayloadEnvelope | null> {
    this.enterRead(signal);
    const hash = this.canonical.get(number);
    return hash === undefined ? null : (this.blocks.get(hash)?.envelope ?? null);
  }

  async envelopeByHash(hash: Hash, signal: AbortSignal): Promise<ExecutionPayloadEnvelope | null> {
    this.enterRead(signal);
    return this.blocks.get(hash)?.envelope ?? this.remembered.get(hash) ?? null;
  }

  async peerCount(signal: AbortSignal): Promise<number | null> {
    this.enterRead(signal);
    return this.peers;
  }

  private enter(call: EngineCall, signal: AbortSignal): PayloadStatus | null {
    throwIfAborted(signal);
    this.calls.push(call);
    this.throwScripted(call.method);
    const at = this.answers.findIndex((answer) => answer.method === call.method);
    return at < 0 ? null : (this.answers.splice(at, 1)[0]?.status ?? null);
  }

  private enterRead(signal: AbortSignal): void {
    throwIfAborted(signal);
    this.throwScripted('read');
  }

  private throwScripted(method: Method | 'read'): void {
    const rule = this.failures.find((failure) => failure.method === method && failure.left > 0);
    if (rule === undefined) return;
    rule.left -= 1;
    throw rule.error;
  }

  private isCanonical(hash: Hash): boolean {
    const stored = this.blocks.get(hash);
    return stored !== undefined && this.canonical.get(stored.ref.number) === hash;
  }

  private isInvalid(hash: Hash): boolean {
    return this.invalid.has(hash);
  }

  /** Null for the zero hash: that label stays. */
  private checkLabel(label: 'final' | 'safe', hash: Hash): Hash | null {
    if (hash === ZERO_HASH) return null;
    if (!this.blocks.has(hash)) throw badForkchoice(`${label} block not available in database`);
    if (!this.isCanonical(hash)) throw badForkchoice(`${label} block not in canonical chain`);
    return hash;
  }

  private startJob(parent: L2BlockRef, attributes: PayloadAttributes): Hex {
    const envelope = this.buildBlock(parent, attributes);
    if (envelope === null) return '0x0000000000000bad';
    const id: Hex = `0x${envelope.executionPayload.blockHash.slice(2, 18)}`;
    this.jobs.set(id, envelope);
    return id;
  }
}

function invalid(): PayloadStatus {
  return { status: 'INVALID', latestValidHash: null, validationError: 'execution refused' };
}

function badForkchoice(reason: string): RpcError {
  return new RpcError('engine_forkchoiceUpdated', -38002, 'Invalid forkchoice state', {
    err: reason,
  });
}

/** A block of exactly the attributes' transactions. */
export function defaultBuild(
  parent: L2BlockRef,
  attributes: PayloadAttributes,
): ExecutionPayloadEnvelope {
  const identity = `${parent.hash} built ${attributes.transactions.join()} ${attributes.timestamp}`;
  return {
    ...(attributes.parentBeaconBlockRoot !== undefined && {
      parentBeaconBlockRoot: attributes.parentBeaconBlockRoot,
    }),
    executionPayload: {
      parentHash: parent.hash,
      feeRecipient: attributes.suggestedFeeRecipient,
      stateRoot: hashOf(`state ${identity}`),
      receiptsRoot: hashOf(`receipts ${identity}`),
      logsBloom: `0x${'0'.repeat(512)}`,
      prevRandao: attributes.prevRandao,
      blockNumber: parent.number + 1n,
      gasLimit: attributes.gasLimit,
      gasUsed: 46_000n,
      timestamp: attributes.timestamp,
      extraData: '0x',
      baseFeePerGas: 7n,
      blockHash: hashOf(`l2 ${identity}`),
      transactions: attributes.transactions,
      ...(attributes.withdrawals !== undefined && { withdrawals: attributes.withdrawals }),
    },
  };
}
