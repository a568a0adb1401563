import { toNodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { Log } from '../../telemetry/logger.js';

export interface RepeatDeps {
  readonly clock: Pick<Clock, 'sleep' | 'monotonicMs'>;
  readonly log: Log;
}

/**
 * Does a piece of upkeep again and again until the signal fires. Where `everyMs` is a number it is done when the clock comes
 * to a multiple of it, so that whatever is done each second wakes a thread that rests once; else so long after it was done.
 * What it throws is logged: one failed round is no reason to end all others.
 */
export async function repeat(
  what: string,
  everyMs: number | (() => number),
  run: (signal: AbortSignal) => Promise<void>,
  { clock, log, signal }: RepeatDeps & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const waitMs = typeof everyMs === 'number' ? toMultiple(everyMs, clock) : everyMs();
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

/** To the next multiple, or the one after it where that is less than half of the time away. */
function toMultiple(everyMs: number, clock: Pick<Clock, 'monotonicMs'>): number {
  const leftMs = everyMs - (clock.monotonicMs() % everyMs);
  return leftMs < everyMs / 2 ? leftMs + everyMs : leftMs;
}
