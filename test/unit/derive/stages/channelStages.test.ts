import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../../src/derive/codec/frame.js';
import { Channel } from '../../../../src/derive/stages/channel.js';
import { ChannelAssembler } from '../../../../src/derive/stages/channelAssembler.js';
import { ChannelBank } from '../../../../src/derive/stages/channelBank.js';
import type { ChannelStage } from '../../../../src/derive/stages/channelStage.js';
import {
  deriveConfig,
  FakeProvider,
  forksBefore,
  frameOf,
  l1Block,
  NEVER,
  RecordingObserver,
} from '../../../support/deriveFakes.js';

const A = 'aa'.repeat(16);
const B = 'bb'.repeat(16);
const OVERHEAD = 200;

/** A frame that counts for so many bytes. */
const sized = (channelId: string, number: number, bytes: number): Frame => ({
  ...{ channelId, number, isLast: false },
  data: new Uint8Array(bytes - OVERHEAD),
});

/** Pulls until there is nothing more; the channels that came. */
async function drain(stage: ChannelStage): Promise<readonly number[][]> {
  const channels: number[][] = [];
  for (;;) {
    const pulled = await stage.nextChannel(NEVER);
    if (pulled === 'outOfData') return channels;
    if (pulled !== 'again') channels.push([...pulled]);
  }
}

describe('Channel', () => {
  it('is ready with all frames up to the last, in any order', () => {
    const channel = new Channel(A, l1Block(10), 'anyOrder');
    expect(channel.add(frameOf(A, 2, true))).toBe('added');
    expect(channel.add(frameOf(A, 0))).toBe('added');
    expect(channel.isReady).toBe(false);
    expect(channel.add(frameOf(A, 1, false, 3))).toBe('added');
    expect(channel.isReady).toBe(true);
    expect([...channel.data()]).toEqual([0, 1, 1, 1, 2]);
  });

  it('says why it refuses a frame', () => {
    const channel = new Channel(A, l1Block(10), 'anyOrder');
    channel.add(frameOf(A, 1));
    expect(channel.add(frameOf(B, 0))).toBe('otherChannel');
    expect(channel.add(frameOf(A, 1))).toBe('duplicate');
    channel.add(frameOf(A, 3, true));
    expect(channel.add(frameOf(A, 2, true))).toBe('closedTwice');
    expect(channel.add(frameOf(A, 4))).toBe('afterEnd');
    expect(new Channel(A, l1Block(10), 'inOrder').add(frameOf(A, 1))).toBe('outOfOrder');
  });

  it('goes on counting when the last frame removes none', () => {
    const channel = new Channel(A, l1Block(10), 'anyOrder');
    channel.add(frameOf(A, 0, false, 10));
    channel.add(frameOf(A, 1, true, 7));
    expect(channel.size).toBe(17 + 2 * OVERHEAD);
  });

  it('counts data and overhead, and nothing older once the last frame removed others', () => {
    const channel = new Channel(A, l1Block(10), 'anyOrder');
    channel.add(frameOf(A, 0, false, 10));
    channel.add(frameOf(A, 5, false, 20));
    expect(channel.size).toBe(30 + 2 * OVERHEAD);
    channel.add(frameOf(A, 1, true, 7));
    expect(channel.size).toBe(7 + OVERHEAD);
    expect(channel.isReady).toBe(true);
    expect(channel.add(frameOf(A, 5))).toBe('afterEnd');
  });
});

