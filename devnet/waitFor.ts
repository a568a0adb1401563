import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/** How long to wait and for what. */
export interface WaitOptions {
  /** Names the condition in the error. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly pollMs?: number;
  /** Ends the wait early with its error, for example when the process that should answer has ended. */
  readonly failIf?: () => Error | null;
}

/**
 * Calls `probe` until it returns something other than undefined, and returns that. A throwing probe counts as
 * "not yet"; its last error is the cause when the time is over.
 * @throws Error naming the condition after `timeoutMs`, or what `failIf` returned.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  { what, timeoutMs, pollMs = POLL_MS, failIf }: WaitOptions,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    const failure = failIf?.();
    if (failure) throw failure;
    try {
      const value = await probe();
      if (value !== undefined) return value;
      last = undefined;
    } catch (thrown) {
      last = thrown;
    }
    if (performance.now() > end) {
      throw new Error(`gave up after ${timeoutMs} ms: ${what}`, { cause: last });
    }
    await sleep(pollMs);
  }
}
