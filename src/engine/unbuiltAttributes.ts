import type { PayloadAttributes } from '../types/payload.js';

/**
 * Tells attributes that the execution layer fails at for the second time: at the first time it may only have lost its
 * building job.
 */
export class UnbuiltAttributes {
  private last: PayloadAttributes | null = null;

  /** Notes that no block came of the attributes. @returns whether it was these very ones the last time too. */
  isRepeated(attributes: PayloadAttributes): boolean {
    const { last } = this;
    this.last = attributes;
    return last === attributes;
  }
}
