import type { SingularBatch } from '../../src/derive/codec/batch.js';
import type { Frame } from '../../src/derive/codec/frame.js';
import type { Compression } from './channels.js';
import { encodeChannel } from './channels.js';
import { splitChannel } from './frames.js';
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

/** The blocks as one channel: the frames of each transaction or blob that carries it, in order. */
export function encodeBatcherPieces(
  input: ChannelInput,
  shape: BatcherShape,
): readonly (readonly Frame[])[] {
  const { blocks, isFirstOfEpoch, channelId, genesisTime } = input;
  const batches =
    shape.batch === 'span'
      ? [encodeSpanBatch(blocks, genesisTime, isFirstOfEpoch)]
      : blocks.map(encodeSingularBatch);
  const channel = encodeChannel(batches, shape.compression);
  const frames = splitChannel(channelId, channel, shape.maxFrameBytes);
  const pieces: (readonly Frame[])[] = [];
  for (let at = 0; at < frames.length; at += shape.framesPerPiece) {
    pieces.push(frames.slice(at, at + shape.framesPerPiece));
  }
  return pieces;
}
