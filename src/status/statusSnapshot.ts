import type { MetricsReader } from '../telemetry/registry.js';
import type { BlockId } from '../types/block.js';
import { isZeroRef } from '../types/block.js';
import { isInitialElSyncing } from '../types/engineHeads.js';
import type { SyncStatus } from '../types/syncStatus.js';
import { findingsOf } from './findings.js';
import { History, type HistoryPoint, rowOf } from './history.js';
import { MetricFacts } from './metricFacts.js';
import type { StatusEnginePort, StatusHeadsPort, StatusProvenPort } from './ports.js';
import type {
  BlockJson,
  Drift,
  DriftJson,
  FollowJson,
  HistoryJson,
  NodeJson,
  PeersJson,
  ProgressJson,
  SequencerJson,
  SourceJson,
  StatusJson,
  VerificationJson,
} from './statusJson.js';
import { NO_PEER_WORDS, resultWords } from './words.js';

/** What the node is, which does not change. */
export interface StatusIdentity extends Omit<NodeJson, 'isFollowing' | 'isUp' | 'isEngineSyncing'> {
  /** By preference, without credentials; empty without a follow source. */
  readonly sources: readonly string[];
  readonly quorum: number;
  readonly hasL1: boolean;
  readonly hasPeers: boolean;
  /** The L1 block that L2 begins at. */
  readonly genesisL1: number;
}

export interface StatusSnapshotDeps {
  readonly status: StatusHeadsPort;
  readonly engine: StatusEnginePort;
  /** Null without verification. */
  readonly proven: StatusProvenPort | null;
  readonly metrics: MetricsReader;
}

/** Ten minutes, at a point a second at most. */
const HISTORY_MS = 600_000;
const HISTORY_POINTS = 600;
/** What rates are measured over: derivation goes in bursts of some seconds. */
const RATE_WINDOW_MS = 60_000;

/** Puts the status together from the heads and the metrics, and keeps what plots need of the last ten minutes. */
export class StatusSnapshot {
  private readonly facts: MetricFacts;
  private readonly history = new History({ points: HISTORY_POINTS, ms: HISTORY_MS });
  /** Counts of results at the reading before, by source and of all polls: what has grown since is what was last. */
  private readonly counted = new Map<string, Readonly<Record<string, number>>>();
  private readonly lastResults = new Map<string, string>();

  constructor(
    private readonly identity: StatusIdentity,
    private readonly deps: StatusSnapshotDeps,
  ) {
    this.facts = new MetricFacts(deps.metrics);
  }

  /** Reads everything anew. @param nowMs Unix time. */
  async take(nowMs: number): Promise<StatusJson> {
    await this.facts.read();
    const status = this.deps.status.get();
    const parts = this.parts(status, nowMs);
    const l1At = this.l1At(status);
    const point = this.pointOf(parts, l1At);
    this.history.add(point);
    const progress = this.progress(status, l1At);
    const known = { ...parts, progress };
    const alarms = {
      isFinalityHeldBack: this.facts.isSet('finalityHeldBack'),
      isSyncStalled: this.facts.isSet('syncStalled'),
      unservedForks: this.facts.count('unservedForks'),
    };
    const findings = findingsOf({ ...known, alarms, closingRate: this.closingRate() });
    return { ...known, findings, row: rowOf(point) };
  }

  historyJson(): HistoryJson {
    return this.history.json();
  }

  private parts(status: SyncStatus, nowMs: number) {
    const { identity, facts } = this;
    const { sources, quorum, hasL1, hasPeers, genesisL1, ...node } = identity;
    return {
      nowMs,
      node: {
        ...node,
        isFollowing: sources.length > 0,
        isUp: facts.isSet('up'),
        isEngineSyncing: isInitialElSyncing(this.deps.engine.get()),
      },
      heads: {
        unsafe: block(status.unsafeL2),
        localSafe: block(status.localSafeL2),
        safe: block(status.safeL2),
        finalized: block(status.finalizedL2),
      },
      l1: hasL1
        ? {
            head: block(status.headL1),
            safe: block(status.safeL1),
            finalized: block(status.finalizedL1),
          }
        : null,
      progress: null,
      follow: sources.length > 0 ? this.follow() : null,
      verification: node.isVerifying ? this.verification() : null,
      peers: hasPeers ? this.peers() : null,
      sequencer: node.isSequencer ? this.sequencer() : null,
      endpoints: {
        engine: this.endpoint('engine-api'),
        l1: hasL1 ? this.endpoint('l1') : null,
      },
    };
  }

  private endpoint(rpc: string) {
    const { facts } = this;
    return {
      latencyMs: facts.recentMeanMs('callDurations', { rpc }),
      isAnswering: facts.isAnswering(rpc),
    };
  }

