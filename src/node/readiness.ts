import type { RpcReadiness } from '../rpc/ports.js';
import { isZeroRef } from '../types/block.js';
import type { SyncStatus } from '../types/syncStatus.js';

/** How old the last accepted status of a follow source may be. */
const MAX_STATUS_AGE_SEC = 60;
/** L1 blocks that derivation may be behind the L1 head, besides those that it stays behind on purpose: six minutes. */
const MAX_L1_LAG = 32n;

export interface ReadinessDeps {
  readonly status: { get(): SyncStatus };
  readonly hasL1: boolean;
  /** Null where nothing is followed; else tells the seconds since the last accepted status, null before the first one. */
  readonly statusAgeSec: (() => number | null) | null;
  /** L1 blocks that derivation stays behind the L1 head. */
  readonly l1Confs: bigint;
}

/**
 * Whether the node can be asked: its heads are known and up to date with what it has them from. A sequencer, at work or at
 * rest, is ready as a verifier or follower is; who leads is the conductor's question. The rule is told in
 * docs/configuration.md.
 */
export class Readiness implements RpcReadiness {
  private readonly deps: ReadinessDeps;

  constructor(deps: ReadinessDeps) {
    this.deps = deps;
  }

  /** What keeps the node from being ready, in plain words; nothing when it is. */
  missing(): readonly string[] {
    const { status, hasL1, statusAgeSec } = this.deps;
    const now = status.get();
    const missing: string[] = [];
    if (isZeroRef(now.unsafeL2))
      missing.push('the heads of the execution engine are not known yet');
    if (hasL1 && isZeroRef(now.headL1)) missing.push('the L1 head is not known yet');
    const source = statusAgeSec === null ? this.derivationLag(now) : followGap(statusAgeSec());
    if (source !== null) missing.push(source);
    return missing;
  }

  private derivationLag({ currentL1, headL1 }: SyncStatus): string | null {
    if (isZeroRef(currentL1)) return 'derivation has not begun yet';
    const behind = headL1.number - currentL1.number - this.deps.l1Confs;
    return behind > MAX_L1_LAG ? `derivation is ${behind} L1 blocks behind` : null;
  }
}

function followGap(ageSec: number | null): string | null {
  if (ageSec === null) return 'no status of a follow source was accepted yet';
  if (ageSec <= MAX_STATUS_AGE_SEC) return null;
  return `no status of a follow source was accepted for ${Math.floor(ageSec)} seconds`;
}
