import type { SingularBatch } from '../../src/derive/batch.js';
import type { Compression } from './channels.js';
import { encodeChannel } from './channels.js';
import { encodeBatcherData, splitChannel } from './frames.js';
import { encodeSingularBatch } from './singularBatch.js';
import { encodeSpanBatch } from './spanBatch.js';

/** How blocks are written to L1. */
export interface BatcherShape {
  readonly batch: 'singular' | 'span';
  readonly compression: Compression;
  /** Most bytes of a frame, its 23 fixed ones included. */
  readonly maxFrameBytes: number;
  /** Frames in one transaction or blob. */
  readonly framesPerPiece: number;
}

export interface ChannelInput {
  /** Consecutive, at least one. */
  readonly blocks: readonly SingularBatch[];
  /** Whether the first block has another L1 origin than its parent. */
  readonly isFirstOfEpoch: boolean;
  /** 16 bytes as hex digits, not used before. */
  readonly channelId: string;
  /** Of the L2. */
  readonly genesisTime: bigint;
}

/** The blocks as one channel: the data of each transaction or blob that carries it, in order. */
export function encodeBatcherPieces(
  input: ChannelInput,
  shape: BatcherShape,
): readonly Uint8Array[] {
  const { blocks, isFirstOfEpoch, channelId, genesisTime } = input;
  const batches =
    shape.batch === 'span'
      ? [encodeSpanBatch(blocks, genesisTime, isFirstOfEpoch)]
      : blocks.map(encodeSingularBatch);
  const channel = encodeChannel(batches, shape.compression);
  const frames = splitChannel(channelId, channel, shape.maxFrameBytes);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < frames.length; at += shape.framesPerPiece) {
    pieces.push(encodeBatcherData(frames.slice(at, at + shape.framesPerPiece)));
  }
  return pieces;
}
