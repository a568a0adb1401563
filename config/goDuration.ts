/** Milliseconds of each unit that Go's time.ParseDuration knows. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;

/** Milliseconds of a Go duration (`1h30m`, `500ms`, `-1.5s`, `0`), or null when it is none. */
export function parseGoDuration(text: string): number | null {
  const isNegative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  let ms = 0;
  let end = 0;
  for (const match of body.matchAll(PART)) {
    ms += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
    end += match[0].length;
  }
  if (end === 0 || end !== body.length) return null;
  return isNegative ? -ms : ms;
}

/** The duration as Go prints it: `12h0m0s`, `6m24s`, `50ms`, `0s`. */
export function formatGoDuration(ms: number): string {
  if (ms < 0) return `-${formatGoDuration(-ms)}`;
  if (ms === 0) return '0s';
  if (ms < 1e-3) return `${trim(ms * 1e6)}ns`;
  if (ms < 1) return `${trim(ms * 1e3)}µs`;
  if (ms < 1_000) return `${trim(ms)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = trim((ms % 60_000) / 1_000);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** At most nine digits after the point: a nanosecond of a second. */
function trim(value: number): string {
  return String(Number(value.toFixed(9)));
}
