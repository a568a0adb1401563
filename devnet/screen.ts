import { type Snapshot, snapshotLine, tableLines } from './view.js';

const LINE_EVERY_SEC = 2;

/** Shows snapshots: a table that is drawn over itself at a terminal, a line each two seconds elsewhere. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #drawn = 0;
  #lastLineSec = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(snapshot: Snapshot): void {
    if (!this.#out.isTTY) {
      if (snapshot.elapsedSec - this.#lastLineSec < LINE_EVERY_SEC) return;
      this.#lastLineSec = snapshot.elapsedSec;
      this.#out.write(`${snapshotLine(snapshot)}\n`);
      return;
    }
    const lines = tableLines(snapshot);
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    this.#out.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }
}
