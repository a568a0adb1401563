import type { NodeError } from '../errors/nodeError.js';
import { Backoff, DEFAULT_BACKOFF } from '../runtime/backoff.js';
import type { Random } from '../runtime/clock.js';
import type { Settled } from '../runtime/laneQueue.js';
import type { BlockId, Hash, L2BlockRef } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import { isInitialElSyncing } from '../types/engineHeads.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';
import { payloadId } from '../types/payload.js';
import { isAnswered } from './engineErrors.js';
import { idText } from './engineStore.js';
import { PayloadQueue } from './payloadQueue.js';
import type { EngineTaskContext } from './taskContext.js';
import type { InsertResult } from './tasks/insert.js';
import type { TriedOnce } from './triedOnce.js';

/** Half a minute of tries: an engine that has anything to say takes a good payload by then. */
const MAX_TRIES = 10;

export interface UnsafeInserterOptions {
  /** Bound of the waiting payloads' memory. */
  readonly maxBytes: number;
}

export interface UnsafeInserterDeps {
  readonly ctx: EngineTaskContext;
  readonly random: Random;
  /**
   * Queues one try to insert one payload; at most one of ours is queued at a time. It is `stale` where the unsafe head
   * is no longer `head` when its turn comes: what was right to insert then need not be now.
   */
  readonly submit: (
    envelope: ExecutionPayloadEnvelope,
    head: L2BlockRef,
  ) => Promise<Settled<TriedOnce<InsertResult>>>;
}

/**
 * Holds unsafe payloads until they fit and hands them to the engine one at a time, lowest first: the child of our
 * unsafe head at once; across a gap only after two block times without a new head, which sends the execution layer
 * after the missing blocks; any payload at once in execution-layer mode. What the engine cannot
 * take for now is tried again with back-off, behind others of its height, and dropped when that goes on.
 * Not an actor: `add` may be called at any time, `pump` after each change of the heads.
 * op-node onForkchoiceUpdate, checkForGapInUnsafeQueue, OnUnsafeL2Payload.
 */
export class UnsafeInserter {
  private readonly queue: PayloadQueue;
  private readonly backoff: Backoff;
  private isInserting = false;
  private isRetryDue = false;
  private cancelTimer: (() => void) | null = null;
  /** Ends the wait after a failure; null while nothing failed. */
  private cancelHold: (() => void) | null = null;
  /** What could not be inserted on which head: not tried again before the timer or another head. */
  private stuck: { readonly payload: Hash; readonly head: Hash } | null = null;
  /** The unsafe head when the timer was set. */
  private armedAt: Hash | null = null;
  private isStopped = false;
  /** Who waits for what becomes of a payload. */
  private readonly waiting = new Map<Hash, () => void>();

  constructor(
    options: UnsafeInserterOptions,
    private readonly deps: UnsafeInserterDeps,
  ) {
    this.queue = new PayloadQueue(options, {
      log: deps.ctx.log,
      onGone: (hash) => this.answer(hash),
    });
    this.backoff = new Backoff(DEFAULT_BACKOFF, deps.random);
  }

  /**
   * Takes a payload whose hash and origin have been checked; what it does not take it logs.
   * @returns when the payload is inserted or dropped, or has to wait for something: a block before it, or the next try.
   * Never rejects.
   */
  async add(envelope: ExecutionPayloadEnvelope): Promise<void> {
    const { log } = this.deps.ctx;
    const id = idText(payloadId(envelope.executionPayload));
    const result = this.queue.push(envelope);
    if (result !== 'queued') {
      log.warn('Could not add unsafe payload', {
        id,
        timestamp: envelope.executionPayload.timestamp,
        err: result,
      });
      return;
    }
    log.debug('Received payload', { payload: id });
    this.record();
    const payload = envelope.executionPayload.blockHash;
    const done = new Promise<void>((resolve) => {
      this.waiting.set(payload, resolve);
    });
    this.pump();
    await done;
  }

  /** The lowest payload that waits, where blocks between it and our unsafe head are missing. */
  get firstBeyondGap(): ExecutionPayloadEnvelope | null {
    const next = this.queue.peek();
    const { unsafe } = this.deps.ctx.store.heads;
    if (next === undefined || next.executionPayload.blockNumber <= unsafe.number + 1n) return null;
    return next;
  }

  /** Drops what the heads made useless and starts the next insertion, where there is one to start. */
  pump(): void {
    this.startNext();
    if (!this.isInserting || this.isStopped) this.answerAll();
  }

  /** Drops every payload that waits. */
  clear(): void {
    this.queue.clear();
    this.record();
    this.pump();
  }

  stop(): void {
    this.isStopped = true;
    this.disarm();
    this.cancelHold?.();
    this.answerAll();
  }

