import type { Clock } from '../runtime/clock.js';
import type { L2BlockRef } from '../types/block.js';

/** A wait that a later event may end or replace. By monotonic time: setting the system's clock does not change it. */
export class Pause {
  private untilMs = 0;

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** From now on; replaces the one before. */
  hold(ms: number): void {
    this.untilMs = this.clock.monotonicMs() + ms;
  }

  end(): void {
    this.untilMs = 0;
  }

  /** 0 or less: no pause. */
  get leftMs(): number {
    return this.untilMs - this.clock.monotonicMs();
  }
}

/** Used where `--sequencer.sealing-duration` is 0 or less. */
const DEFAULT_SEALING_MS = 50;

export interface ScheduleOptions {
  /** Seconds. */
  readonly blockTime: bigint;
  /** `--sequencer.sealing-duration` in milliseconds. */
  readonly sealingMs: number;
}

/** When, in Unix milliseconds, the child of that head may be started: one block time before it is due. */
export function startMs(head: L2BlockRef): number {
  return Number(head.timestamp) * 1000;
}

/** When, in Unix milliseconds, the child of that head is sealed, so that it is there when it is due. */
export function sealMs(head: L2BlockRef, { blockTime, sealingMs }: ScheduleOptions): number {
  const marginMs = sealingMs > 0 ? sealingMs : DEFAULT_SEALING_MS;
  return Number(head.timestamp + blockTime) * 1000 - marginMs;
}
