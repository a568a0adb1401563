/**
 * What `/status.json` and `/status/history.json` say: plain JSON, read by the status page and by whoever likes. Everything
 * is what the node itself knows or counts; there is nothing secret in it, and nothing that others have written but the
 * addresses of the operator's own endpoints, without their credentials.
 */
export interface StatusJson {
  /** Unix time of the snapshot, in milliseconds. */
  readonly nowMs: number;
  readonly node: NodeJson;
  /** At least one, the worst first: the first says how the node is. */
  readonly findings: readonly Finding[];
  readonly heads: HeadsJson;
  /** Null without an L1. */
  readonly l1: L1Json | null;
  /** How far L1 has been read by derivation, or by verification; null where neither runs or neither has begun. */
  readonly progress: ProgressJson | null;
  /** Null without a follow source. */
  readonly follow: FollowJson | null;
  /** Null without verification. */
  readonly verification: VerificationJson | null;
  /** Null where peers are off. */
  readonly peers: PeersJson | null;
  /** Null where this node does not sequence. */
  readonly sequencer: SequencerJson | null;
  readonly endpoints: EndpointsJson;
  /** The newest row of the history. */
  readonly row: HistoryRow;
}

/** `work` is what passes by itself: starting, catching up. */
export type Level = 'ok' | 'work' | 'warn' | 'bad';

export interface Finding {
  readonly level: Level;
  /** One plain sentence without a full stop at its end. */
  readonly text: string;
}

export interface NodeJson {
  readonly version: string;
  /** Name of the chain in the registry; null for others. */
  readonly network: string | null;
  readonly chainId: string;
  readonly blockTimeSec: number;
  readonly isFollowing: boolean;
  readonly isVerifying: boolean;
  readonly isSequencer: boolean;
  /** False until everything has started. */
  readonly isUp: boolean;
  /** True while the execution client does its first own sync. */
  readonly isEngineSyncing: boolean;
}

export interface BlockJson {
  readonly number: number;
  readonly hash: string;
  /** Unix seconds. */
  readonly timeSec: number;
}

/** Null for heads that are not known. */
export interface HeadsJson {
  readonly unsafe: BlockJson | null;
  readonly localSafe: BlockJson | null;
  readonly safe: BlockJson | null;
  readonly finalized: BlockJson | null;
}

/** Null for blocks that are not known. */
export interface L1Json {
  readonly head: BlockJson | null;
  readonly safe: BlockJson | null;
  readonly finalized: BlockJson | null;
}

export interface ProgressJson {
  readonly by: 'derivation' | 'verification';
  /** The L1 block that is being read. */
  readonly at: number;
  /** L1's head. */
  readonly of: number;
  /** The L1 block that L2 begins at. */
  readonly from: number;
  /** True when everything that L1 has was read. */
  readonly isIdle: boolean;
  /** L1 blocks a second; null before there is a measure. */
  readonly blocksPerSec: number | null;
  /** Seconds until L1's head is reached; null where that is not in sight. */
  readonly leftSec: number | null;
}

export interface FollowJson {
  readonly sources: readonly SourceJson[];
  /** How the last poll ended, as `result` of the metrics; null before the first. */
  readonly lastResult: string | null;
  /** Seconds since a status was taken, or since the start. */
  readonly lastTakenSec: number;
  readonly isConflictLasting: boolean;
  /** Sources that must agree; 0 where one is followed at a time. */
  readonly quorum: number;
  readonly isQuorumMet: boolean;
  /** What the source is ahead of us at the last poll, by head; null where it is not known. */
  readonly drift: DriftJson;
  readonly failovers: number;
  readonly reorgs: number;
}

export interface DriftJson {
  readonly unsafe: Drift | null;
  readonly safe: Drift | null;
  readonly finalized: Drift | null;
}

export interface Drift {
  readonly blocks: number;
  readonly seconds: number;
}

export interface SourceJson {
  /** Its address without credentials. */
  readonly name: string;
  readonly isActive: boolean;
  readonly isStale: boolean;
  /** As `result` of the metrics; null before the first. */
  readonly lastResult: string | null;
  /** The same in words. */
  readonly says: string;
  readonly level: Level;
  /** How its statuses have ended since the start. */
  readonly results: Readonly<Record<string, number>>;
  /** Mean time of an answer, in the last seconds; null without one. */
  readonly latencyMs: number | null;
}

export interface VerificationJson {
  /** The newest L2 block that L1 confirms; null before the first. */
  readonly verified: number | null;
  readonly refuted: number;
  readonly replaced: number;
  readonly restarts: number;
}

export interface PeersJson {
  readonly count: number;
  /** Why there are none, in words; null while there are some, or while it is not known. */
  readonly whyNone: string | null;
  /** Gossiped blocks since the start, by verdict. */
  readonly blocks: Readonly<Record<string, number>>;
}

export interface SequencerJson {
  readonly isActive: boolean;
  readonly errors: number;
  /** Mean of the last seconds; null without a block. */
  readonly sealingMs: number | null;
}

export interface EndpointsJson {
  readonly engine: EndpointJson;
  /** Null without an L1. */
  readonly l1: EndpointJson | null;
}

export interface EndpointJson {
  /** Mean time of a call in the last seconds; null without one. */
  readonly latencyMs: number | null;
  /** False when no call of the last seconds had an answer. */
  readonly isAnswering: boolean;
}

/** What is kept of each second. Columns of a row: `HISTORY_COLUMNS`; null for what is not known. */
export type HistoryRow = readonly (number | null)[];

export interface HistoryJson {
  readonly columns: readonly string[];
  /** Oldest first. */
  readonly rows: readonly HistoryRow[];
}
