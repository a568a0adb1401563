import { maxRlpBytesPerChannel } from '../../rollup/chainLimits.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Batch } from '../codec/batch.js';
import { decodeSingularBatch, SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE } from '../codec/batch.js';
import { ByteReader, orNull } from '../codec/byteReader.js';
import { decompressChannel } from '../codec/decompress.js';
import { readableBytes } from '../codec/faultyChannel.js';
import type { RawSpanBatch } from '../codec/spanBatch.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../codec/spanBatch.js';
import type { DeriveObserver } from '../ports.js';
import type { Pull } from './pull.js';

/** The stage before: whole channels, compressed. */
export interface ChannelProvider {
  readonly origin: L1BlockRef;
  nextChannel(signal: AbortSignal): Promise<Pull<Uint8Array>>;
  flush(): void;
}

/**
 * Reads batches out of channels. What cannot be decoded ends its channel; a span batch that is whole but unusable is
 * left out alone. Spec: protocol/derivation, "Batch Decoding"; op-node `rollup/derive/channel_in_reader.go`.
 */
export class ChannelReader {
  private items: ByteReader | null = null;
  private readonly config: RollupConfig;
  private readonly previous: ChannelProvider;
  private readonly observer: DeriveObserver;

  constructor(config: RollupConfig, deps: { previous: ChannelProvider; observer: DeriveObserver }) {
    this.config = config;
    this.previous = deps.previous;
    this.observer = deps.observer;
  }

  get origin(): L1BlockRef {
    return this.previous.origin;
  }

  async nextBatch(signal: AbortSignal): Promise<Pull<Batch>> {
    if (this.items === null) {
      const channel = await this.previous.nextChannel(signal);
      if (typeof channel === 'string') return channel;
      this.items = await this.open(channel);
    }
    const { items } = this;
    return items === null ? 'again' : this.readBatch(items);
  }

  reset(): void {
    this.items = null;
  }

  /** Drops the rest of the current channel here and what the stages before hold of one. */
  flush(): void {
    this.items = null;
    this.previous.flush();
  }

  private async open(channel: Uint8Array): Promise<ByteReader | null> {
    const { number, timestamp } = this.origin;
    const limit = maxRlpBytesPerChannel(this.config, timestamp);
    const isBrotliAllowed = isActive(this.config, 'fjord', timestamp);
    const data = await decompressChannel(channel, limit, isBrotliAllowed);
    if (data === null) {
      this.observer.dropped('channel of unknown compression', { origin: number });
      return null;
    }
    this.observer.channelInputBytes(channel.length);
    return new ByteReader(readableBytes(data));
  }

  private readBatch(items: ByteReader): Pull<Batch> {
    // An empty rest is the proper end, anything that is no whole RLP string an improper one: both end the channel.
    const encoded = items.remaining === 0 ? null : orNull(() => items.rlpString());
    const decoded = encoded === null ? null : decodeBatch(encoded);
    if (decoded === null) {
      if (items.remaining > 0) this.drop('rest of a malformed channel');
      this.items = null;
      return 'again';
    }
    if (decoded.type === 'raw') return this.deriveSpan(decoded.span);
    this.observer.batchDerived('singular');
    return decoded;
  }

  private deriveSpan(raw: RawSpanBatch): Pull<Batch> {
    if (!isActive(this.config, 'delta', this.origin.timestamp)) {
      this.drop('span batch before Delta');
      return 'again';
    }
    const span = deriveSpanBatch(raw, this.config);
    if (span === null) {
      this.drop('malformed span batch');
      return 'again';
    }
    this.observer.batchDerived('span');
    return span;
  }

  private drop(what: string): void {
    this.observer.dropped(what, { origin: this.origin.number });
  }
}

type Decoded =
  | Extract<Batch, { type: 'singular' }>
  | { readonly type: 'raw'; readonly span: RawSpanBatch };

/** A batch by its type byte; null when malformed or of an unknown type. */
function decodeBatch(encoded: Uint8Array): Decoded | null {
  const body = encoded.subarray(1);
  if (encoded[0] === SINGULAR_BATCH_TYPE) return decodeSingularBatch(body);
  if (encoded[0] !== SPAN_BATCH_TYPE) return null;
  const span = decodeRawSpanBatch(body);
  return span === null ? null : { type: 'raw', span };
}
