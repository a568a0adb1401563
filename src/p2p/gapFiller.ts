import type { Actor } from '../runtime/actor.js';
import { anyOf } from '../runtime/anyOf.js';
import type { Clock } from '../runtime/clock.js';
import type { WatchReader } from '../runtime/watch.js';
import type { Log } from '../telemetry/logger.js';
import type { Hash, L2BlockRef } from '../types/block.js';
import { type EngineHeads, isInitialElSyncing } from '../types/engineHeads.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';
import type { MissingRange } from './p2pService.js';

/** Of a head older than this peers are not asked for what is above it. */
const TOO_OLD_S = 12n * 3600n;

export interface GapFillerDeps {
  readonly engine: {
    readonly heads: WatchReader<EngineHeads>;
    /** The lowest waiting payload beyond missing blocks; null without a gap. */
    readonly firstBeyondGap: ExecutionPayloadEnvelope | null;
  };
  /** Asks peers for blocks. */
  readonly request: (range: MissingRange) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Asks peers for the blocks between our unsafe head and what waits above it, every two slots without a new head.
 * op-node `op-node/rollup/driver/driver.go` checkForGapInUnsafeQueue.
 */
export class GapFiller implements Actor {
  readonly name = 'p2p-gaps';

  constructor(
    private readonly options: { readonly blockTime: bigint },
    private readonly deps: GapFillerDeps,
  ) {}

  async step(signal: AbortSignal): Promise<void> {
    const { engine, clock } = this.deps;
    const before = engine.heads.get();
    const waitMs = Number(this.options.blockTime) * 2_000;
    await anyOf<unknown>(
      [(s) => clock.sleep(waitMs, s), (s) => this.headChanged(before.unsafe.hash, s)],
      signal,
    );
    const heads = engine.heads.get();
    if (heads.unsafe.hash === before.unsafe.hash) await this.ask(heads);
  }

  private async headChanged(hash: Hash, signal: AbortSignal): Promise<void> {
    const { heads } = this.deps.engine;
    let now = heads.get();
    while (now.unsafe.hash === hash) now = await heads.changed(now, signal);
  }

  private async ask(heads: EngineHeads): Promise<void> {
    const { engine, request, log } = this.deps;
    const next = engine.firstBeyondGap;
    if (next === null || isInitialElSyncing(heads) || this.isTooOld(heads.unsafe)) return;
    const { blockNumber: number, blockHash: hash, parentHash } = next.executionPayload;
    const start = heads.unsafe.number;
    const size = number - start;
    log.info('requesting engine missing unsafe L2 block range', { start, end: number, size });
    await request({ start, end: { number, hash, parentHash } });
  }

  private isTooOld({ timestamp }: L2BlockRef): boolean {
    return BigInt(Math.floor(this.deps.clock.nowMs() / 1000)) - timestamp > TOO_OLD_S;
  }
}
