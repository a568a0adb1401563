const LINE_EVERY_SEC = 2;

/** How a snapshot looks. */
export interface ScreenView<S> {
  readonly table: (snapshot: S) => readonly string[];
  readonly line: (snapshot: S) => string;
}

/** Shows snapshots: a table that is drawn over itself at a terminal, a line each two seconds elsewhere. */
export class Screen<S extends { readonly elapsedSec: number }> {
  readonly #out: NodeJS.WriteStream;
  readonly #view: ScreenView<S>;
  #drawn = 0;
  #lastLineSec = Number.NEGATIVE_INFINITY;

  constructor(out: NodeJS.WriteStream, view: ScreenView<S>) {
    this.#out = out;
    this.#view = view;
  }

  show(snapshot: S): void {
    if (!this.#out.isTTY) {
      if (snapshot.elapsedSec - this.#lastLineSec < LINE_EVERY_SEC) return;
      this.#lastLineSec = snapshot.elapsedSec;
      this.#out.write(`${this.#view.line(snapshot)}\n`);
      return;
    }
    const lines = this.#view.table(snapshot);
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    this.#out.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }
}
