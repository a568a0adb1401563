import { durationText } from '../words.js';

/** `12 ms`, `1.4 s`; null for none. */
export function latencyText(ms: number | null): string | null {
  if (ms === null) return null;
  if (ms < 1) return 'below 1 ms';
  return ms < 1_000 ? `${Math.round(ms)} ms` : durationText(ms / 1_000);
}
