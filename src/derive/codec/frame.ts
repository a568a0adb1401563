import { Buffer } from 'node:buffer';

/** A piece of a channel. */
export interface Frame {
  /** 16 bytes as hex digits. */
  readonly channelId: string;
  /** Position in the channel, u16. */
  readonly number: number;
  /** A view of the input. */
  readonly data: Uint8Array;
  readonly isLast: boolean;
}

/** First byte of batcher data. */
export const DERIVATION_VERSION_0 = 0;
/** Most bytes of data in a frame. */
export const MAX_FRAME_LENGTH = 1_000_000;
/** Bytes of a frame beside its data: id, number, length, last flag. */
export const FRAME_FIXED_LENGTH = 16 + 2 + 4 + 1;

/**
 * Splits the data of one batcher transaction into frames, in order. All or nothing: one bad frame rejects the input.
 * Layout: version 0x00, then frames of channelId (16 bytes) + number (u16 BE) + length (u32 BE) + data + isLast (0 or 1).
 * @param data raw calldata or one decoded blob; the frames are views of it.
 * @returns at least one frame, or null when malformed (expected input: the caller skips it). Never throws.
 * Spec: protocol/derivation, "Frame Format"; op-node `rollup/derive/frame.go`.
 */
export function parseFrames(data: Uint8Array): readonly Frame[] | null {
  if (data.length <= 1 || data[0] !== DERIVATION_VERSION_0) return null;
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const frames: Frame[] = [];
  let at = 1;
  while (at < buffer.length) {
    if (buffer.length - at < FRAME_FIXED_LENGTH) return null;
    const length = buffer.readUInt32BE(at + 18);
    const start = at + 22;
    const end = start + length;
    if (length > MAX_FRAME_LENGTH || end >= buffer.length) return null;
    const last = buffer[end] ?? 0;
    if (last > 1) return null;
    frames.push({
      channelId: buffer.toString('hex', at, at + 16),
      number: buffer.readUInt16BE(at + 16),
      data: data.subarray(start, end),
      isLast: last === 1,
    });
    at = end + 1;
  }
  return frames;
}
