import { durationText, numberText } from '../words.js';

/** `12 ms`, `1.4 s`; null for none. */
export function latencyText(ms: number | null): string | null {
  if (ms === null) return null;
  if (ms < 1) return 'below 1 ms';
  return ms < 1_000 ? `${Math.round(ms)} ms` : durationText(ms / 1_000);
}

/** The counts that are above zero, `accept 12, reject 1`; null where there is none. */
export function countsText(counts: Readonly<Record<string, number>>): string | null {
  const texts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name.replaceAll('_', ' ')} ${numberText(count)}`);
  return texts.length === 0 ? null : texts.join(', ');
}
