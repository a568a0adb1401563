import type { Level } from './statusJson.js';

interface ResultWords {
  readonly level: Level;
  /** What is said of the source, after its name. */
  readonly says: string;
  /** Before the number of times. */
  readonly counted: string;
}

function words(level: Level, counted: string, says: string): ResultWords {
  return { level, says, counted };
}

/** Words for how a poll ended, by `result` of the metrics. */
export const RESULT_WORDS: Readonly<Record<string, ResultWords>> = {
  success: words('ok', 'taken', 'taken'),
  behind: words('ok', 'lower than ours', 'on our chain, lower than we are'),
  stale: words('warn', 'stale', 'says how things were, not how they are'),
  error_fetch_status: words('bad', 'no answer', 'does not give its status'),
  error_invalid_state: words('bad', 'impossible', 'refused: what it says cannot be'),
  error_l1_lookup: words(
    'warn',
    'not confirmed yet',
    'waits: our L1 cannot confirm its blocks yet',
  ),
  error_l1_mismatch: words('bad', 'other L1', 'refused: its L1 blocks are not those of our L1'),
  conflict: words('bad', 'conflict', 'refused: it contradicts our safe head'),
  finalized_conflict: words(
    'bad',
    'conflict with finalized',
    'refused: it contradicts our finalized head',
  ),
  refuted: words('bad', 'refuted by L1', 'refused: L1 says something else'),
  error_engine: words('warn', 'our engine failed', 'may be right, but our execution client failed'),
};

const BEFORE_FIRST = words('work', '', 'not asked yet');

/** @param result null before the first. */
export function resultWords(result: string | null): ResultWords {
  if (result === null) return BEFORE_FIRST;
  return RESULT_WORDS[result] ?? words('warn', result, result);
}

/** Words for why there are no peers, by `reason` of the metrics; null for a reason that is none. */
export const NO_PEER_WORDS: Readonly<Record<string, string | null>> = {
  none: null,
  no_addresses_known: 'no address of one is known yet',
  no_bootnode_answers: 'no bootnode answers: is UDP let through?',
  netrestrict: 'all that are known are outside of --p2p.netrestrict',
  all_banned: 'all that are known are banned',
  dials_fail: 'none of those that are known can be reached',
};

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time as one would say it: `0.4 s`, `45 s`, `3 min`, `2 h 10 min`, `3 d 4 h`. Below zero it is none. */
export function durationText(seconds: number): string {
  const sec = Math.max(0, seconds);
  if (sec < 10) return `${Number(sec.toFixed(1))} s`;
  if (sec < 100) return `${Math.round(sec)} s`;
  if (sec < HOUR) return `${Math.round(sec / MINUTE)} min`;
  if (sec < DAY) return twoUnits(sec, [HOUR, 'h'], [MINUTE, 'min']);
  return twoUnits(sec, [DAY, 'd'], [HOUR, 'h']);
}

function twoUnits(
  seconds: number,
  [large, largeName]: readonly [number, string],
  [small, smallName]: readonly [number, string],
): string {
  const all = Math.round(seconds / small);
  const ratio = large / small;
  const rest = all % ratio;
  const whole = `${Math.floor(all / ratio)} ${largeName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}

/** `1,234 blocks`, `1 block`. */
export function blocksText(blocks: number): string {
  return `${numberText(blocks)} ${blocks === 1 ? 'block' : 'blocks'}`;
}

/**
 * With commas between thousands, and three decimals at most. The first `toLocaleString` of a process reads what is known of
 * all languages, 7 MiB that a node has no other use for.
 */
export function numberText(value: number): string {
  const [whole = '', decimals] = String(Number(Math.abs(value).toFixed(3))).split('.');
  let text = whole.slice(-3);
  for (let end = -3; whole.length + end > 0; end -= 3)
    text = `${whole.slice(end - 3, end)},${text}`;
  return `${value < 0 ? '-' : ''}${text}${decimals === undefined ? '' : `.${decimals}`}`;
}
