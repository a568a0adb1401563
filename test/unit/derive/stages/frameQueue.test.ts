import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBatcherData } from '../../../../devnet/batcher/frames.js';
import type { Frame } from '../../../../src/derive/codec/frame.js';
import { FrameQueue, pruneFrames } from '../../../../src/derive/stages/frameQueue.js';
import {
  deriveConfig,
  FakeProvider,
  forksBefore,
  frameOf,
  NEVER,
  RecordingObserver,
} from '../../../support/deriveFakes.js';

const A = 'aa'.repeat(16);
const B = 'bb'.repeat(16);
const C = 'cc'.repeat(16);

/** The rules pair by pair over an array, as the spec words them. */
function prunePairwise(frames: readonly Frame[]): readonly Frame[] {
  const queue = [...frames];
  for (let i = 0; i < queue.length - 1; ) {
    const [current, next] = [queue[i], queue[i + 1]] as [Frame, Frame];
    const isSame = current.channelId === next.channelId;
    const dropsNext = isSame
      ? current.isLast || next.number !== (current.number + 1) % 65_536
      : next.number !== 0;
    if (!isSame && next.number === 0 && !current.isLast) {
      queue.splice(i, 1);
      i = Math.max(0, i - 1);
    } else if (dropsNext) {
      queue.splice(i + 1, 1);
    } else {
      i++;
    }
  }
  return queue;
}

describe('pruneFrames', () => {
  it.each([
    ['keeps one channel in order', [frameOf(A, 0), frameOf(A, 1, true)], [0, 1]],
    ['keeps a first frame that is not number 0', [frameOf(A, 3), frameOf(A, 4)], [0, 1]],
    ['drops a frame out of order', [frameOf(A, 0), frameOf(A, 2), frameOf(A, 1)], [0, 2]],
    [
      'counts on from 0 behind the highest number',
      [frameOf(A, 65_535), frameOf(A, 0, true)],
      [0, 1],
    ],
    ['drops frames behind the last', [frameOf(A, 0, true), frameOf(A, 1)], [0]],
    ['starts over with a new channel', [frameOf(A, 0), frameOf(A, 1), frameOf(B, 0)], [2]],
    ['keeps a closed channel before a new one', [frameOf(A, 0, true), frameOf(B, 0)], [0, 1]],
    [
      'drops other channels that do not begin',
      [frameOf(A, 0), frameOf(B, 1), frameOf(A, 1)],
      [0, 2],
    ],
    [
      'looks further back after dropping',
      [frameOf(A, 0, true), frameOf(B, 0), frameOf(B, 1), frameOf(C, 0, true)],
      [0, 3],
    ],
  ])('%s', (_, frames, kept) => {
    expect(pruneFrames(frames)).toEqual(kept.map((index) => frames[index]));
  });

  it('equals the rules applied pair by pair', () => {
    const frames = fc.array(
      fc
        .tuple(fc.constantFrom(A, B, C), fc.constantFrom(0, 1, 2, 3, 65_535), fc.boolean())
        .map(([id, number, isLast]) => frameOf(id, number, isLast)),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(frames, (input) => {
        expect(pruneFrames(input)).toEqual(prunePairwise(input));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('FrameQueue', () => {
  const frames = [frameOf(A, 0), frameOf(B, 1), frameOf(A, 1, true)];

  it('hands out all frames before Holocene and pruned ones from it', async () => {
    for (const [forks, expected] of [
      [forksBefore('holocene'), frames],
      [deriveConfig().forks, [frames[0], frames[2]]],
    ] as const) {
      const previous = new FakeProvider<Uint8Array>().push(encodeBatcherData(frames));
      const queue = new FrameQueue(deriveConfig({ forks }), {
        previous,
        observer: new RecordingObserver(),
      });
      for (const frame of expected) expect(await queue.nextFrame(NEVER)).toEqual(frame);
      expect(await queue.nextFrame(NEVER)).toBe('outOfData');
    }
  });

  it('skips data without valid frames and says so', async () => {
    const previous = new FakeProvider<Uint8Array>().push(
      Uint8Array.of(9),
      encodeBatcherData(frames),
    );
    const observer = new RecordingObserver();
    const queue = new FrameQueue(deriveConfig(), { previous, observer });
    expect(await queue.nextFrame(NEVER)).toBe('again');
    expect(await queue.nextFrame(NEVER)).toEqual(frames[0]);
    expect(observer.drops).toEqual(['Failed to parse frames']);
  });

  it('forgets its frames on reset', async () => {
    const previous = new FakeProvider<Uint8Array>().push(encodeBatcherData(frames));
    const queue = new FrameQueue(deriveConfig(), { previous, observer: new RecordingObserver() });
    await queue.nextFrame(NEVER);
    queue.reset();
    expect(await queue.nextFrame(NEVER)).toBe('outOfData');
  });
});
