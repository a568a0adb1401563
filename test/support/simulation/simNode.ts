import { setMaxListeners } from 'node:events';
import { withConfDepth } from '../../../src/derive/actors/confDepth.js';
import { DerivationActor } from '../../../src/derive/actors/derivationActor.js';
import {
  DEFAULT_FINALITY_DELAY,
  defaultFinalityLookback,
  Finalizer,
} from '../../../src/derive/actors/finalizer.js';
import { AttributesBuilder } from '../../../src/derive/attributes/attributesBuilder.js';
import { attributesMismatch } from '../../../src/engine/attributesMatch.js';
import { EngineActor } from '../../../src/engine/engineActor.js';
import { EngineMetrics } from '../../../src/engine/engineMetrics.js';
import type { EngineSafeHeadRecorder } from '../../../src/engine/ports.js';
import { type NodeError, toNodeError } from '../../../src/errors/nodeError.js';
import { createFollow } from '../../../src/follow/createFollow.js';
import type { FollowedChain } from '../../../src/follow/verify/ports.js';
import { FollowVerifier } from '../../../src/follow/verify/verifier.js';
import { makeVerifierMetrics } from '../../../src/follow/verify/verifierMetrics.js';
import { withoutRefuted } from '../../../src/follow/verify/withoutRefuted.js';
import { L1ByNumber } from '../../../src/l1/l1ByNumber.js';
import { L1HeadTracker } from '../../../src/l1/l1HeadTracker.js';
import { L1WatcherActor } from '../../../src/l1/l1WatcherActor.js';
import { StatusJoiner } from '../../../src/node/statusJoiner.js';
import { payloadToBlockRef } from '../../../src/rollup/l2BlockRef.js';
import type { RollupConfig } from '../../../src/rollup/rollupConfig.js';
import type { Actor } from '../../../src/runtime/actor.js';
import { runActor } from '../../../src/runtime/actor.js';
import { DEFAULT_BACKOFF } from '../../../src/runtime/backoff.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import { OriginSelector } from '../../../src/sequencer/originSelector.js';
import type { SequencerConductor } from '../../../src/sequencer/ports.js';
import { SequencerActor } from '../../../src/sequencer/sequencerActor.js';
import { SequencerAdmin } from '../../../src/sequencer/sequencerAdmin.js';
import { SequencerCell } from '../../../src/sequencer/sequencerState.js';
import type { Logger } from '../../../src/telemetry/logger.js';
import { RefMetrics } from '../../../src/telemetry/refMetrics.js';
import type { RpcClient } from '../../../src/transport/ports.js';
import { type L1Heads, UNKNOWN_L1_HEADS } from '../../../src/types/l1Heads.js';
import type { ExecutionPayloadEnvelope } from '../../../src/types/payload.js';
import { payloadId } from '../../../src/types/payload.js';
import type { SyncStatus } from '../../../src/types/syncStatus.js';
import { FakeMetrics } from '../fakeMetrics.js';
import { MemorySafeHeads } from '../memorySafeHeads.js';
import { provenDatabase } from '../provenDatabase.js';
import { SIM_EXAMINER } from './l2Blocks.js';
import type { SimClock } from './simClock.js';
import type { SimEngine } from './simEngine.js';
import type { SimL1 } from './simL1.js';
import { SimPipeline } from './simPipeline.js';
import type { SimRandom } from './simRandom.js';

export interface SimNodeOptions {
  readonly config: RollupConfig;
  readonly sequences: boolean;
  readonly derivationConfs: bigint;
  readonly sequencerConfs: bigint;
  readonly maxSafeLag: bigint;
  /** Null where it derives. */
  readonly follow: SimFollowOptions | null;
}

export interface SimFollowOptions {
  readonly sources: readonly RpcClient[];
  readonly quorum: number;
  readonly verifies: boolean;
}

export interface SimNodeDeps {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly l1: SimL1;
  readonly engine: SimEngine;
  readonly log: Logger;
  readonly safeHeads: EngineSafeHeadRecorder | null;
  readonly conductor: SequencerConductor;
  readonly publish: (envelope: ExecutionPayloadEnvelope) => void;
}

