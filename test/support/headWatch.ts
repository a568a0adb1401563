import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncStatusJson } from '../../conformance/recorded.js';

const SAMPLE_MS = 40;
const WATCHED = ['unsafe_l2', 'local_safe_l2', 'safe_l2', 'finalized_l2', 'current_l1'] as const;

/** Looks at a node's heads all the time and notes each that goes back. */
export class HeadWatch {
  readonly #status: () => Promise<SyncStatusJson>;
  readonly #steps: string[] = [];
  readonly #done: Promise<void>;
  #samples = 0;
  #isStopped = false;

  constructor(status: () => Promise<SyncStatusJson>) {
    this.#status = status;
    this.#done = this.#watch();
  }

  /** Ends it. @returns each step back that was seen, as text. @throws Error when too little was seen to tell. */
  async stop(): Promise<readonly string[]> {
    this.#isStopped = true;
    await this.#done;
    if (this.#samples < 10) throw new Error(`only ${this.#samples} looks at the heads`);
    return this.#steps;
  }

  async #watch(): Promise<void> {
    let last: SyncStatusJson | undefined;
    while (!this.#isStopped) {
      const now = await this.#status().catch(() => undefined);
      if (now === undefined) return;
      for (const head of WATCHED) {
        const before = last?.[head].number ?? 0;
        if (now[head].number < before) this.#steps.push(`${head} ${before} to ${now[head].number}`);
      }
      this.#samples += 1;
      last = now;
      await sleep(SAMPLE_MS);
    }
  }
}
