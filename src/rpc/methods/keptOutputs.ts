/** Outputs kept: about 700 bytes each, enough for every block of a long dispute game's window. */
const MAX_KEPT = 4096;

/** What decides whether kept answers still stand. */
export interface FinalizedView {
  readonly finalizedNumber: bigint;
  /** Increases with each engine reset. */
  readonly resetEpoch: number;
}

/**
 * Ready JSON of the outputs of finalized blocks by number; the least recently asked for goes first.
 * Everything is dropped when the engine was reset or the finalized head went back: then a block may have been replaced.
 */
export class KeptOutputs {
  private readonly byNumber = new Map<bigint, string>();
  private seen: FinalizedView = { finalizedNumber: 0n, resetEpoch: 0 };

  /** Null when the output is not kept (any more). */
  get(number: bigint, view: FinalizedView): string | null {
    this.check(view);
    const json = this.byNumber.get(number);
    if (json === undefined || number > view.finalizedNumber) return null;
    this.byNumber.delete(number);
    this.byNumber.set(number, json);
    return json;
  }

  /** Keeps the output of a block that was finalized before it was looked up. */
  keep(number: bigint, json: string, view: FinalizedView): void {
    this.check(view);
    this.byNumber.set(number, json);
    const oldest = this.byNumber.keys().next();
    if (this.byNumber.size > MAX_KEPT && !oldest.done) this.byNumber.delete(oldest.value);
  }

  private check(view: FinalizedView): void {
    if (view === this.seen) return;
    const wentBack = view.finalizedNumber < this.seen.finalizedNumber;
    if (wentBack || view.resetEpoch !== this.seen.resetEpoch) this.byNumber.clear();
    this.seen = view;
  }
}
