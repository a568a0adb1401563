import { toNodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { Log } from '../../telemetry/logger.js';

export interface RepeatDeps {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
}

/**
 * Does a piece of upkeep again and again, `everyMs` after it was done, until the signal fires. What it throws is logged: one
 * failed round is no reason to end all others.
 */
export async function repeat(
  what: string,
  everyMs: number | (() => number),
  run: (signal: AbortSignal) => Promise<void>,
  { clock, log, signal }: RepeatDeps & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const waitMs = typeof everyMs === 'number' ? everyMs : everyMs();
    await clock.sleep(waitMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await run(signal);
    } catch (thrown) {
      if (!signal.aborted)
        log.warn('Upkeep of peers failed', { what, err: toNodeError(thrown).message });
    }
  }
}
