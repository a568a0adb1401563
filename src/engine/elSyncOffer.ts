import type { EngineHeads } from '../types/engineHeads.js';
import { isInitialElSyncing } from '../types/engineHeads.js';
import type { EngineTaskContext } from './taskContext.js';

/** Time without news of the execution layer's first sync after which it is asked where it stands. */
export const QUIET_MS = 30_000;
/** Then it is asked again this often. */
const AGAIN_MS = 60_000;

export interface ElSyncOfferDeps {
  readonly ctx: Pick<EngineTaskContext, 'store' | 'clock' | 'options'>;
  /** Has the engine do `offerHead`; never rejects. */
  readonly offer: () => Promise<unknown>;
}

/**
 * Ends the wait for the first sync of the execution layer where no unsafe payload comes to do so: one that was restarted
 * has its chain already, and one that has got to its target tells nobody. While following, the follow target does this.
 * Not an actor: `observe` may be called at any time.
 */
export class ElSyncOffer {
  private cancelTimer: (() => void) | null = null;
  private seen: EngineHeads | null = null;
  private isStopped = false;

  constructor(private readonly deps: ElSyncOfferDeps) {}

  /** To be called after each change of the heads: a new one is news of the sync. */
  observe(): void {
    const { heads } = this.deps.ctx.store;
    if (heads === this.seen) return;
    this.seen = heads;
    this.arm(QUIET_MS);
  }

  stop(): void {
    this.isStopped = true;
    this.cancelTimer?.();
  }

  private arm(waitMs: number): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    const { store, options, clock } = this.deps.ctx;
    const isWaiting = isInitialElSyncing(store.heads) && !options.followEnabled;
    if (!isWaiting || this.isStopped) return;
    this.cancelTimer = clock.schedule(waitMs, () => void this.offer());
  }

  private async offer(): Promise<void> {
    this.cancelTimer = null;
    await this.deps.offer();
    // News since then has set the timer anew.
    if (this.cancelTimer === null) this.arm(AGAIN_MS);
  }
}
