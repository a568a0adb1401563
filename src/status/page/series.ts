import type { HistoryJson, HistoryRow } from '../statusJson.js';

/** An hour at a point a second. */
const MAX_ROWS = 3_600;

/** The history as it grows in the browser. */
export class Series {
  private rows: readonly HistoryRow[];

  constructor(private readonly history: HistoryJson) {
    this.rows = history.rows;
  }

  /** Takes a row that is newer than all others; others are known. */
  add(row: HistoryRow): void {
    if ((row[0] ?? 0) <= (this.newestMs ?? 0)) return;
    this.rows = [...this.rows.slice(1 - MAX_ROWS), row];
  }

  /** Null before the first row. */
  get newestMs(): number | null {
    return this.rows.at(-1)?.[0] ?? null;
  }

  column(name: string): (number | null)[] {
    const at = this.history.columns.indexOf(name);
    return this.rows.map((row) => row[at] ?? null);
  }

  /** Unix seconds. */
  timesSec(): number[] {
    return this.rows.map(([ms]) => (ms ?? 0) / 1_000);
  }
}
