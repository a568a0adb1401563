import type { HistoryJson, HistoryRow } from './statusJson.js';

/** One moment of the node. Null for what is not known. */
export interface HistoryPoint {
  /** Unix milliseconds. */
  readonly timeMs: number;
  /** Numbers of the L2 heads. */
  readonly unsafe: number | null;
  readonly safe: number | null;
  readonly finalized: number | null;
  /** Seconds of block time that the follow source is ahead of us. */
  readonly unsafeDrift: number | null;
  readonly safeDrift: number | null;
  readonly finalizedDrift: number | null;
  /** L1 blocks: its head, and the one that derivation or verification reads. */
  readonly l1Head: number | null;
  readonly l1At: number | null;
  readonly peers: number | null;
  /** Mean times of calls, in milliseconds. */
  readonly engineMs: number | null;
  readonly l1Ms: number | null;
  readonly sourceMs: number | null;
}

/** The columns of a row, in their order. */
export const HISTORY_COLUMNS = [
  'timeMs',
  'unsafe',
  'safe',
  'finalized',
  'unsafeDrift',
  'safeDrift',
  'finalizedDrift',
  'l1Head',
  'l1At',
  'peers',
  'engineMs',
  'l1Ms',
  'sourceMs',
] as const satisfies readonly (keyof HistoryPoint)[];

export function rowOf(point: HistoryPoint): HistoryRow {
  return HISTORY_COLUMNS.map((column) => point[column]);
}

/** The newest points, oldest first, at most so many and so old. */
export class History {
  private points: readonly HistoryPoint[] = [];

  constructor(private readonly kept: { readonly points: number; readonly ms: number }) {}

  add(point: HistoryPoint): void {
    const since = point.timeMs - this.kept.ms;
    const last = this.points.slice(1 - this.kept.points);
    this.points = [...last.filter(({ timeMs }) => timeMs > since), point];
  }

  /**
   * How fast a number has grown, a second, since at most that long ago; null before there are two points of it, or where
   * it is not known at both ends.
   */
  rate(key: Exclude<keyof HistoryPoint, 'timeMs'>, windowMs: number): number | null {
    const last = this.points.at(-1);
    if (last === undefined) return null;
    const since = last.timeMs - windowMs;
    const first = this.points.find((point) => point.timeMs >= since && point[key] !== null);
    const [before, now] = [first?.[key] ?? null, last[key]];
    if (first === undefined || before === null || now === null || first === last) return null;
    return ((now - before) * 1000) / (last.timeMs - first.timeMs);
  }

  json(): HistoryJson {
    return { columns: HISTORY_COLUMNS, rows: this.points.map(rowOf) };
  }
}
