import { parseHttpTime } from '../runtime/clock.js';

/** Longest wait that an endpoint can ask for: some name the end of the day, and may be well again within a minute. */
export const MAX_RETRY_AFTER_MS = 30_000;
/** Longer texts are no date of HTTP. */
const MAX_CHARS = 40;

/**
 * How long to wait by a `Retry-After` header, seconds or an HTTP date, at most MAX_RETRY_AFTER_MS.
 * @param nowMs Unix time.
 * @returns milliseconds; null without a header, or with one that says neither. RFC 9110, section 10.2.3.
 */
export function retryAfterMs(
  header: string | readonly string[] | undefined,
  nowMs: number,
): number | null {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined || text.length > MAX_CHARS) return null;
  const ms = /^[0-9]+$/.test(text) ? Number(text) * 1000 : sinceMs(parseHttpTime(text), nowMs);
  return ms === null ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function sinceMs(timeMs: number | null, nowMs: number): number | null {
  return timeMs === null ? null : timeMs - nowMs;
}
