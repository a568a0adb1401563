/** Sums that only grow, read again and again: how much they grew over the last readings. */
export class Recent {
  private readonly readings = new Map<string, (readonly number[])[]>();

  /** @param depth readings that "the last" means. */
  constructor(private readonly depth: number) {}

  /** Takes the sums of one thing. @returns what each has grown by since the oldest reading that is kept; zeros at the first. */
  grown(what: string, sums: readonly number[]): readonly number[] {
    const before = this.readings.get(what) ?? [sums];
    this.readings.set(what, [...before, sums].slice(-this.depth));
    return sums.map((sum, at) => sum - (before[0]?.[at] ?? sum));
  }
}