  private startNext(): void {
    const { store } = this.deps.ctx;
    if (this.isStopped || this.isInserting || store.heads.resetEpoch === 0) return;
    const before = this.queue.length;
    this.queue.dropInapplicable(store.heads);
    if (this.queue.length !== before) this.record();
    const next = this.queue.peek();
    if (next === undefined) {
      this.disarm();
      return;
    }
    if (this.cancelHold !== null) return;
    if (!this.isInsertable(next)) {
      this.arm();
      return;
    }
    this.disarm();
    this.isRetryDue = false;
    void this.insert(next);
  }

  private answer(payload: Hash): void {
    this.waiting.get(payload)?.();
    this.waiting.delete(payload);
  }

  /** Nothing is being done: what is left has to wait for something. */
  private answerAll(): void {
    for (const payload of [...this.waiting.keys()]) this.answer(payload);
  }

  private isInsertable(next: ExecutionPayloadEnvelope): boolean {
    const { store, options } = this.deps.ctx;
    const { unsafe } = store.heads;
    const { blockHash, parentHash, blockNumber } = next.executionPayload;
    const isStuck = this.stuck?.payload === blockHash && this.stuck.head === unsafe.hash;
    if (isStuck && !this.isRetryDue) return false;
    if (parentHash === unsafe.hash && blockNumber === unsafe.number + 1n) return true;
    if (isInitialElSyncing(store.heads)) return true;
    if (options.reqRespSync) return false;
    return this.isRetryDue || store.heads.elSync !== 'none';
  }

  private async insert(envelope: ExecutionPayloadEnvelope): Promise<void> {
    const { store } = this.deps.ctx;
    const before = store.heads.unsafe;
    this.isInserting = true;
    const settled = await this.deps.submit(envelope, before);
    this.isInserting = false;
    if (this.isStopped) return;
    const result = settled.kind === 'ok' ? settled.value : null;
    // Without a new head the same payload would only fail the same way.
    const isStuck =
      result === null || (result.kind === 'syncing' && sameBlock(before, store.heads.unsafe));
    const payload = envelope.executionPayload.blockHash;
    this.stuck = isStuck ? { payload, head: store.heads.unsafe.hash } : null;
    if (result?.kind === 'unavailable') this.onFailed(envelope, result.error);
    else this.backoff.reset();
    if (result?.kind === 'invalid') this.drop(envelope, result.reason);
    if (result?.kind === 'inserted') this.logProcessed(result.ref, envelope);
    this.pump();
  }

  private logProcessed(ref: BlockId, { executionPayload }: ExecutionPayloadEnvelope): void {
    const txs = executionPayload.transactions.length;
    this.deps.ctx.log.info('successfully processed payload', { ref: idText(ref), txs });
  }

  private onFailed(envelope: ExecutionPayloadEnvelope, error: NodeError): void {
    const { log, clock } = this.deps.ctx;
    const delayMs = this.backoff.nextDelayMs();
    const { attempts } = this.backoff;
    const { message: err, code } = error;
    log.warn('Engine temporary error', { lane: 'insert', err, code, attempt: attempts, delayMs });
    const failures = this.queue.giveWay(envelope.executionPayload.blockHash);
    if (failures >= MAX_TRIES && isAnswered(error)) this.drop(envelope, err);
    this.cancelHold = clock.schedule(delayMs, () => {
      this.cancelHold = null;
      this.pump();
    });
  }

  private drop(envelope: ExecutionPayloadEnvelope, reason: string): void {
    const { metrics, log } = this.deps.ctx;
    const { blockHash, blockNumber, timestamp } = envelope.executionPayload;
    this.queue.drop(blockHash);
    this.record();
    metrics.recordPayloadDropped();
    log.warn('Dropping invalid unsafe payload', {
      hash: blockHash,
      number: blockNumber,
      timestamp,
      err: reason,
    });
  }

  /** One timer: two block times after the last change of the unsafe head, again and again while payloads wait. */
  private arm(): void {
    if (this.isStopped) return;
    const { clock, options, store } = this.deps.ctx;
    const head = store.heads.unsafe.hash;
    if (this.cancelTimer !== null && this.armedAt === head) return;
    this.disarm();
    this.armedAt = head;
    const waitMs = Number(options.rollup.blockTime) * 2 * 1000;
    this.cancelTimer = clock.schedule(waitMs, () => {
      this.cancelTimer = null;
      this.isRetryDue = true;
      this.pump();
    });
  }

  private disarm(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private record(): void {
    const next = this.queue.peek();
    if (next === undefined) {
      this.deps.ctx.metrics.recordBufferSize(0, 0);
      return;
    }
    const id = payloadId(next.executionPayload);
    this.deps.ctx.metrics.recordBuffer(this.queue.length, this.queue.memBytes, id);
  }
}