/** The actors of a deriving node, wired as the composition root wires them, over the simulated world. */
export class SimNode {
  readonly engine: EngineActor;
  /** Null where it follows. */
  readonly derivation: DerivationActor | null;
  readonly verifier: FollowVerifier | null;
  readonly metrics = new FakeMetrics();
  readonly l1Heads = new WatchCell<L1Heads>(UNKNOWN_L1_HEADS);
  readonly sequencer: { readonly actor: SequencerActor; readonly admin: SequencerAdmin } | null;
  /** Critical errors that have ended an actor. */
  readonly deaths: NodeError[] = [];
  private readonly status: StatusJoiner;
  private readonly actors: readonly Actor[];
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: SimNodeOptions,
    private readonly deps: SimNodeDeps,
  ) {
    // Every actor waits on it, as in the node.
    setMaxListeners(0, this.stopping.signal);
    const { clock, random, log, l1, engine } = deps;
    const { metrics } = this;
    const { config, sequences, follow } = options;
    const refs = new RefMetrics({ registry: metrics, clock });
    this.engine = new EngineActor(
      {
        rollup: config,
        ...{ syncMode: 'consensus-layer', engineKind: 'geth', followEnabled: follow !== null },
        startFrom: follow !== null && !sequences ? 'labels' : 'l1Walk',
        ...{ skipSyncStartCheck: false, offsetElSafeSec: 0, reqRespSync: false },
      },
      {
        ...{ engine, l2: engine, l1, safeHeads: deps.safeHeads, clock, random: random.next, log },
        transactions: SIM_EXAMINER,
        metrics: new EngineMetrics(metrics, refs),
      },
    );
    const derivers = follow === null ? this.makeDerivation() : null;
    this.derivation = derivers?.derivation ?? null;
    this.verifier = follow?.verifies ? this.makeVerifier() : null;
    this.sequencer = sequences ? this.makeSequencer() : null;
    this.status = new StatusJoiner({
      heads: this.engine.heads,
      l1: this.l1Heads,
      derivedL1: this.derivation?.derivedL1 ?? null,
    });
    this.actors = [
      ...[this.makeWatcher(), this.engine],
      ...(follow === null ? [] : this.makeFollow(follow)),
      ...(this.verifier === null ? [] : [this.verifier]),
      ...(derivers === null ? [] : [derivers.finalizer, derivers.derivation]),
      ...(this.sequencer === null ? [] : [this.sequencer.actor]),
    ];
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  readonly syncStatus = (): SyncStatus => this.status.get();

  async start(): Promise<void> {
    await this.sequencer?.admin.init(true);
    this.running = Promise.all(this.actors.map((actor) => this.run(actor)));
    await this.deps.clock.flush();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.engine.close();
  }

  private async run(actor: Actor): Promise<void> {
    const { clock, random } = this.deps;
    const deps = {
      ...{ clock, random: random.next, onTemporary: () => undefined },
      onReset: (error: NodeError) => this.engine.requestReset(error),
    };
    try {
      await runActor(actor, { backoff: DEFAULT_BACKOFF }, deps, this.signal);
    } catch (thrown) {
      this.deaths.push(toNodeError(thrown));
    }
  }

  private makeWatcher(): Actor {
    const { clock, random, log, l1 } = this.deps;
    const tracker = new L1HeadTracker({
      ...{ heads: this.l1Heads, log },
      recordL1Ref: () => undefined,
      recordReorgDepth: () => undefined,
    });
    return new L1WatcherActor(
      { headPollIntervalMs: 3_000, epochPollIntervalMs: 15_000 },
      { l1, subscribe: null, tracker, clock, random: random.next, log },
    );
  }

  private get l1Config() {
    return { chainId: this.options.config.l1ChainId, forkTimes: {}, blobSchedule: {} };
  }

  private makeDerivation() {
    const { l1, log } = this.deps;
    const finalizer = new Finalizer(
      { lookbackBlocks: defaultFinalityLookback(null), delayBlocks: DEFAULT_FINALITY_DELAY },
      {
        ...{ engine: this.engine, labels: this.l1Heads, l1, log },
        ...{ recordHeldBack: () => undefined, altDa: null },
      },
    );
    const recorder = {
      ...{ originMoved: () => undefined, idle: () => undefined },
      ...{ pipelineReset: () => undefined, failed: () => undefined },
    };
    const derivation = new DerivationActor(
      { l1Confs: this.options.derivationConfs },
      {
        ...{ pipeline: this.makePipeline(), engine: this.engine, l1: this.l1Heads },
        ...{ listener: finalizer, recorder, log },
      },
    );
    return { derivation, finalizer };
  }

  private makePipeline(): SimPipeline {
    const { l1, engine } = this.deps;
    const { config, derivationConfs } = this.options;
    return new SimPipeline(
      { config, l1Config: this.l1Config },
      { l1, l1Head: () => this.l1Heads.get().head, l2: engine },
      derivationConfs,
    );
  }

  private makeVerifier(): FollowVerifier {
    const { l1, engine: l2, log } = this.deps;
    const { config } = this.options;
    const chain: FollowedChain = {
      compare: async ({ attributes, parent }, signal) => {
        const envelope = await l2.envelopeByNumber(parent.number + 1n, signal);
        if (envelope === null) return { kind: 'missing' };
        const { executionPayload } = envelope;
        const reason = attributesMismatch(config, attributes, parent.hash, envelope);
        return reason === null
          ? { kind: 'same', ref: payloadToBlockRef(config, executionPayload) }
          : { kind: 'different', block: payloadId(executionPayload), reason };
      },
      hashAt: (number, signal) => l2.blockHashByNumber(number, signal),
    };
    return new FollowVerifier(
      { config },
      {
        ...{ pipeline: this.makePipeline(), chain, engine: this.engine, l2, l1 },
        ...{ labels: this.l1Heads, recorder: makeVerifierMetrics(this.metrics), log },
        database: provenDatabase(new MemorySafeHeads(), { genesis: config.genesis.l2, l1 }),
      },
    );
  }

  private makeFollow({ sources, quorum }: SimFollowOptions): readonly Actor[] {
    const { clock, random, l1: client, engine: l2, log } = this.deps;
    const { config, sequences } = this.options;
    const { verifier, engine, metrics } = this;
    const l1 = new L1ByNumber({ l1: client, heads: this.l1Heads });
    const urls = sources.map((_, at) => `http://source-${at}:9545`);
    return createFollow(
      {
        ...{ pollIntervalMs: 2_000, rpcTimeoutMs: 10_000, sources: urls, quorum, maxLagBlocks: 0 },
        ...{ blocksUrl: null, extendsUnsafe: !sequences, config },
      },
      {
        webSocketFor: null,
        rpcFor: (url) => {
          const source = sources[urls.indexOf(url)];
          if (source === undefined) throw new Error(`no source ${url}`);
          return source;
        },
        engine: verifier === null ? engine : withoutRefuted(engine, verifier),
        ...{ l2, l1, payloads: l2, ...(verifier !== null && { verifier }) },
        ...{ clock, random: random.next, metrics, log },
      },
    );
  }

  private makeSequencer() {
    const { clock, log, l1, engine: l2, conductor, publish } = this.deps;
    const { config, sequencerConfs, maxSafeLag } = this.options;
    const { engine, l1Config } = this;
    const state = new SequencerCell(false);
    const l1Head = () => this.l1Heads.get().head;
    const confirmed = withConfDepth(sequencerConfs, l1, l1Head);
    const recorder = {
      ...{ active: () => undefined, sequencingError: () => undefined },
      ...{ sequencerReset: () => undefined, inconsistentL1Origin: () => undefined },
    };
    const actor = new SequencerActor(
      { config, sealingMs: 50, maxSafeLag },
      {
        ...{ state, engine, conductor, recorder, clock, log, publisher: { publish } },
        origins: new OriginSelector(config, {
          l1: {
            l1BlockRefByNumber: (number, signal) => confirmed.l1BlockRefByNumber(number, signal),
            l1BlockRefByHash: (hash, signal) => confirmed.l1BlockRefByHash(hash, signal),
            readAhead: async ({ hash }, signal) => void (await l1.l1ReceiptsByHash(hash, signal)),
          },
          l1Head: () => l1Head().hash,
          clock,
          log,
        }),
        attributes: new AttributesBuilder({ config, l1Config }, { l1, l2 }),
      },
    );
    const store = {
      sequencerStarted: async () => undefined,
      sequencerStopped: async () => undefined,
    };
    const admin = new SequencerAdmin({ state, engine, conductor, store, recorder, log });
    return { actor, admin };
  }
}
