import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeChannel } from '../../../devnet/batcher/channels.js';
import { encodeSpanBatch } from '../../../devnet/batcher/spanBatch.js';
import type { SingularBatch } from '../../../src/derive/codec/batch.js';
import { readableBytes } from '../../../src/derive/codec/faultyChannel.js';
import { decodeFaultyZlib } from '../../../src/derive/codec/faultyZlib.js';
import type { SpanBatch } from '../../../src/derive/codec/spanBatch.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../../../src/derive/codec/spanBatch.js';
import { AttributesQueue } from '../../../src/derive/stages/attributesQueue.js';
import { BatchQueue } from '../../../src/derive/stages/batchQueue.js';
import type { NextBatch } from '../../../src/derive/stages/batchStage.js';
import { ChannelAssembler } from '../../../src/derive/stages/channelAssembler.js';
import { ChannelReader } from '../../../src/derive/stages/channelReader.js';
import { batcherData } from '../../../src/derive/stages/dataSource.js';
import { SafeBlocks } from '../../../src/derive/stages/safeBlocks.js';
import { checkSpanBatch } from '../../../src/derive/stages/spanBatchRules.js';
import {
  forEachIndex,
  inTurns,
  inTurnsOfItsOwn,
  type Turn,
  whole,
} from '../../../src/rollup/slices.js';
import { abortedError } from '../../../src/runtime/abort.js';
import {
  deriveConfig,
  FakeProvider,
  forksBefore,
  frameOf,
  l1Block,
  l2Block,
  NEVER,
  RecordingObserver,
} from '../../support/deriveFakes.js';
import { singularOf } from '../../support/deriveStageRig.js';
import { NO_TURN, slicesOf } from '../../support/sliced.js';
import { rejection } from '../../support/until.js';

const config = deriveConfig();

/** A turn that counts how often others had theirs. */
function countingTurn() {
  const turn: Turn = async () => {
    counted.turns += 1;
  };
  const counted = { turns: 0, turn };
  return counted;
}

/** A span batch of so many empty blocks, first byte included: the counts and the origin bits are all zero. */
function emptySpan(blocks: number): Uint8Array {
  const one = encodeSpanBatch([singularOf(1)], 1000n, false);
  // Up to the block count all is as with one block: type, time, origin, two checks.
  const head = one.subarray(0, 1 + 1 + 1 + 40);
  const count: number[] = [];
  for (let left = blocks; ; left >>= 7) {
    if (left < 0x80) {
      count.push(left);
      break;
    }
    count.push((left & 0x7f) | 0x80);
  }
  const rest = new Uint8Array(Math.ceil(blocks / 8) + blocks);
  return Buffer.concat([head, Uint8Array.from(count), rest]);
}

function derivedSpan(encoded: Uint8Array): SpanBatch {
  const raw = whole(decodeRawSpanBatch(encoded.subarray(1)));
  const span = raw && whole(deriveSpanBatch(raw, config));
  if (span === null) throw new Error('not a span batch');
  return span;
}

describe('a computation in slices', () => {
  it('gives others their turn between two slices, and none before the first or after the last', async () => {
    const seen: number[] = [];
    const sliced = forEachIndex(5, 2, (index) => seen.push(index));
    const order: string[] = [];
    const turn: Turn = async () => void order.push(`after ${seen.length}`);
    await inTurns(sliced, turn, NEVER);
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(order).toEqual(['after 2', 'after 4']);
    expect(slicesOf(forEachIndex(4, 2, () => undefined))).toBe(2);
    expect(slicesOf(forEachIndex(0, 2, () => undefined))).toBe(1);
  });

  it('waits for its turn before the first slice where many are begun side by side', async () => {
    const seen: number[] = [];
    const order: string[] = [];
    const turn: Turn = async () => void order.push(`after ${seen.length}`);
    const sliced = forEachIndex(3, 2, (index) => seen.push(index));
    await inTurnsOfItsOwn(sliced, turn, NEVER);
    expect(order).toEqual(['after 0', 'after 2']);
    expect(seen).toEqual([0, 1, 2]);
  });

  it('is given up when the turn says so', async () => {
    const stop = abortedError();
    const failing: Turn = async () => {
      throw stop;
    };
    const run = inTurns(
      forEachIndex(5, 2, () => undefined),
      failing,
      NEVER,
    );
    expect(await rejection(run)).toBe(stop);
  });
});

