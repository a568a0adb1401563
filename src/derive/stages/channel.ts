import { FRAME_OVERHEAD } from '../../rollup/chainLimits.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Frame } from '../codec/frame.js';

/** Why a frame was not added. */
export type FrameRefusal = 'otherChannel' | 'closedTwice' | 'duplicate' | 'afterEnd' | 'outOfOrder';

/**
 * The frames of one channel until all are there. Before Holocene frames come in any order, from it strictly in order.
 * Spec: protocol/derivation, "Channel Format"; op-node `rollup/derive/channel.go`.
 */
export class Channel {
  readonly id: string;
  /** L1 block of the first frame: the channel times out by it. */
  readonly openBlock: L1BlockRef;
  private readonly requireInOrder: boolean;
  private readonly frames = new Map<number, Frame>();
  private usedBytes = 0;
  private highestNumber = 0;
  /** Number of the last frame; null until it was seen. */
  private endNumber: number | null = null;

  constructor(id: string, openBlock: L1BlockRef, order: 'anyOrder' | 'inOrder') {
    this.id = id;
    this.openBlock = openBlock;
    this.requireInOrder = order === 'inOrder';
  }

  /** Bytes that the channel counts for, frame overhead included. */
  get size(): number {
    return this.usedBytes;
  }

  get frameCount(): number {
    return this.frames.size;
  }

  /** True when the last frame and all before it are there. */
  get isReady(): boolean {
    // Frames behind the last one are refused or were removed, so the count alone says that none is missing.
    return this.endNumber !== null && this.frames.size === this.endNumber + 1;
  }

  /** Adds the frame, or says why not. The last frame removes all with higher numbers. */
  add(frame: Frame): 'added' | FrameRefusal {
    const refusal = this.refusalOf(frame);
    if (refusal !== null) return refusal;
    if (frame.isLast) this.close(frame.number);
    this.highestNumber = Math.max(this.highestNumber, frame.number);
    this.frames.set(frame.number, frame);
    this.usedBytes += frame.data.length + FRAME_OVERHEAD;
    return 'added';
  }

  /** The content of all frames in order; only when ready. */
  data(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let number = 0; number < this.frames.size; number++) {
      const frame = this.frames.get(number);
      if (frame !== undefined) parts.push(frame.data);
    }
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    return concat(parts);
  }

  private refusalOf(frame: Frame): FrameRefusal | null {
    if (frame.channelId !== this.id) return 'otherChannel';
    if (frame.isLast && this.endNumber !== null) return 'closedTwice';
    if (this.frames.has(frame.number)) return 'duplicate';
    if (this.endNumber !== null && frame.number >= this.endNumber) return 'afterEnd';
    if (this.requireInOrder && frame.number !== this.frames.size) return 'outOfOrder';
    return null;
  }

  private close(endNumber: number): void {
    this.endNumber = endNumber;
    if (endNumber >= this.highestNumber) return;
    for (const number of this.frames.keys()) {
      if (number >= endNumber) this.frames.delete(number);
    }
    // The frames that stay are no longer counted either. op-node does so, and what the bank drops depends on it.
    this.usedBytes = 0;
    this.highestNumber = endNumber;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
