import { GENESIS_REF } from '../l2Chain.js';
import { SettableClock } from '../sequencerRig.js';

/** Begins at the genesis of the made chain; whatever any timer has woken is looked at before the next one runs. */
export class SimClock extends SettableClock {
  onFlushed: () => void = () => undefined;

  constructor() {
    super(Number(GENESIS_REF.timestamp) * 1000);
  }

  override async flush(): Promise<void> {
    await super.flush();
    this.onFlushed();
  }

  /** Unix seconds of the simulated world, whatever the node's clock has been set to. */
  get worldSec(): number {
    return (this.nowMs() - this.skewMs) / 1000;
  }
}