describe('no long computation of derivation goes on without a turn of others', () => {
  const blocks = 1_000_000;

  it('reading and opening a span batch of a million blocks', () => {
    const encoded = emptySpan(blocks);
    expect(slicesOf(decodeRawSpanBatch(encoded.subarray(1)))).toBeGreaterThan(blocks / 20_000);
    const raw = whole(decodeRawSpanBatch(encoded.subarray(1)));
    if (raw === null) throw new Error('not a span batch');
    expect(raw.blockCount).toBe(blocks);
    expect(slicesOf(deriveSpanBatch(raw, config))).toBeGreaterThan((2 * blocks) / 150_000);
  });

  it('putting together the transactions of a span batch', () => {
    const many: SingularBatch = {
      ...singularOf(1),
      transactions: Array.from({ length: 5_000 }, () => transaction()),
    };
    const encoded = encodeSpanBatch([many], 1000n, false).subarray(1);
    const raw = whole(decodeRawSpanBatch(encoded));
    if (raw === null) throw new Error('not a span batch');
    expect(slicesOf(deriveSpanBatch(raw, config))).toBeGreaterThan(5_000 / 600);
  });

  it('checking the blocks of a span batch before Holocene', async () => {
    const counted = countingTurn();
    const batch = derivedSpan(emptySpan(100_000));
    const far = l1Block(11, { timestamp: 10_000_000n });
    const config = deriveConfig({ forks: forksBefore('holocene') });
    const verdict = await checkSpanBatch(
      batch,
      {
        config,
        l1Blocks: [l1Block(10), far],
        safeHead: l2Block(0),
        inclusion: far,
        l2: { l2BlockRefByNumber: async () => null },
        safeBlocks: new SafeBlocks(config, { payloadByNumber: async () => null }),
        observer: new RecordingObserver(),
        turn: counted.turn,
      },
      NEVER,
    );
    expect(verdict.validity).toBe('accept');
    expect(counted.turns).toBeGreaterThan(100_000 / 5_000);
  });

  it('reading on in damaged zlib data, its checksum, and the items in it', () => {
    const content = new Uint8Array(3_000_000).fill(1);
    const data = deflateSync(content);
    const damaged = data.slice();
    damaged[data.length - 1] = (damaged[data.length - 1] ?? 0) ^ 0xff;
    // 48 KiB of output in a slice, then 256 KiB of the checksum.
    expect(slicesOf(decodeFaultyZlib(damaged, 10_000_000))).toBeGreaterThan(60 + 10);
    const decoded = whole(decodeFaultyZlib(damaged, 10_000_000));
    expect(decoded.bytes).toHaveLength(content.length);
    expect(slicesOf(readableBytes(decoded))).toBeGreaterThan(content.length / 5_000);
  });

  it('blocks of damaged zlib data that have nothing in them', () => {
    const empty = [0, 0, 0, 0xff, 0xff];
    const data = Uint8Array.of(0x78, 0x9c, ...Array.from({ length: 10_000 }, () => empty).flat());
    expect(slicesOf(decodeFaultyZlib(data, 1_000_000))).toBeGreaterThan(100);
  });

  it('finding out who sent transactions to the inbox', () => {
    const transactions = Array.from({ length: 20 }, () => ({
      to: config.batchInboxAddress,
      encoded: transaction(),
    }));
    const reading = batcherData(transactions, `0x${'11'.repeat(20)}`, config, true);
    expect(slicesOf(reading)).toBe(20);
  });

  it('judging the batches that are early, again and again', async () => {
    const counted = countingTurn();
    const previous = new FakeProvider<SingularBatch>();
    previous.origin = l1Block(10);
    const l2 = { l2BlockRefByNumber: async () => null, payloadByNumber: async () => null };
    const before = deriveConfig({ forks: forksBefore('holocene') });
    const queue = new BatchQueue(before, {
      ...{ previous, l2, observer: new RecordingObserver(), turn: counted.turn },
    });
    queue.reset(l1Block(10));
    for (let number = 0; number < 100; number += 1) {
      previous.push(singularOf(50 + number));
      await queue.nextBatch(l2Block(0), NEVER);
    }
    // Each of them once when it came, and all with every one after it.
    expect(counted.turns).toBeGreaterThan((100 * 100) / 2 / 600);
  });

  it('writing a large block as hex', async () => {
    const counted = countingTurn();
    const previous = new FakeProvider<NextBatch>();
    const queue = new AttributesQueue(config, {
      previous,
      builder: {
        prepare: async () => ({
          timestamp: 1002n,
          prevRandao: l1Block(10).hash,
          suggestedFeeRecipient: config.batchInboxAddress,
          transactions: [],
          noTxPool: true,
          gasLimit: 1n,
        }),
      },
      turn: counted.turn,
    });
    const transactions = Array.from({ length: 50 }, () => new Uint8Array(100_000));
    previous.push({ batch: singularOf(1, { transactions }), concluding: true });
    const attributes = await queue.nextAttributes(l2Block(0), NEVER);
    expect(attributes).toMatchObject({ concluding: true });
    expect(counted.turns).toBeGreaterThan(10);
  });

  it('taking in the frames of a blob that has thousands of them', async () => {
    const previous = new FakeProvider<ReturnType<typeof frameOf>>();
    previous.origin = l1Block(12);
    const assembler = new ChannelAssembler(config, { previous, observer: new RecordingObserver() });
    for (let number = 0; number < 200; number += 1) {
      previous.push(frameOf('aa'.repeat(16), number, number === 199));
    }
    const pulls: unknown[] = [];
    do pulls.push(await assembler.nextChannel(NEVER));
    while (pulls.at(-1) === 'again');
    expect(pulls).toHaveLength(4);
    expect(pulls.at(-1)).toHaveLength(200);
  });
});

