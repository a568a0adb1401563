import { NodeError } from '../../errors/nodeError.js';
import { maxChannelBankSize } from '../../rollup/chainLimits.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Frame } from '../codec/frame.js';
import { Channel } from './channel.js';
import type { ChannelStage, ChannelStageDeps } from './channelStage.js';
import { channelFields, frameFields, isTimedOut } from './channelStage.js';
import type { Pull } from './pull.js';

/**
 * Channels being put together before Holocene, oldest first. Each pull first tries to read a complete channel, then
 * takes in one frame; that order decides what is dropped when the bank is full.
 * Before Canyon only the oldest channel may be read, from it on the first complete one.
 * Spec: protocol/derivation, "Channel Bank"; op-node `rollup/derive/channel_bank.go`.
 */
export class ChannelBank implements ChannelStage {
  /** In order of their first frames. */
  private readonly channels = new Map<string, Channel>();
  private totalBytes = 0;
  /** How many channels are complete: there may be hundreds of thousands to look through for one. */
  private readyCount = 0;
  private readonly config: RollupConfig;
  private readonly deps: ChannelStageDeps;

  constructor(config: RollupConfig, deps: ChannelStageDeps) {
    this.config = config;
    this.deps = deps;
  }

  async nextChannel(signal: AbortSignal): Promise<Pull<Uint8Array>> {
    const read = this.read();
    if (read !== 'outOfData') return read;
    const frame = await this.deps.previous.nextFrame(signal);
    if (typeof frame === 'string') return frame;
    this.ingest(frame);
    return 'again';
  }

  reset(): void {
    this.channels.clear();
    this.totalBytes = 0;
    this.readyCount = 0;
  }

  flush(): never {
    throw new NodeError(
      'DERIVE_INVARIANT',
      'channel bank flushed: there are no flushes before Holocene',
      {
        severity: 'critical',
      },
    );
  }

  private read(): Pull<Uint8Array> {
    const origin = this.deps.previous.origin;
    const [oldest] = this.channels.values();
    if (oldest === undefined) return 'outOfData';
    // The oldest times out first: while one has, frames are not taken in and nothing is read.
    if (isTimedOut(this.config, oldest, origin)) {
      this.remove(oldest);
      this.deps.observer.channelTimedOut();
      this.deps.observer.noted('channel timed out', channelFields(oldest));
      return 'again';
    }
    if (this.readyCount === 0) return 'outOfData';
    const candidates = isActive(this.config, 'canyon', origin.timestamp)
      ? this.channels.values()
      : [oldest];
    for (const channel of candidates) {
      if (!channel.isReady) continue;
      this.remove(channel);
      this.deps.observer.headChannelOpened();
      this.deps.observer.noted('Reading channel', channelFields(channel));
      return channel.data();
    }
    return 'outOfData';
  }

  private ingest(frame: Frame): void {
    const { observer } = this.deps;
    const channel = this.channels.get(frame.channelId) ?? this.open(frame);
    const { size, isReady } = channel;
    const outcome = channel.add(frame);
    this.totalBytes += channel.size - size;
    if (channel.isReady && !isReady) this.readyCount++;
    if (outcome !== 'added') {
      const fields = { ...this.ingested(frame), why: outcome };
      observer.dropped('failed to ingest frame into channel', fields);
      return;
    }
    observer.frameAdded();
    this.prune();
  }

  private open(frame: Frame): Channel {
    const { observer, previous } = this.deps;
    if (this.channels.size === 0) observer.headChannelOpened();
    const channel = new Channel(frame.channelId, previous.origin, 'anyOrder');
    this.channels.set(channel.id, channel);
    observer.noted('created new channel', this.ingested(frame));
    return channel;
  }

  private prune(): void {
    const limit = maxChannelBankSize(this.config, this.deps.previous.origin.timestamp);
    for (const channel of this.channels.values()) {
      if (this.totalBytes <= limit) return;
      this.remove(channel);
      this.deps.observer.dropped('pruning channel', {
        channel: channel.id,
        totalSize: this.totalBytes + channel.size,
        channel_size: channel.size,
        remaining_channel_count: this.channels.size,
      });
    }
  }

  private ingested(frame: Frame): Readonly<Record<string, unknown>> {
    return { origin: this.deps.previous.origin, ...frameFields(frame) };
  }

  private remove(channel: Channel): void {
    this.channels.delete(channel.id);
    this.totalBytes -= channel.size;
    if (channel.isReady) this.readyCount--;
  }
}
