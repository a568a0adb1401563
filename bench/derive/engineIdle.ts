import type { WatchedCall } from './engineWatch.js';

/** What an execution client did between the first block that it was to build and its last answer. */
export interface EngineTimes {
  /** Of all this time, the part in which no call was in flight: it waited for the node. */
  readonly idleShare: number;
  readonly totalMs: number;
  readonly calls: number;
  /** Milliseconds from an answer to the next call, where nothing else was in flight; by the two methods. */
  readonly gapsMs: ReadonlyMap<string, readonly number[]>;
}

/** @param calls in the order of asking. Null where no block was built. */
export function engineTimes(calls: readonly WatchedCall[]): EngineTimes | null {
  const built = calls.findIndex(({ method }) => method.startsWith('engine_getPayload'));
  // The call before it started the building job.
  const window = calls.slice(Math.max(0, built - 1));
  const [first] = window;
  if (built < 0 || first === undefined) return null;
  const gapsMs = new Map<string, number[]>();
  let [idleMs, last] = [0, first];
  for (const call of window) {
    const gapMs = call.askedMs - last.answeredMs;
    if (gapMs > 0) {
      idleMs += gapMs;
      const between = `${shortName(last)} -> ${shortName(call)}`;
      gapsMs.set(between, [...(gapsMs.get(between) ?? []), gapMs]);
    }
    if (call.answeredMs > last.answeredMs) last = call;
  }
  const totalMs = last.answeredMs - first.askedMs;
  return { idleShare: idleMs / totalMs, totalMs, calls: window.length, gapsMs };
}

const shortName = ({ method }: WatchedCall): string => method.replace(/^engine_|V\d$/g, '');
