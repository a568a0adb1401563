/** Counts what held and prints what did not. */
export class Report {
  passed = 0;
  failed = 0;

  constructor(private readonly say: (line: string) => void) {}

  /** One comparison; `difference` is printed when it failed. */
  add(holds: boolean, difference: () => string): void {
    if (holds) {
      this.passed += 1;
      return;
    }
    this.failed += 1;
    this.say(difference());
  }

  /** Runs a named group of comparisons and prints how many of them held. */
  async section(name: string, run: () => Promise<void>): Promise<void> {
    const { passed, failed } = this;
    await run();
    const held = this.passed - passed;
    this.say(`${name}: ${held} of ${held + this.failed - failed}`);
  }
}
