import { channelTimeout } from '../../rollup/chainLimits.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Frame } from '../codec/frame.js';
import type { DeriveObserver } from '../ports.js';
import type { Channel } from './channel.js';
import type { Pull } from './pull.js';

/** The stage before: frames in order. */
export interface FrameProvider {
  readonly origin: L1BlockRef;
  nextFrame(signal: AbortSignal): Promise<Pull<Frame>>;
}

/** Turns frames into whole channels: the channel bank before Holocene, the channel assembler from it. */
export interface ChannelStage {
  /** Data of the next complete channel, still compressed. */
  nextChannel(signal: AbortSignal): Promise<Pull<Uint8Array>>;
  reset(): void;
  /** Drops the channel being put together. Only called from Holocene on. */
  flush(): void;
}

export interface ChannelStageDeps {
  readonly previous: FrameProvider;
  readonly observer: DeriveObserver;
}

/** What a line of log says of a frame. */
export function frameFields(frame: Frame): Readonly<Record<string, unknown>> {
  return {
    channel: frame.channelId,
    length: frame.data.length,
    frame_number: frame.number,
    is_last: frame.isLast,
  };
}

/** What a line of log says of a channel. */
export function channelFields({ id, frameCount }: Channel): Readonly<Record<string, unknown>> {
  return { channel: id, frames: frameCount };
}

/** True when the L1 block is too far behind the channel's first one for it to go on. */
export function isTimedOut(config: RollupConfig, channel: Channel, origin: L1BlockRef): boolean {
  return channel.openBlock.number + channelTimeout(config, origin.timestamp) < origin.number;
}
