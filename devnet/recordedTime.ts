import type { World } from '../conformance/world.js';

/** Newest recorded L1 and L2 block numbers at a moment. */
export interface Moment {
  readonly l1: number;
  readonly l2: number;
}

/** Replays a world's block times: block N exists as soon as its recorded time has come. */
export class RecordedTime {
  readonly #l1Times: readonly number[];
  readonly #l2Times: readonly number[];

  constructor(world: World) {
    this.#l1Times = world.l1.map((entry) => Number(entry.block.timestamp));
    this.#l2Times = world.l2.map((block) => Number(block.timestamp));
  }

  /** What exists `seconds` of recorded time after L1 block `start`. */
  at(start: number, seconds: number): Moment {
    const now = (this.#l1Times[start] ?? 0) + seconds;
    return { l1: newest(this.#l1Times, now), l2: newest(this.#l2Times, now) };
  }

  /** Recorded seconds from L1 block `start` to the last one. */
  length(start: number): number {
    return (this.#l1Times.at(-1) ?? 0) - (this.#l1Times[start] ?? 0);
  }
}

function newest(times: readonly number[], now: number): number {
  return Math.max(0, times.filter((time) => time <= now).length - 1);
}
