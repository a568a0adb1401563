import type { EngineActorDeps } from '../../src/engine/engineActor.js';
import { EngineActor } from '../../src/engine/engineActor.js';
import { EngineMetrics } from '../../src/engine/engineMetrics.js';
import type { EngineL1Source, EngineSafeHeadRecorder } from '../../src/engine/ports.js';
import type { EngineOptions } from '../../src/engine/taskContext.js';
import { hasCode } from '../../src/errors/nodeError.js';
import { RefMetrics } from '../../src/telemetry/refMetrics.js';
import type { L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { ZERO_L1_REF } from '../../src/types/block.js';
import type { EngineHeads } from '../../src/types/engineHeads.js';
import type { FollowTarget } from '../../src/types/followTarget.js';
import { FakeClock } from './fakeClock.js';
import { FakeEngine } from './fakeEngine.js';
import { FakeLogger } from './fakeLogger.js';
import { FakeMetrics } from './fakeMetrics.js';
import { l1Block, TEST_ROLLUP } from './l2Chain.js';
import { wholeExaminer } from './wholeExaminer.js';

/** L1 as a made chain up to a height; single heights can be of another fork or missing. */
export class FakeL1 implements EngineL1Source {
  readonly forks = new Map<bigint, string>();

  constructor(public head: bigint = 1_000n) {}

  async l1BlockRefByNumber(number: bigint): Promise<L1BlockRef | null> {
    return number > this.head ? null : this.at(number);
  }

  async l1BlockRefByHash(hash: string): Promise<L1BlockRef | null> {
    for (let number = 0n; number <= this.head; number += 1n) {
      const block = this.at(number);
      if (block.hash === hash) return block;
    }
    return null;
  }

  private at(number: bigint): L1BlockRef {
    return l1Block(number, this.forks.get(number));
  }
}

export const FOLLOW_OPTIONS: EngineOptions = {
  rollup: TEST_ROLLUP,
  syncMode: 'consensus-layer',
  engineKind: 'geth',
  followEnabled: true,
  startFrom: 'labels',
  skipSyncStartCheck: false,
  offsetElSafeSec: 0,
  reqRespSync: false,
};

export const DERIVE_OPTIONS: EngineOptions = {
  ...FOLLOW_OPTIONS,
  followEnabled: false,
  startFrom: 'l1Walk',
};

/** An engine actor over a fake execution client, run by hand or in the background. */
export class EngineHarness {
  readonly engine: FakeEngine;
  readonly l1 = new FakeL1();
  readonly clock = new FakeClock();
  readonly log = new FakeLogger();
  readonly metrics = new FakeMetrics();
  readonly actor: EngineActor;
  readonly stop = new AbortController();
  /** What made `step` throw, when it is not the stop itself. */
  failure: unknown = null;

  constructor(
    options: Partial<EngineOptions> = {},
    deps: Partial<Pick<EngineActorDeps, 'l1' | 'safeHeads'>> & {
      readonly engine?: FakeEngine;
    } = {},
  ) {
    this.engine = deps.engine ?? new FakeEngine();
    const refs = new RefMetrics({ registry: this.metrics, clock: this.clock });
    const safeHeads: EngineSafeHeadRecorder | null = deps.safeHeads ?? null;
    this.actor = new EngineActor(
      { ...FOLLOW_OPTIONS, ...options },
      {
        engine: this.engine,
        l2: this.engine,
        l1: deps.l1 === undefined ? this.l1 : deps.l1,
        transactions: wholeExaminer({ ...FOLLOW_OPTIONS, ...options }.rollup),
        safeHeads,
        clock: this.clock,
        random: () => 0,
        log: this.log,
        metrics: new EngineMetrics(this.metrics, refs),
      },
    );
  }

  get heads(): EngineHeads {
    return this.actor.heads.get();
  }

  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** Runs the actor in the background until `stop`, and lets it load its heads. */
  async start(): Promise<this> {
    void this.loop();
    await this.clock.flush();
    return this;
  }

  /** Lets what is ready run. */
  async settle(): Promise<void> {
    for (let round = 0; round < 5; round += 1) await this.clock.flush();
  }

  private async loop(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        await this.actor.step(this.stop.signal);
      } catch (thrown) {
        if (!hasCode(thrown, 'ABORTED')) this.failure = thrown;
        return;
      }
    }
  }
}

/** A follow target with the given safe head for all three labels unless said otherwise. */
export function followTarget(safe: L2BlockRef, more: Partial<FollowTarget> = {}): FollowTarget {
  return {
    localSafe: safe,
    safe,
    finalized: null,
    currentL1: { ...ZERO_L1_REF, hash: safe.l1Origin.hash, number: safe.l1Origin.number },
    mayReplaceSafe: false,
    ...more,
  };
}
