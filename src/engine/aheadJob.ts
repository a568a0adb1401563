import type { L2BlockRef } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import type { BuildJob } from '../types/building.js';
import type { PayloadAttributes } from '../types/payload.js';

/** A building job that was started before its attributes were derived: for exactly these, or for none. */
export class AheadJob {
  private started: { readonly attributes: PayloadAttributes; readonly job: BuildJob } | null = null;

  keep(attributes: PayloadAttributes, job: BuildJob): void {
    this.started = { attributes, job };
  }

  /** The job of these attributes on that parent, once; null where there is none. Any other is given up. */
  take(attributes: PayloadAttributes, parent: L2BlockRef): BuildJob | null {
    const { started } = this;
    this.started = null;
    const isOf = started?.attributes === attributes && sameBlock(started.job.parent, parent);
    return isOf ? started.job : null;
  }
}
