/** Who holds bytes of a caller: what it sent and is not answered yet, what it was answered and has not read yet. */
export interface Holder {
  /** How many it holds now. */
  readonly heldBytes: number;
  /** Ends the connection and lets go of everything. */
  cut(): void;
}

/**
 * Bounds what all callers together make the server hold. Over the bound those that hold most are cut until it is kept,
 * so that a caller with a plain request never pays for the others.
 */
export class HeldBytes {
  private readonly holders = new Map<Holder, number>();
  private readonly maxBytes: number;
  private total = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** To be called when a holder has more or less than before. */
  changed(holder: Holder): void {
    this.note(holder, holder.heldBytes);
    if (this.total > this.maxBytes) this.shrink();
  }

  /** Its connection is gone. */
  gone(holder: Holder): void {
    this.note(holder, 0);
  }

  private note(holder: Holder, bytes: number): void {
    this.total += bytes - (this.holders.get(holder) ?? 0);
    if (bytes === 0) this.holders.delete(holder);
    else this.holders.set(holder, bytes);
  }

  private shrink(): void {
    for (const holder of this.holders.keys()) this.note(holder, holder.heldBytes);
    while (this.total > this.maxBytes) {
      const [largest] = [...this.holders].reduce((a, b) => (b[1] > a[1] ? b : a));
      this.gone(largest);
      largest.cut();
    }
  }
}
