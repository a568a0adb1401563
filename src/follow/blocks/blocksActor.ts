import { hasCode, toNodeError } from '../../errors/nodeError.js';
import { linkSignals } from '../../runtime/abort.js';
import type { Actor } from '../../runtime/actor.js';
import type { BackoffOptions } from '../../runtime/backoff.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Clock, Random } from '../../runtime/clock.js';
import { WatchCell } from '../../runtime/watch.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RpcClient } from '../../transport/ports.js';
import type { Hash, L2BlockRef } from '../../types/block.js';
import { blockId } from '../../types/block.js';
import type { BlockSource } from '../choose/strategy.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { FollowBlocksPort } from '../ports.js';
import type { BlockFetcher, Vouched } from './blockFetcher.js';
import { BLOCK_WINDOW } from './blockReader.js';

const RETRY: BackoffOptions = { initialMs: 1_000, maxMs: 30_000, factor: 2, jitter: 0.5 };

/** Failures in a row after which follow targets no longer wait for blocks from here. */
const FAILURES_TO_GIVE_WAY = 3;

export interface BlocksActorOptions {
  /** Also fetch blocks above the local safe head that extend our unsafe head; not while this node sequences. */
  readonly extendsUnsafe: boolean;
}

export interface BlocksActorDeps {
  /** The execution clients to fetch from, best first. */
  readonly sources: () => readonly BlockSource[];
  readonly fetcher: Pick<BlockFetcher, 'fetchTo' | 'extend'>;
  readonly vouched: Vouched;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/** A new object for each offer, so that the same head offered again asks for the blocks above it again. */
interface Offer {
  readonly localSafe: L2BlockRef;
}

/**
 * Fetches blocks beside the polls: up to the local safe head that was accepted last, then above it.
 * In: offers of the follow actor. Out: payloads to the engine. Run by the supervisor in follow mode only.
 * A failing block source is left for another, or tried again with back-off, and never stops the node.
 * Differs: op-node gets blocks by gossip or by its execution layer's own sync only.
 */
export class BlocksActor implements Actor, FollowBlocksPort {
  readonly name = 'follow-blocks';
  private readonly offered = new WatchCell<Offer | null>(null);
  private readonly done = new WatchCell<Hash | null>(null);
  private readonly backoff: Backoff;
  /** Failed runs in a row, by source; another one is asked before one of these. */
  private readonly failures = new WeakMap<RpcClient, number>();
  private handled: Offer | null = null;

  constructor(
    private readonly options: BlocksActorOptions,
    private readonly deps: BlocksActorDeps,
  ) {
    this.backoff = new Backoff(RETRY, deps.random);
  }

  offer(localSafe: L2BlockRef): void {
    this.offered.set({ localSafe });
  }

  isWorking(): boolean {
    return this.deps.sources().some((source) => this.failed(source) < FAILURES_TO_GIVE_WAY);
  }

  async fetched(localSafe: L2BlockRef, maxMs: number, signal: AbortSignal): Promise<boolean> {
    const linked = linkSignals(signal);
    const cancel = this.deps.clock.schedule(maxMs, () => linked.abort());
    try {
      let hash = this.done.get();
      while (hash !== localSafe.hash) hash = await this.done.changed(hash, linked.signal);
      return true;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      return false;
    } finally {
      cancel();
      linked.dispose();
    }
  }

  /** Waits for an offer and fetches what it needs. @throws NodeError ABORTED only. */
  async step(signal: AbortSignal): Promise<void> {
    const offer = await this.offered.changed(this.handled, signal);
    const source = this.best((_) => true);
    if (offer === null || source === null) {
      this.handled = offer;
      return;
    }
    const { localSafe } = offer;
    const fetch = () => this.deps.fetcher.fetchTo(source.rpc, localSafe, signal);
    if (!(await this.attempt(source, localSafe, fetch, signal))) return;
    this.done.set(localSafe.hash);
    this.handled = offer;
    const leading = this.options.extendsUnsafe ? this.best(({ leadsUnsafe }) => leadsUnsafe) : null;
    if (leading !== null) {
      const extend = () => this.extend(leading, signal);
      if (!(await this.attempt(leading, localSafe, extend, signal))) return;
      this.failures.delete(leading.rpc);
    }
    this.failures.delete(source.rpc);
    this.backoff.reset();
  }

  /** The first of those with the fewest failures: one that fails is left for another. */
  private best(isWanted: (source: BlockSource) => boolean): BlockSource | null {
    let best: BlockSource | null = null;
    for (const source of this.deps.sources()) {
      if (!isWanted(source)) continue;
      if (best === null || this.failed(source) < this.failed(best)) best = source;
    }
    return best;
  }

  private failed({ rpc }: BlockSource): number {
    return this.failures.get(rpc) ?? 0;
  }

  /** False where it failed: then it has been counted, and waited for unless another source can be asked at once. */
  private async attempt(
    source: BlockSource,
    localSafe: L2BlockRef,
    run: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      this.failures.set(source.rpc, this.failed(source) + 1);
      const retryInMs = this.backoff.nextDelayMs();
      const { code, message, fields } = toNodeError(thrown);
      this.deps.metrics.blockFailures.inc({});
      this.deps.log.warn('Blocks for the follow target could not be fetched', {
        ...{ source: source.name, code, error: message, localSafe: blockId(localSafe), retryInMs },
        ...fields,
      });
      const isOtherAtHand = this.deps.sources().some((s) => this.failed(s) < this.failed(source));
      if (!isOtherAtHand) await this.deps.clock.sleep(retryInMs, signal);
      return false;
    }
  }

  /** Window by window, until nothing more extends our head or a newer offer has come. */
  private async extend({ rpc }: BlockSource, signal: AbortSignal): Promise<void> {
    const { fetcher, vouched } = this.deps;
    let inserted = BLOCK_WINDOW;
    while (inserted === BLOCK_WINDOW && this.offered.get() === this.handled) {
      inserted = await fetcher.extend(rpc, vouched, signal);
    }
  }
}
