import { Buffer } from 'node:buffer';
import type { Frame } from '../../src/derive/codec/frame.js';
import { DERIVATION_VERSION_0, FRAME_FIXED_LENGTH } from '../../src/derive/codec/frame.js';
import { concatBytes } from './byteWriter.js';

/** One frame as it stands in batcher data. Layout: see `parseFrames`. */
export function encodeFrame(frame: Frame): Uint8Array {
  const fixed = Buffer.alloc(FRAME_FIXED_LENGTH - 1);
  fixed.write(frame.channelId, 'hex');
  fixed.writeUInt16BE(frame.number, 16);
  fixed.writeUInt32BE(frame.data.length, 18);
  return concatBytes([fixed, frame.data, Uint8Array.of(frame.isLast ? 1 : 0)]);
}

/** The data of one batcher transaction or blob. */
export function encodeBatcherData(frames: readonly Frame[]): Uint8Array {
  return concatBytes([Uint8Array.of(DERIVATION_VERSION_0), ...frames.map(encodeFrame)]);
}

/**
 * Cuts a channel into frames.
 * @param channelId 16 bytes as hex digits.
 * @param maxBytes most bytes of a whole frame.
 */
export function splitChannel(
  channelId: string,
  data: Uint8Array,
  maxBytes: number,
): readonly Frame[] {
  const room = Math.max(1, maxBytes - FRAME_FIXED_LENGTH);
  const count = Math.max(1, Math.ceil(data.length / room));
  return Array.from({ length: count }, (_, number) => ({
    channelId,
    number,
    data: data.subarray(number * room, (number + 1) * room),
    isLast: number === count - 1,
  }));
}
