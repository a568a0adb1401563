import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../../devnet/batcher/byteWriter.js';
import { compressChannel } from '../../../../devnet/batcher/channels.js';
import { encodeSingularBatch } from '../../../../devnet/batcher/singularBatch.js';
import { readableBytes } from '../../../../src/derive/codec/faultyChannel.js';
import { ChannelReader } from '../../../../src/derive/stages/channelReader.js';
import { encodeRlpString } from '../../../../src/rollup/rlp.js';
import { whole } from '../../../../src/rollup/slices.js';
import {
  deriveConfig,
  FakeProvider,
  NEVER,
  numberedHash,
  RecordingObserver,
  UP_TO_JOVIAN,
} from '../../../support/deriveFakes.js';
import { decompressed, NO_TURN } from '../../../support/sliced.js';

const LIMIT = 1_000_000;

/** A batch that takes exactly so many bytes in a channel. */
function item(length: number): Uint8Array {
  const encode = (txLength: number) =>
    encodeRlpString(
      encodeSingularBatch({
        type: 'singular',
        parentHash: numberedHash(1, 'b'),
        epochNumber: 10n,
        epochHash: numberedHash(10, 'a'),
        timestamp: 1002n,
        transactions: [new Uint8Array(txLength).fill(7)],
      }),
    );
  const overhead = encode(length).length - length;
  for (let txLength = length - overhead; ; txLength++) {
    const encoded = encode(txLength);
    if (encoded.length === length) return encoded;
  }
}
const items = (lengths: readonly number[]) => concatBytes(lengths.map(item));

async function countBatches(channel: Uint8Array) {
  const previous = new FakeProvider<Uint8Array>().push(channel);
  const observer = new RecordingObserver();
  const config = deriveConfig({ forks: UP_TO_JOVIAN });
  const reader = new ChannelReader(config, { previous, observer, turn: NO_TURN });
  let batches = 0;
  for (;;) {
    const pulled = await reader.nextBatch(NEVER);
    if (pulled === 'outOfData') return { batches, drops: observer.drops };
    if (pulled !== 'again') batches++;
  }
}

/** How many batches op-node v1.19.0's BatchReader gives of channels with these batches, by their lengths. */
const READ_BY_OP_NODE: readonly [lengths: readonly number[], zlib: number, brotli: number][] = [
  [[300], 1, 1],
  [[300, 4000], 2, 2],
  [[8191], 1, 1],
  [[8192], 0, 0],
  [[10_000], 0, 0],
  [[300, 10_000], 1, 1],
  [[300, 400, 10_000], 2, 2],
  [[10_000, 300], 2, 2],
  [[10_000, 10_000], 1, 1],
  // zlib's decoder hands out windows of 32 KiB: the fault comes with the rest of the last one.
  [[32_768], 1, 0],
  [[300, 32_468], 2, 1],
  [[36_863], 1, 0],
  [[36_864], 0, 0],
  [[100_000], 1, 0],
];

describe.each(READ_BY_OP_NODE)('a channel of batches of %j bytes', (lengths, zlib, brotli) => {
  const drops = (batches: number) =>
    batches < lengths.length
      ? ['failed to read batch from channel reader, skipping to next channel now']
      : [];

  it(`gives ${zlib} of them with a wrong zlib checksum, or a part of it`, async () => {
    const data = compressChannel(items(lengths), 'zlib');
    const wrong = data.slice();
    wrong[data.length - 1] = (wrong[data.length - 1] ?? 0) ^ 1;
    for (const channel of [wrong, data.slice(0, -4), data.slice(0, -1)]) {
      expect(await countBatches(channel)).toEqual({ batches: zlib, drops: drops(zlib) });
    }
  });

  it(`gives ${brotli} of them with a byte behind brotli data`, async () => {
    const channel = Uint8Array.of(...compressChannel(items(lengths), 'brotli'), 0);
    expect(await countBatches(channel)).toEqual({ batches: brotli, drops: drops(brotli) });
  });

  it('gives all of them without a fault', async () => {
    for (const compression of ['zlib', 'brotli'] as const) {
      const channel = compressChannel(items(lengths), compression);
      expect(await countBatches(channel)).toEqual({ batches: lengths.length, drops: [] });
    }
  });
});

/** What Go's decoder hands out of each, and how many batches BatchReader gives. */
describe.each([
  [
    'a fault after three full windows of 1 KiB',
    '01a178bb0060a4466a9adb39eba8ef2f609dc87860dd8846186cc025816bc0abdc5df4d18f6f0a401ae388df26ea19518819458e71c46f897a46d48b19458e71c46f89ffffffffffffffffffffffffffffffffff',
    3072,
    2,
  ],
  [
    'a fault after a ring buffer of exactly its 8 KiB: one read of it',
    '018bff0f008cd4484d733b3d996236aa58a5ac5659173e3918d0c1e161f8a3649a5b1863c1061c1025c251a23cde4080881ad8d033b511ad3e9001007e1aa4e087075deadd077601c0ffffffffffff',
    4096,
    1,
  ],
])('brotli data with %s', (_, hex, length, batches) => {
  it(`gives ${length} bytes, ${batches} batches`, async () => {
    const channel = Uint8Array.from(Buffer.from(hex, 'hex'));
    const output = await decompressed(channel, LIMIT, true);
    expect(output?.bytes).toHaveLength(length);
    expect(output?.readEnds).toEqual([]);
    expect((await countBatches(channel)).batches).toBe(batches);
  });
});

describe('readableBytes', () => {
  const bytes = item(8192);

  it.each([
    ['no fault', null],
    ['a fault that comes alone', [5000, 8192]],
    ['a rest that fits the buffer', [5000]],
    ['a short rest behind the first read around the buffer', [4097]],
  ])('are all bytes with %s', (_, readEnds) => {
    expect(whole(readableBytes({ bytes, readEnds }))).toBe(bytes);
  });

  it('are all bytes when the last item is not whole anyway', () => {
    const cut = bytes.subarray(0, -1);
    expect(whole(readableBytes({ bytes: cut, readEnds: [] }))).toBe(cut);
  });

  it('lack the last one when a read around the buffer meets the fault', () => {
    for (const readEnds of [[], [4090], [4096]]) {
      expect(whole(readableBytes({ bytes, readEnds }))).toHaveLength(8191);
    }
    expect(whole(readableBytes({ bytes: item(9096), readEnds: [5000] }))).toHaveLength(9095);
  });
});