describe('a channel whose reading was given up on the way', () => {
  it('is read from there again, without a loss', async () => {
    const large = Array.from({ length: 3 }, (_, i) =>
      encodeSpanBatch(
        [{ ...singularOf(i + 1), transactions: Array.from({ length: 600 }, transaction) }],
        1000n,
        false,
      ),
    );
    const channel = encodeChannel(large, 'zlib');
    // Damaged at its end, so that opening it takes slices too; its last item is lost with that.
    channel[channel.length - 1] = (channel[channel.length - 1] ?? 0) ^ 0xff;
    const read = async (turn: Turn) => {
      const previous = new FakeProvider<Uint8Array>().push(channel);
      const reader = new ChannelReader(config, {
        ...{ previous, observer: new RecordingObserver(), turn },
      });
      const found: (bigint | string)[] = [];
      let givenUp = 0;
      for (;;) {
        const pulled = await reader.nextBatch(NEVER).catch(() => null);
        if (pulled === null) givenUp += 1;
        else if (pulled === 'outOfData') return { found, givenUp };
        else if (pulled !== 'again') found.push(pulled.timestamp);
      }
    };
    const expected = await read(NO_TURN);
    expect(expected.found).toHaveLength(2);
    // At the first turn, then two later, then three: what is read again gets further each time.
    let left = 1;
    let between = 1;
    const interrupted = await read(async () => {
      left -= 1;
      if (left > 0) return;
      between += 1;
      left = between;
      throw abortedError();
    });
    expect(interrupted.found).toEqual(expected.found);
    expect(interrupted.givenUp).toBeGreaterThan(2);
  });
});

/** Signed by nobody, but of the shape of one: type 2 on chain 900. */
function transaction(): Uint8Array {
  const list = [
    ...[0x82, 0x03, 0x84],
    ...[1, 1, 1, 1, 0x94, ...Array(20).fill(0xff), 0x80, 0x80, 0xc0, 1],
    ...[0xa0, ...Array(32).fill(3), 0xa0, ...Array(32).fill(3)],
  ];
  return Uint8Array.of(2, 0xf8, list.length, ...list);
}
