/**
 * What peers are judged by. "Slot" is the chain's block time.
 * op-node `op-node/p2p/peer_params.go`, `app_params.go`, preset `light`.
 */

/** Counters below this are taken for 0. */
export const DECAY_TO_ZERO = 0.01;
/** What is left of a counter after ten epochs of six slots is a hundredth of it. */
export const DECAY_PER_SLOT = DECAY_TO_ZERO ** (1 / 60);

/** Of gossipsub's own score; the names are js-libp2p's. No topic is scored. */
export const PEER_SCORE = {
  topicScoreCap: 0,
  appSpecificWeight: 1,
  ipColocationFactorWeight: -35,
  ipColocationFactorThreshold: 10,
  behaviourPenaltyWeight: -16,
  behaviourPenaltyThreshold: 6,
  behaviourPenaltyDecay: DECAY_PER_SLOT,
  decayToZero: DECAY_TO_ZERO,
} as const;

/** Below or above which scores gossipsub does what; the names are js-libp2p's. */
export const SCORE_THRESHOLDS = {
  gossipThreshold: -10,
  publishThreshold: -40,
  graylistThreshold: -40,
  acceptPXThreshold: 20,
  opportunisticGraftThreshold: 0.05,
} as const;

/** How long the score of a peer that left is kept. */
export const RETAIN_SCORE_SLOTS = 600;
/** Between two looks at all scores, for the store and metrics. */
export const SCORE_SNAPSHOT_MS = 15_000;

/** A counter of the application score. */
export interface CounterRule {
  readonly cap: number;
  readonly weight: number;
}

/** The counters of the application score, which is added to gossipsub's. */
export const APP_COUNTERS = {
  /** A request was answered with a block that verified. */
  validResponses: { cap: 10, weight: 0.5 },
  /** A request failed in any way but "not found". */
  errorResponses: { cap: 9, weight: -1 },
  /** A block in quarantine was thrown out without ever having been trusted. */
  rejectedPayloads: { cap: 20, weight: -20 },
} as const satisfies Readonly<Record<string, CounterRule>>;
