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
import type { FollowMetrics } from '../followMetrics.js';
import type { FollowBlocksPort } from '../ports.js';
import type { BlockFetcher } from './blockFetcher.js';
import { BLOCK_WINDOW } from './blockReader.js';

const RETRY: BackoffOptions = { initialMs: 1_000, maxMs: 30_000, factor: 2, jitter: 0.5 };

/** Failures in a row after which follow targets no longer wait for blocks from here. */
const FAILURES_TO_GIVE_WAY = 3;

export interface BlocksActorOptions {
  /** Also fetch blocks above the local safe head that extend our unsafe head; not while this node sequences. */
  readonly extendsUnsafe: boolean;
}

export interface BlocksActorDeps {
  /** The execution client to fetch from; null while there is none. */
  readonly source: () => RpcClient | null;
  readonly fetcher: Pick<BlockFetcher, 'fetchTo' | 'extend'>;
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
 * A failing block source is tried again with back-off and never stops the node.
 * Differs: op-node gets blocks by gossip or by its execution layer's own sync only.
 */
export class BlocksActor implements Actor, FollowBlocksPort {
  readonly name = 'follow-blocks';
  private readonly offered = new WatchCell<Offer | null>(null);
  private readonly done = new WatchCell<Hash | null>(null);
  private readonly backoff: Backoff;
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
    return this.deps.source() !== null && this.backoff.attempts < FAILURES_TO_GIVE_WAY;
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
    const source = this.deps.source();
    if (offer === null || source === null) {
      this.handled = offer;
      return;
    }
    const { localSafe } = offer;
    try {
      await this.deps.fetcher.fetchTo(source, localSafe, signal);
      this.done.set(localSafe.hash);
      this.handled = offer;
      await this.extend(source, signal);
      this.backoff.reset();
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      const { code, message, fields } = toNodeError(thrown);
      const retryInMs = this.backoff.nextDelayMs();
      this.deps.metrics.blockFailures.inc({});
      this.deps.log.warn('Blocks for the follow target could not be fetched', {
        ...{ code, error: message, localSafe: blockId(localSafe), retryInMs },
        ...fields,
      });
      await this.deps.clock.sleep(retryInMs, signal);
    }
  }

  /** Window by window, until nothing more extends our head or a newer offer has come. */
  private async extend(source: RpcClient, signal: AbortSignal): Promise<void> {
    if (!this.options.extendsUnsafe) return;
    let inserted = BLOCK_WINDOW;
    while (inserted === BLOCK_WINDOW && this.offered.get() === this.handled) {
      inserted = await this.deps.fetcher.extend(source, signal);
    }
  }
}
