import { toNodeError } from '../../errors/nodeError.js';
import { linkSignals } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import { withNodeSignal } from '../../runtime/nodeSignal.js';
import type { Logger } from '../../telemetry/logger.js';
import { RateLimiter } from '../../transport/rateLimiter.js';
import type { Hash } from '../../types/block.js';
import type { PayloadClient, RequestOutcome } from './client.js';
import type { PeerId, RangeEnd, ReqRespRecorder, ResponseScorer, SyncedBlocks } from './ports.js';
import type { QuarantinedBlock } from './quarantine.js';
import { Quarantine } from './quarantine.js';
import { RESULT } from './requestCodec.js';
import type { BlockRequest, RangeRequest } from './requestQueue.js';
import { RequestQueue } from './requestQueue.js';
import { GLOBAL_LIMITS, PEER_LIMITS } from './serverTurns.js';
import { timed } from './timed.js';
import { TrustedHashes } from './trustedHashes.js';

export interface RangeSyncDeps {
  readonly client: Pick<PayloadClient, 'request'>;
  readonly blocks: SyncedBlocks;
  readonly scorer: ResponseScorer;
  readonly clock: Clock;
  readonly recorder: ReqRespRecorder;
  readonly log: Logger;
}

/** What a failed request costs of a peer's rate: it is left alone for some seconds. */
const FAILURE_COST = 15;
const RECEIVE_TIMEOUT_MS = 3_000;

/** A peer that is asked. */
interface AskedPeer {
  readonly stop: () => void;
  readonly done: Promise<void>;
}

/**
 * Fills gaps below a block that we hold: asks peers for the blocks below it by number, and takes those whose hashes the
 * blocks above them name. An answer that nothing leads to yet waits in quarantine; its peer pays if it is never led to.
 * A block that a peer lacks, or fails to give, is asked of the other peers (Differs: op-node gives up the range at the first
 * peer that lacks a block, and a block at the first failure). op-node `op-node/p2p/sync.go` SyncClient.
 */
export class RangeSync {
  private readonly controller = new AbortController();
  private readonly peers = new Map<PeerId, AskedPeer>();
  private readonly queue = new RequestQueue();
  private readonly inFlight = new Set<bigint>();
  private readonly trusted = new TrustedHashes();
  private readonly quarantine = new Quarantine((evicted) => this.onEvicted(evicted));
  private readonly everybody: RateLimiter;
  /** Blocks are taken one after another. */
  private taking: Promise<void> = Promise.resolve();
  private isPromotionQueued = false;

  constructor(private readonly deps: RangeSyncDeps) {
    this.everybody = new RateLimiter(GLOBAL_LIMITS, deps);
  }

  /** From now on the peer is asked; a peer that is asked already stays as it is. */
  addPeer(peer: PeerId): void {
    if (this.controller.signal.aborted || this.peers.has(peer)) return;
    const link = linkSignals(this.controller.signal);
    // libp2p is given the signal.
    const asking = withNodeSignal(link.signal, (stopped) => this.askPeer(peer, stopped));
    const done = asking.finally(() => link.dispose());
    this.peers.set(peer, { stop: () => link.abort(), done });
  }

  /** The peer's last connection is gone. */
  removePeer(peer: PeerId): void {
    this.peers.get(peer)?.stop();
    this.peers.delete(peer);
    this.dropClosed();
  }

  /**
   * Asks for the blocks between, both ends exclusive, highest first, as many as there is room for: ask again for the rest.
   * @param start number of our head. @param end a block that we hold and trust. Returns at once.
   */
  requestRange(start: bigint, end: RangeEnd): void {
    this.trusted.add(end.hash);
    this.trusted.add(end.parentHash);
    const range: RangeRequest = { lackedBy: new Set() };
    for (let number = end.number - 1n; number > start; number--) {
      const held = this.quarantine.atHeight(number);
      if (held !== undefined) {
        if (this.trusted.has(held.block.hash)) this.queuePromotion(held.block.hash);
        continue;
      }
      if (this.inFlight.has(number)) continue;
      if (!this.queue.add({ number, range, failedBy: new Set() })) return;
      this.inFlight.add(number);
    }
  }

