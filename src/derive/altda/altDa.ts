import type { AltDaConfig, RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef } from '../../types/block.js';
import type { DeriveObserver } from '../ports.js';
import { ChallengeReader } from './challengeReader.js';
import { ChallengeState } from './challengeState.js';
import type { CommitmentKind } from './commitment.js';
import { commitmentKind } from './commitment.js';
import type { ChallengeL1, ChallengeRecorder, DaSource } from './ports.js';

export interface AltDaOptions {
  readonly config: Pick<RollupConfig, 'seqWindowSize' | 'channelTimeout'>;
  readonly altDa: AltDaConfig;
  /** `--altda.verify-on-read`: what a DA server answers must be what a keccak commitment is of. */
  readonly verifyOnRead: boolean;
  /** The DA server's printable address, for what is said of it; null where there is none. */
  readonly endpoint?: string | null;
}

export interface AltDaDeps {
  readonly l1: ChallengeL1;
  /** Null where no DA server is configured: derivation waits at the first commitment. */
  readonly server: DaSource | null;
  readonly recorder: ChallengeRecorder;
  readonly observer: DeriveObserver;
}

/** Where L2 blocks may be final: up to an L1 block that is known, or one that is named by its number. */
export type FinalTo =
  | { readonly kind: 'block'; readonly block: L1BlockRef }
  | { readonly kind: 'number'; readonly number: bigint };

/**
 * What a chain with alternative data availability needs beside the pipeline's stages: what is known of its challenges,
 * and where its inputs are. One for a pipeline, which it outlives resets with; the finalizer asks it what is final.
 */
export class AltDa {
  readonly kind: CommitmentKind;
  readonly verifyOnRead: boolean;
  readonly endpoint: string | null;
  /** L1 blocks in which a commitment may be challenged. */
  readonly challengeWindow: bigint;
  /** L1 blocks after which nothing is left to be decided of a commitment. */
  readonly windows: bigint;
  readonly state: ChallengeState;
  readonly challenges: ChallengeReader;
  readonly deps: AltDaDeps;

  constructor({ config, altDa, verifyOnRead, endpoint = null }: AltDaOptions, deps: AltDaDeps) {
    const { daChallengeWindow: challenge, daResolveWindow: resolve, daChallengeAddress } = altDa;
    this.kind = commitmentKind(altDa.daCommitmentType);
    this.verifyOnRead = verifyOnRead;
    this.endpoint = endpoint;
    this.challengeWindow = challenge;
    this.windows = challenge + resolve;
    this.deps = deps;
    this.state = new ChallengeState({ challenge, resolve });
    this.challenges = new ChallengeReader(
      {
        contract: daChallengeAddress,
        kind: this.kind,
        // A reset goes back by the sequencing window or both windows from the unsafe head's origin, which is at most a
        // sequencing window behind, and by a channel timeout to read; reading ahead is both windows in front.
        memoryBlocks: 2n * (config.seqWindowSize + challenge + resolve) + config.channelTimeout,
      },
      { state: this.state, ...deps },
    );
  }

  /** Derivation starts over. */
  reset(): void {
    this.state.forgetCommitments();
    this.challenges.reset();
  }

  /**
   * What L1 finality means for the chain: up to the last commitment whose windows have ended in finalized blocks, or,
   * while nothing waits for such an end, up to a challenge window before the finalized block. It never goes back for the
   * caller that keeps the highest. op-node `op-alt-da/damgr.go` updateFinalizedHead, updateFinalizedFromL1.
   * @returns null where nothing can be said yet.
   */
  finalTo(l1Finalized: bigint): FinalTo | null {
    const { state, challengeWindow } = this;
    if (state.isIdle) {
      const number = l1Finalized - challengeWindow;
      return number < 0n ? null : { kind: 'number', number };
    }
    state.finalize(l1Finalized);
    return state.lastFinal === null ? null : { kind: 'block', block: state.lastFinal };
  }
}
