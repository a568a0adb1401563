import type { BlockPublisher } from './ports.js';

/** A node without peers. */
export class DisabledPublisher implements BlockPublisher {
  publish(): void {}
}
