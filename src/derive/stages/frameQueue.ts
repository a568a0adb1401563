import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Frame } from '../codec/frame.js';
import { parseFrames } from '../codec/frame.js';
import type { DeriveObserver } from '../ports.js';
import type { Pull } from './pull.js';

/** The stage before: batcher data, one transaction's calldata or one blob at a time. */
export interface DataProvider {
  readonly origin: L1BlockRef;
  nextData(signal: AbortSignal): Promise<Pull<Uint8Array>>;
}

/**
 * Holds the frames of batcher data until the channel stage takes them. From Holocene on only frames that continue a
 * channel in order stay. op-node `rollup/derive/frame_queue.go`.
 */
export class FrameQueue {
  private frames: readonly Frame[] = [];
  private taken = 0;
  private readonly config: Pick<RollupConfig, 'forks'>;
  private readonly previous: DataProvider;
  private readonly observer: DeriveObserver;

  constructor(
    config: Pick<RollupConfig, 'forks'>,
    deps: { previous: DataProvider; observer: DeriveObserver },
  ) {
    this.config = config;
    this.previous = deps.previous;
    this.observer = deps.observer;
  }

  get origin(): L1BlockRef {
    return this.previous.origin;
  }

  async nextFrame(signal: AbortSignal): Promise<Pull<Frame>> {
    if (this.taken === this.frames.length) {
      const data = await this.previous.nextData(signal);
      if (typeof data === 'string') return data;
      this.load(data);
    }
    return this.frames[this.taken++] ?? this.again();
  }

  /** Forgets all frames: on reset, and when Holocene activates. */
  reset(): void {
    this.frames = [];
    this.taken = 0;
  }

  private again(): 'again' {
    this.reset();
    return 'again';
  }

  private load(data: Uint8Array): void {
    this.taken = 0;
    this.frames = parseFrames(data) ?? [];
    if (this.frames.length === 0) {
      this.observer.dropped('Failed to parse frames', { origin: this.origin });
    }
    if (isActive(this.config, 'holocene', this.origin.timestamp)) {
      this.frames = pruneFrames(this.frames);
    }
  }
}

/**
 * Keeps frames that follow each other: of one channel with rising numbers up to the last, a new channel only from its
 * frame 0 on. A frame 0 drops the unfinished channel before it. One pass; frames leave from the end of what is kept.
 * Spec: protocol/holocene/derivation, "Frame Queue".
 */
export function pruneFrames(frames: readonly Frame[]): readonly Frame[] {
  const kept: Frame[] = [];
  for (const next of frames) {
    let current = kept.at(-1);
    while (
      current !== undefined &&
      current.channelId !== next.channelId &&
      next.number === 0 &&
      !current.isLast
    ) {
      kept.pop();
      current = kept.at(-1);
    }
    if (current === undefined || follows(current, next)) kept.push(next);
  }
  return kept;
}

/** Numbers of frames are u16: behind the highest one op-node counts on from 0, which begins the channel anew. */
const FRAME_NUMBERS = 65_536;

function follows(current: Frame, next: Frame): boolean {
  if (current.channelId !== next.channelId) return next.number === 0;
  return !current.isLast && next.number === (current.number + 1) % FRAME_NUMBERS;
}
