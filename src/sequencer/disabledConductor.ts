import type { SequencerConductor } from './ports.js';

/** A sequencer on its own: it always leads. op-node `rollup/conductor` NoOpConductor. */
export class DisabledConductor implements SequencerConductor {
  readonly isEnabled = false;

  async isLeader(): Promise<boolean> {
    return true;
  }

  async commitUnsafePayload(): Promise<void> {}

  overrideLeader(): void {}
}