  private pointOf(
    parts: ReturnType<StatusSnapshot['parts']>,
    l1At: BlockJson | null,
  ): HistoryPoint {
    const { nowMs, heads, l1, follow, peers, endpoints } = parts;
    return {
      timeMs: nowMs,
      unsafe: heads.unsafe?.number ?? null,
      safe: heads.safe?.number ?? null,
      finalized: heads.finalized?.number ?? null,
      unsafeDrift: follow?.drift.unsafe?.seconds ?? null,
      safeDrift: follow?.drift.safe?.seconds ?? null,
      finalizedDrift: follow?.drift.finalized?.seconds ?? null,
      l1Head: l1?.head?.number ?? null,
      l1At: l1At?.number ?? null,
      peers: peers?.count ?? null,
      engineMs: endpoints.engine.latencyMs,
      l1Ms: endpoints.l1?.latencyMs ?? null,
      sourceMs: follow?.sources.find(({ isActive }) => isActive)?.latencyMs ?? null,
    };
  }

  /** What derivation, or verification, reads of L1; null while nothing does. */
  private l1At({ currentL1 }: SyncStatus): BlockJson | null {
    if (this.deps.proven !== null) return block(this.deps.proven.get().currentL1);
    return this.identity.sources.length > 0 ? null : block(currentL1);
  }

  private progress({ headL1 }: SyncStatus, at: BlockJson | null): ProgressJson | null {
    const head = block(headL1);
    if (at === null || head === null) return null;
    const isVerifying = this.deps.proven !== null;
    const rate = this.history.rate('l1At', RATE_WINDOW_MS);
    const closing = rate === null ? 0 : rate - (this.history.rate('l1Head', RATE_WINDOW_MS) ?? 0);
    const left = head.number - at.number;
    return {
      by: isVerifying ? 'verification' : 'derivation',
      at: at.number,
      of: head.number,
      from: this.identity.genesisL1,
      isIdle: isVerifying ? left <= 1 : this.facts.isSet('derivationIdle'),
      blocksPerSec: rate,
      leftSec: left > 0 && closing > 0 ? left / closing : null,
    };
  }

  /** Blocks a second by which our safe head grows faster than the source's: the drift in block time, shrinking. */
  private closingRate(): number | null {
    const rate = this.history.rate('safeDrift', RATE_WINDOW_MS);
    return rate === null || rate >= 0 ? null : -rate / this.identity.blockTimeSec;
  }

  private follow(): FollowJson {
    const { facts, identity } = this;
    return {
      sources: identity.sources.map((name, at) => this.source(name, at)),
      lastResult: this.lastResult('polls', facts.by('polls', 'result')),
      lastTakenSec: facts.count('lastTaken'),
      isConflictLasting: facts.isSet('conflictLasting'),
      quorum: identity.quorum,
      isQuorumMet: facts.isSet('quorumMet'),
      drift: this.drift(),
      failovers: facts.count('failovers'),
      reorgs: facts.count('reorgs'),
    };
  }

  private source(name: string, at: number): SourceJson {
    const { facts, identity } = this;
    const source = String(at);
    const results = facts.by('sourceResults', 'result', { source });
    const lastResult = this.lastResult(`source ${source}`, results);
    const { level, says } = resultWords(lastResult);
    return {
      name,
      isActive: identity.quorum > 0 || facts.count('activeSource') === at,
      isStale: facts.value('sourceStale', { source }) === 1,
      lastResult,
      says,
      level,
      results,
      latencyMs: facts.recentMeanMs('sourceLatency', { source }),
    };
  }

  /** The result whose count has grown since the reading before; of several the last one that is not well. */
  private lastResult(what: string, counts: Readonly<Record<string, number>>): string | null {
    const before = this.counted.get(what) ?? {};
    this.counted.set(what, counts);
    const grown = Object.keys(counts).filter((key) => (counts[key] ?? 0) > (before[key] ?? 0));
    const last = grown.find((result) => resultWords(result).level !== 'ok') ?? grown[0];
    if (last !== undefined) this.lastResults.set(what, last);
    return this.lastResults.get(what) ?? null;
  }

  private drift(): DriftJson {
    const of = (head: string): Drift | null => {
      const blocks = this.facts.value('driftBlocks', { head });
      const seconds = this.facts.value('driftSeconds', { head });
      return blocks === null || seconds === null ? null : { blocks, seconds };
    };
    return { unsafe: of('unsafe'), safe: of('safe'), finalized: of('finalized') };
  }

  private verification(): VerificationJson {
    const { facts } = this;
    return {
      verified: facts.value('verified'),
      refuted: facts.count('refuted'),
      replaced: facts.count('replaced'),
      restarts: facts.count('restarts'),
    };
  }

  private peers(): PeersJson {
    const { facts } = this;
    const reasons = Object.entries(facts.by('noPeers', 'reason'));
    const reason = reasons.find(([, holds]) => holds === 1)?.[0];
    return {
      count: facts.count('peerCount'),
      whyNone: reason === undefined ? null : (NO_PEER_WORDS[reason] ?? null),
      blocks: facts.by('gossipBlocks', 'verdict'),
    };
  }

  private sequencer(): SequencerJson {
    const { facts } = this;
    return {
      isActive: facts.isSet('sequencerActive'),
      errors: facts.count('sequencingErrors'),
      sealingMs: facts.recentMeanMs('sealing'),
    };
  }
}

function block(ref: BlockId & { readonly timestamp: bigint }): BlockJson | null {
  if (isZeroRef(ref)) return null;
  return { number: Number(ref.number), hash: ref.hash, timeSec: Number(ref.timestamp) };
}