describe('ChannelBank', () => {
  function bank(fork: 'canyon' | 'granite') {
    const previous = new FakeProvider<Frame>();
    const observer = new RecordingObserver();
    const config = deriveConfig({ forks: forksBefore(fork), channelTimeout: 5n });
    return { previous, observer, stage: new ChannelBank(config, { previous, observer }) };
  }

  it('before Canyon reads the oldest channel only', async () => {
    const { previous, stage } = bank('canyon');
    previous.push(frameOf(A, 1, true), frameOf(B, 0, true));
    expect(await drain(stage)).toEqual([]);
    previous.push(frameOf(A, 0));
    expect(await drain(stage)).toEqual([[0, 1], [0]]);
  });

  it('from Canyon on reads the first complete channel', async () => {
    const { previous, stage, observer } = bank('granite');
    previous.push(frameOf(A, 1, true), frameOf(B, 0, true));
    expect(await drain(stage)).toEqual([[0]]);
    expect(observer.notes.at(-1)).toEqual({
      message: 'Reading channel',
      fields: { channel: B, frames: 1 },
    });
  });

  it('drops a channel after its timeout and ignores its later frames', async () => {
    const { previous, stage, observer } = bank('granite');
    previous.push(frameOf(A, 0));
    await drain(stage);
    expect(observer.notes).toEqual([
      {
        message: 'created new channel',
        fields: {
          ...{ origin: previous.origin, channel: A, length: 1 },
          ...{ frame_number: 0, is_last: false },
        },
      },
    ]);
    previous.origin = l1Block(15);
    previous.push(frameOf(A, 1));
    await drain(stage);
    expect(observer.timedOut).toBe(0);
    previous.origin = l1Block(16);
    previous.push(frameOf(A, 2, true));
    expect(await drain(stage)).toEqual([]);
    expect(observer.timedOut).toBe(1);
    expect(observer.notes.map(({ message }) => message)).toContain('channel timed out');
  });

  it('ignores a frame of a timed-out channel behind one that is not', async () => {
    const { previous, stage, observer } = bank('granite');
    previous.push(frameOf(A, 0));
    await drain(stage);
    previous.origin = l1Block(13);
    previous.push(frameOf(B, 0));
    await drain(stage);
    previous.origin = l1Block(16);
    previous.push(frameOf(B, 1, true));
    expect(await drain(stage)).toEqual([[0, 1]]);
    expect(observer.timedOut).toBe(1);
  });

  it('forgets the oldest channels when it holds more than its limit', async () => {
    const { previous, stage, observer } = bank('canyon');
    const large = (id: string, number: number, size: number) => frameOf(id, number, false, size);
    for (let number = 1; number <= 60; number++) previous.push(large(A, number, 1_000_000));
    for (let number = 1; number <= 40; number++) previous.push(large(B, number, 1_000_000));
    await drain(stage);
    expect(observer.drops).toEqual(['pruning channel']);
    previous.push(frameOf(A, 0, true));
    expect(await drain(stage)).toEqual([]);
    previous.push(frameOf(B, 0, true));
    expect(await drain(stage)).toEqual([[0], [0]]);
  });

  it('holds exactly as much as its limit', async () => {
    const { previous, stage, observer } = bank('canyon');
    previous.push(sized(A, 1, 60_000_000), sized(B, 1, 40_000_000));
    await drain(stage);
    expect(observer.drops).toEqual([]);
    previous.push(sized(B, 2, OVERHEAD + 1));
    await drain(stage);
    expect(observer.drops).toEqual(['pruning channel']);
  });

  it('must not be flushed', () => {
    expect(() => bank('granite').stage.flush()).toThrow(
      expect.objectContaining({ code: 'DERIVE_INVARIANT', severity: 'critical' }),
    );
  });
});

describe('ChannelAssembler', () => {
  function assembler() {
    const previous = new FakeProvider<Frame>();
    const observer = new RecordingObserver();
    return {
      previous,
      observer,
      stage: new ChannelAssembler(deriveConfig(), { previous, observer }),
    };
  }

  it('puts frames together in order, channel after channel', async () => {
    const { previous, stage } = assembler();
    previous.push(frameOf(A, 0), frameOf(A, 1, true), frameOf(B, 0, true));
    expect(await drain(stage)).toEqual([[0, 1], [0]]);
  });

  it('starts over at a frame 0 and drops what does not continue', async () => {
    const { previous, stage, observer } = assembler();
    previous.push(
      frameOf(B, 1),
      frameOf(A, 0),
      frameOf(A, 2),
      frameOf(B, 0),
      frameOf(A, 1),
      frameOf(B, 1, true),
    );
    expect(await drain(stage)).toEqual([[0, 1]]);
    expect(observer.drops).toEqual([
      'dropping non-first frame without channel',
      'failed to add frame to channel: outOfOrder',
      'failed to add frame to channel: otherChannel',
    ]);
  });

  it('drops a channel after 50 L1 blocks', async () => {
    const { previous, stage, observer } = assembler();
    previous.push(frameOf(A, 0));
    await drain(stage);
    previous.origin = l1Block(60);
    previous.push(frameOf(A, 1));
    await drain(stage);
    expect(observer.timedOut).toBe(0);
    previous.origin = l1Block(61);
    previous.push(frameOf(A, 2, true));
    expect(await drain(stage)).toEqual([]);
    expect(observer).toMatchObject({
      timedOut: 1,
      drops: ['dropping non-first frame without channel'],
    });
  });

  it('drops a channel of more bytes than may be decompressed', async () => {
    const { previous, stage, observer } = assembler();
    for (let number = 0; number <= 100; number++) {
      previous.push(frameOf(A, number, false, 1_000_000));
    }
    await drain(stage);
    expect(observer.drops).toEqual([
      'dropping oversized channel',
      'dropping non-first frame without channel',
    ]);
  });

  it('takes a channel of exactly as many bytes, but not of one more', async () => {
    const { previous, stage, observer } = assembler();
    previous.push({ ...sized(A, 0, 100_000_000), isLast: true });
    expect(typeof (await stage.nextChannel(NEVER))).toBe('object');
    previous.push({ ...sized(A, 0, 100_000_001), isLast: true });
    expect(await stage.nextChannel(NEVER)).toBe('outOfData');
    expect(observer.drops).toEqual(['dropping oversized channel']);
  });

  it('drops its channel when flushed', async () => {
    const { previous, stage, observer } = assembler();
    previous.push(frameOf(A, 0));
    await drain(stage);
    stage.flush();
    previous.push(frameOf(A, 1, true));
    expect(await drain(stage)).toEqual([]);
    expect(observer.drops).toEqual(['dropping non-first frame without channel']);
  });
});
