import { maxRlpBytesPerChannel } from '../../rollup/chainLimits.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Frame } from '../codec/frame.js';
import { Channel } from './channel.js';
import type { ChannelStage, ChannelStageDeps } from './channelStage.js';
import { channelFields, frameFields, isTimedOut } from './channelStage.js';
import type { Pull } from './pull.js';

/** A blob may have thousands of frames without data: others have their turn between pulls. */
const FRAMES_PER_PULL = 64;

/**
 * The one channel being put together from Holocene on: frames in order, a frame 0 starts over, a channel that is too
 * large is dropped. Spec: protocol/holocene/derivation, "Channel Bank"; op-node `rollup/derive/channel_assembler.go`.
 */
export class ChannelAssembler implements ChannelStage {
  private channel: Channel | null = null;
  private readonly config: RollupConfig;
  private readonly deps: ChannelStageDeps;

  constructor(config: RollupConfig, deps: ChannelStageDeps) {
    this.config = config;
    this.deps = deps;
  }

  async nextChannel(signal: AbortSignal): Promise<Pull<Uint8Array>> {
    const { observer, previous } = this.deps;
    if (this.channel !== null && isTimedOut(this.config, this.channel, previous.origin)) {
      observer.channelTimedOut();
      observer.noted('channel timed out', channelFields(this.channel));
      this.channel = null;
    }
    for (let taken = 0; taken < FRAMES_PER_PULL; taken++) {
      const frame = await previous.nextFrame(signal);
      if (typeof frame === 'string') return frame;
      const complete = this.add(frame);
      if (complete === null) continue;
      this.channel = null;
      return complete.data();
    }
    return 'again';
  }

  reset(): void {
    this.channel = null;
  }

  flush(): void {
    this.channel = null;
  }

  /** The channel when this frame completed it. */
  private add(frame: Frame): Channel | null {
    const { observer, previous } = this.deps;
    const fields = { stage: 'channel', origin: previous.origin, ...frameFields(frame) };
    if (frame.number === 0) {
      observer.headChannelOpened();
      this.channel = new Channel(frame.channelId, previous.origin, 'inOrder');
      observer.noted('created new channel', fields);
    }
    if (this.channel === null) {
      observer.dropped('dropping non-first frame without channel', fields);
      return null;
    }
    const outcome = this.channel.add(frame);
    if (outcome !== 'added') {
      observer.dropped('failed to add frame to channel', { ...fields, why: outcome });
      return null;
    }
    if (this.channel.size > maxRlpBytesPerChannel(this.config, previous.origin.timestamp)) {
      observer.dropped('dropping oversized channel', fields);
      this.channel = null;
      return null;
    }
    observer.frameAdded();
    return frame.isLast ? this.channel : null;
  }
}
