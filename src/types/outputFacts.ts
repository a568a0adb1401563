import type { Hash } from './block.js';

/** What an output root commits to besides the block hash. */
export interface OutputFacts {
  readonly stateRoot: Hash;
  readonly messagePasserStorageRoot: Hash;
}