  /** Ends everything; resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.controller.abort();
    await Promise.all([...this.peers.values()].map((peer) => peer.done));
    this.peers.clear();
    await this.taking;
  }

  /** One peer's work until the signal fires. Never rejects. */
  private async askPeer(peer: PeerId, signal: AbortSignal): Promise<void> {
    const limiter = new RateLimiter(PEER_LIMITS, this.deps);
    try {
      for (;;) {
        await this.everybody.take(1, signal);
        await limiter.take(1, signal);
        const request = await this.queue.next(peer, signal);
        const isGood = await this.askFor(request, peer, signal);
        if (!isGood) await limiter.take(FAILURE_COST, signal);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      this.deps.log.error('Stopped asking a peer for blocks', { peer, err: toNodeError(thrown) });
    }
  }

  /** @returns false when the peer is to be left alone for a while. @throws NodeError ABORTED. */
  private async askFor(request: BlockRequest, peer: PeerId, signal: AbortSignal): Promise<boolean> {
    const { clock, client, recorder, scorer } = this.deps;
    const startedMs = clock.monotonicMs();
    let outcome: RequestOutcome;
    try {
      outcome = await client.request(peer, request.number, signal);
    } catch (thrown) {
      this.giveBack(request);
      throw thrown;
    }
    recorder.request(
      'client',
      request.number,
      resultCode(outcome),
      clock.monotonicMs() - startedMs,
    );
    if (outcome.kind !== 'block') {
      this.onFailure(request, peer, outcome);
      return false;
    }
    scorer.validResponse(peer);
    await this.take({ block: outcome.block, peer });
    return true;
  }

  private onFailure(
    request: BlockRequest,
    peer: PeerId,
    outcome: Exclude<RequestOutcome, { kind: 'block' }>,
  ): void {
    const { log, scorer } = this.deps;
    const { number } = request;
    if (outcome.kind === 'notFound') {
      log.debug('A peer lacks a block', { peer, number });
      request.range.lackedBy.add(peer);
    } else {
      log.debug('A peer failed to give a block', { peer, number, reason: outcome.reason });
      scorer.errorResponse(peer);
      request.failedBy.add(peer);
    }
    this.giveBack(request);
  }

  /** Lets others be asked. */
  private giveBack(request: BlockRequest): void {
    this.queue.putBack(request);
    this.dropClosed();
  }

  /** What no peer may be asked for any more is not waited for. */
  private dropClosed(): void {
    for (const { number } of this.queue.dropClosedTo(this.peers.keys()))
      this.inFlight.delete(number);
  }

  /** Puts an answer into quarantine, from where it goes on at once if it is trusted. */
  private take(answer: QuarantinedBlock): Promise<void> {
    return this.oneAfterAnother(async () => {
      this.inFlight.delete(answer.block.number);
      this.quarantine.add(answer);
      this.recordSize();
      if (this.trusted.has(answer.block.hash)) await this.promote(answer.block.hash);
    });
  }

  private queuePromotion(hash: Hash): void {
    if (this.isPromotionQueued) return;
    this.isPromotionQueued = true;
    void this.oneAfterAnother(async () => {
      this.isPromotionQueued = false;
      await this.promote(hash);
    });
  }

  /** Hands on a trusted block, then those below it that we have. One that is not taken stays in quarantine. */
  private async promote(hash: Hash): Promise<void> {
    for (let entry = this.quarantine.get(hash); entry !== undefined; ) {
      if (!(await this.handOn(entry))) return;
      const { number, parentHash } = entry.block;
      this.trusted.add(entry.block.hash);
      this.trusted.add(parentHash);
      this.quarantine.take(entry.block.hash);
      this.evictOthers(number - 1n, parentHash);
      this.recordSize();
      entry = this.quarantine.get(parentHash);
    }
  }

  /** What waits at a height whose block is known now, and is another, makes room for it. */
  private evictOthers(number: bigint, hash: Hash): void {
    const held = this.quarantine.atHeight(number);
    if (held !== undefined && held.block.hash !== hash) this.quarantine.evict(held.block.hash);
  }

  private async handOn({ block, peer }: QuarantinedBlock): Promise<boolean> {
    const { blocks, clock, log } = this.deps;
    const { signal } = this.controller;
    const step = { clock, signal, timeoutMs: RECEIVE_TIMEOUT_MS, doing: 'taking a block' };
    try {
      await timed(step, (inner) => blocks.receive(block, peer, inner));
      return true;
    } catch (thrown) {
      const { message } = toNodeError(thrown);
      log.warn('Could not hand on a synced block', {
        number: block.number,
        hash: block.hash,
        message,
      });
      return false;
    }
  }

  /** Never rejects: a fault in one piece of work must not keep the next ones from being done. */
  private oneAfterAnother(work: () => Promise<void>): Promise<void> {
    this.taking = this.taking.then(async () => {
      if (this.controller.signal.aborted) return;
      try {
        await work();
      } catch (thrown) {
        this.deps.log.error('Could not sort in a synced block', { err: toNodeError(thrown) });
      }
    });
    return this.taking;
  }

  private onEvicted({ block, peer }: QuarantinedBlock): void {
    if (!this.trusted.has(block.hash)) this.deps.scorer.rejectedPayload(peer);
  }

  private recordSize(): void {
    this.deps.recorder.quarantineSize(this.quarantine.size);
  }
}

function resultCode(outcome: RequestOutcome): number {
  if (outcome.kind === 'block') return RESULT.success;
  return outcome.kind === 'notFound' ? RESULT.notFound : outcome.resultCode;
}
