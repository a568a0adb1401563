import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatcherData, encodeFrame, splitChannel } from '../../../../devnet/batcher/frames.js';
import { MAX_FRAME_LENGTH, parseFrames } from '../../../../src/derive/codec/frame.js';
import { frame } from '../../../support/deriveArbitraries.js';

const ID = 'ab'.repeat(16);
const FRAME = { channelId: ID, number: 7, data: Uint8Array.of(1, 2, 3), isLast: true };

describe('parseFrames', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.array(frame(), { minLength: 1, maxLength: 5 }), (frames) => {
        expect(parseFrames(encodeBatcherData(frames))).toEqual(frames);
      }),
    );
  });

  it('refuses data cut off anywhere but between frames', () => {
    const data = encodeBatcherData([FRAME, FRAME]);
    const boundary = 1 + encodeFrame(FRAME).length;
    for (let length = 0; length < data.length; length++) {
      const parsed = parseFrames(data.subarray(0, length));
      if (length === boundary) expect(parsed).toHaveLength(1);
      else expect(parsed).toBeNull();
    }
  });

  it.each([
    ['another version', (data: Uint8Array) => data.fill(1, 0, 1)],
    ['a last flag that is no bool', (data: Uint8Array) => data.fill(2, data.length - 1)],
    ['a longer length than there is data', (data: Uint8Array) => data.fill(9, 22, 23)],
    ['bytes behind the last frame', (data: Uint8Array) => Uint8Array.of(...data, 0)],
  ])('refuses %s', (_, change) => {
    expect(parseFrames(change(encodeBatcherData([FRAME])))).toBeNull();
  });

  it('refuses frames of more than a million bytes', () => {
    const most = { ...FRAME, data: new Uint8Array(MAX_FRAME_LENGTH) };
    const over = { ...FRAME, data: new Uint8Array(MAX_FRAME_LENGTH + 1) };
    expect(parseFrames(encodeBatcherData([most]))).toHaveLength(1);
    expect(parseFrames(encodeBatcherData([over]))).toBeNull();
  });
});

describe('splitChannel', () => {
  it('cuts a channel into frames that fit and join to it again', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 24, max: 90 }),
        (data, max) => {
          const frames = splitChannel(ID, data, max);
          expect(frames.every((part) => encodeFrame(part).length <= max)).toBe(true);
          expect(frames.map((part) => part.number)).toEqual(frames.map((_, index) => index));
          expect(frames.map((part) => part.isLast).indexOf(true)).toBe(frames.length - 1);
          expect(Uint8Array.from(frames.flatMap((part) => [...part.data]))).toEqual(data);
        },
      ),
    );
  });
});
