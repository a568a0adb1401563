import { maxRlpBytesPerChannel } from '../../rollup/chainLimits.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Turn } from '../../rollup/slices.js';
import { inTurns } from '../../rollup/slices.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Batch, SingularBatch } from '../codec/batch.js';
import { decodeSingularBatch, SINGULAR_BATCH_TYPE, SPAN_BATCH_TYPE } from '../codec/batch.js';
import { ByteReader, orNull } from '../codec/byteReader.js';
import type { Pauses } from '../codec/decompress.js';
import { decompressChannel } from '../codec/decompress.js';
import { readableBytes } from '../codec/faultyChannel.js';
import type { RawSpanBatch } from '../codec/spanBatch.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../codec/spanBatch.js';
import type { DeriveObserver } from '../ports.js';
import { batchFields } from './batchFields.js';
import type { Pull } from './pull.js';

/** The stage before: whole channels, compressed. */
export interface ChannelProvider {
  readonly origin: L1BlockRef;
  nextChannel(signal: AbortSignal): Promise<Pull<Uint8Array>>;
  flush(): void;
}

export interface ChannelReaderDeps {
  readonly previous: ChannelProvider;
  readonly observer: DeriveObserver;
  readonly turn: Turn;
}

/** A batch that was looked at, and where the channel goes on behind it. */
interface Peeked {
  readonly batch: SingularBatch;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads batches out of channels. What cannot be decoded ends its channel; a span batch that is whole but unusable is
 * left out alone. Spec: protocol/derivation, "Batch Decoding"; op-node `rollup/derive/channel_in_reader.go`.
 */
export class ChannelReader {
  /** Taken from the stage before; kept until it is open. */
  private opening: Uint8Array | null = null;
  private items: ByteReader | null = null;
  private peeked: Peeked | null = null;
  private readonly config: RollupConfig;
  private readonly deps: ChannelReaderDeps;

  constructor(config: RollupConfig, deps: ChannelReaderDeps) {
    this.config = config;
    this.deps = deps;
  }

  get origin(): L1BlockRef {
    return this.deps.previous.origin;
  }

  async nextBatch(signal: AbortSignal): Promise<Pull<Batch>> {
    const pauses: Pauses = (sliced) => inTurns(sliced, this.deps.turn, signal);
    if (this.items === null) {
      const channel = this.opening ?? (await this.deps.previous.nextChannel(signal));
      if (typeof channel === 'string') return channel;
      this.opening = channel;
      this.items = await this.open(channel, pauses);
      this.peeked = null;
      this.opening = null;
    }
    const { items } = this;
    return items === null ? 'again' : this.readBatch(items, pauses);
  }

  /**
   * The batch that comes next out of the channel that is open, where it is a singular one: nothing is read on for it, and
   * `nextBatch` gives this very object.
   */
  peek(): SingularBatch | null {
    const { items } = this;
    if (items === null) return null;
    const start = items.position;
    if (this.peeked?.start === start) return this.peeked.batch;
    const encoded = orNull(() => items.rlpString());
    const end = items.position;
    items.position = start;
    if (encoded?.[0] !== SINGULAR_BATCH_TYPE) return null;
    const batch = decodeSingularBatch(encoded.subarray(1));
    this.peeked = batch === null ? null : { batch, start, end };
    return batch;
  }

  reset(): void {
    this.opening = null;
    this.items = null;
    this.peeked = null;
  }

  /** Drops the rest of the current channel here and what the stages before hold of one. */
  flush(): void {
    this.reset();
    this.deps.previous.flush();
  }

  private async open(channel: Uint8Array, pauses: Pauses): Promise<ByteReader | null> {
    const { timestamp } = this.origin;
    const { observer } = this.deps;
    const limit = maxRlpBytesPerChannel(this.config, timestamp);
    const isBrotliAllowed = isActive(this.config, 'fjord', timestamp);
    const data = await decompressChannel(channel, { limit, isBrotliAllowed }, pauses);
    if (data === null) {
      observer.dropped('failed to create batch reader from channel data, dropping channel', {
        origin: this.origin,
      });
      return null;
    }
    const readable = await pauses(readableBytes(data));
    observer.channelInputBytes(channel.length);
    return new ByteReader(readable);
  }

  private async readBatch(items: ByteReader, pauses: Pauses): Promise<Pull<Batch>> {
    const start = items.position;
    const { peeked } = this;
    this.peeked = null;
    if (peeked?.start === start) {
      items.position = peeked.end;
      return this.derived(peeked.batch);
    }
    try {
      return await this.decodeNext(items, pauses);
    } catch (thrown) {
      // Given up on the way: the same batch is read again.
      items.position = start;
      throw thrown;
    }
  }

  private async decodeNext(items: ByteReader, pauses: Pauses): Promise<Pull<Batch>> {
    // An empty rest is the proper end, anything that is no whole RLP string an improper one: both end the channel.
    const encoded = items.remaining === 0 ? null : orNull(() => items.rlpString());
    const decoded = encoded === null ? null : await decodeBatch(encoded, pauses);
    if (decoded === null) {
      if (items.remaining > 0)
        this.drop('failed to read batch from channel reader, skipping to next channel now');
      this.items = null;
      return 'again';
    }
    if (decoded.type === 'raw') return this.deriveSpan(decoded.span, pauses);
    return this.derived(decoded);
  }

  private async deriveSpan(raw: RawSpanBatch, pauses: Pauses): Promise<Pull<Batch>> {
    if (!isActive(this.config, 'delta', this.origin.timestamp)) {
      this.drop('dropping span batch before Delta activation');
      return 'again';
    }
    const span = await pauses(deriveSpanBatch(raw, this.config));
    if (span === null) {
      this.drop('dropping malformed span batch');
      return 'again';
    }
    return this.derived(span);
  }

  private derived(batch: Batch): Batch {
    const { observer } = this.deps;
    observer.batchDerived(batch.type);
    const fields = { ...batchFields(batch), stage_origin: this.origin };
    observer.noted(`decoded ${batch.type} batch from channel`, fields);
    return batch;
  }

  private drop(message: string): void {
    this.deps.observer.dropped(message, { origin: this.origin });
  }
}

type Decoded =
  | Extract<Batch, { type: 'singular' }>
  | { readonly type: 'raw'; readonly span: RawSpanBatch };

/** A batch by its type byte; null when malformed or of an unknown type. */
async function decodeBatch(encoded: Uint8Array, pauses: Pauses): Promise<Decoded | null> {
  const body = encoded.subarray(1);
  if (encoded[0] === SINGULAR_BATCH_TYPE) return decodeSingularBatch(body);
  if (encoded[0] !== SPAN_BATCH_TYPE) return null;
  const span = await pauses(decodeRawSpanBatch(body));
  return span === null ? null : { type: 'raw', span };
}
