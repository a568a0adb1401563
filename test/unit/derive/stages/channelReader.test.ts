import { describe, expect, it } from 'vitest';
import { compressChannel, encodeChannel } from '../../../../devnet/batcher/channels.js';
import { encodeSingularBatch } from '../../../../devnet/batcher/singularBatch.js';
import { encodeSpanBatch } from '../../../../devnet/batcher/spanBatch.js';
import type { SingularBatch } from '../../../../src/derive/codec/batch.js';
import { ChannelReader } from '../../../../src/derive/stages/channelReader.js';
import { encodeRlpList, encodeRlpString } from '../../../../src/rollup/rlp.js';
import type { ForkTimes } from '../../../../src/rollup/rollupConfig.js';
import {
  deriveConfig,
  FakeProvider,
  forksBefore,
  NEVER,
  numberedHash,
  RecordingObserver,
  UP_TO_JOVIAN,
} from '../../../support/deriveFakes.js';
import { NO_TURN } from '../../../support/sliced.js';

const batch = (timestamp: bigint): SingularBatch => ({
  type: 'singular',
  parentHash: numberedHash(1, 'b'),
  epochNumber: 10n,
  epochHash: numberedHash(10, 'a'),
  timestamp,
  transactions: [],
});
const singular = (timestamp: bigint) => encodeSingularBatch(batch(timestamp));
const span = (timestamp: bigint) => encodeSpanBatch([batch(timestamp)], 1000n, true);
/** A span batch whose only transaction is a deposit: well formed, but not to be derived. */
const spanWithDeposit = () => {
  const encoded = [...span(1002n)];
  return Uint8Array.from([
    ...encoded.slice(0, -1),
    1,
    0,
    0,
    ...Array(64).fill(1),
    ...Array(20).fill(2),
    0x7e,
    0xc0,
    1,
    1,
  ]);
};

/** What a reader makes of these channels, and what it drops. */
async function readAll(channels: readonly Uint8Array[], forks: ForkTimes = UP_TO_JOVIAN) {
  const previous = new FakeProvider<Uint8Array>().push(...channels);
  const observer = new RecordingObserver();
  const reader = new ChannelReader(deriveConfig({ forks }), { previous, observer, turn: NO_TURN });
  const batches: string[] = [];
  for (;;) {
    // Looking ahead makes no difference.
    reader.peek();
    const pulled = await reader.nextBatch(NEVER);
    if (pulled === 'outOfData') return { batches, drops: observer.drops, notes: observer.notes };
    if (pulled !== 'again') batches.push(`${pulled.type} ${pulled.timestamp}`);
  }
}

describe('ChannelReader', () => {
  it('shows the next singular batch of the open channel, and gives that one', async () => {
    const channel = encodeChannel([singular(1002n), singular(1004n), span(1006n)], 'zlib');
    const previous = new FakeProvider<Uint8Array>().push(channel);
    const observer = new RecordingObserver();
    const reader = new ChannelReader(deriveConfig(), { previous, observer, turn: NO_TURN });
    expect(reader.peek()).toBeNull();
    await reader.nextBatch(NEVER);
    const shown = reader.peek();
    expect(shown).toMatchObject({ timestamp: 1004n });
    expect(reader.peek()).toBe(shown);
    expect(observer.notes).toHaveLength(1);
    expect(await reader.nextBatch(NEVER)).toBe(shown);
    expect(observer.notes).toHaveLength(2);
    // Of a span batch the stage that opens it tells.
    expect(reader.peek()).toBeNull();
    expect(await reader.nextBatch(NEVER)).toMatchObject({ type: 'span', timestamp: 1006n });
    expect(reader.peek()).toBeNull();
    expect(await reader.nextBatch(NEVER)).toBe('again');
    expect(reader.peek()).toBeNull();
  });

  it('forgets what it has shown with its channel', async () => {
    const channels = [1002n, 1008n].map((time) =>
      encodeChannel([singular(time), singular(time + 2n)], 'zlib'),
    );
    const previous = new FakeProvider<Uint8Array>().push(...channels);
    const deps = { previous, observer: new RecordingObserver(), turn: NO_TURN };
    const reader = new ChannelReader(deriveConfig(), deps);
    await reader.nextBatch(NEVER);
    expect(reader.peek()).toMatchObject({ timestamp: 1004n });
    reader.flush();
    expect(reader.peek()).toBeNull();
    expect(await reader.nextBatch(NEVER)).toMatchObject({ timestamp: 1008n });
    expect(reader.peek()).toMatchObject({ timestamp: 1010n });
  });

  it('reads all batches of all channels in order, and tells of each', async () => {
    const channels = [
      encodeChannel([singular(1002n), span(1004n)], 'zlib'),
      encodeChannel([span(1006n)], 'brotli'),
    ];
    const { notes, ...read } = await readAll(channels);
    expect(read).toEqual({ batches: ['singular 1002', 'span 1004', 'span 1006'], drops: [] });
    expect(notes.map(({ message, fields }) => [message, fields.batch_timestamp])).toEqual([
      ['decoded singular batch from channel', 1002n],
      ['decoded span batch from channel', 1004n],
      ['decoded span batch from channel', 1006n],
    ]);
  });

  it.each([
    ['an unknown batch type', Uint8Array.of(2, 0xc0)],
    ['an empty batch', new Uint8Array(0)],
    ['a malformed singular batch', Uint8Array.of(0, 0xc0)],
    ['a malformed span batch', Uint8Array.of(1, 0)],
  ])('ends a channel at %s and goes on with the next', async (_, bad) => {
    const channels = [
      encodeChannel([singular(1002n), bad, singular(1004n)], 'zlib'),
      encodeChannel([singular(1006n)], 'zlib'),
    ];
    expect(await readAll(channels)).toMatchObject({
      batches: ['singular 1002', 'singular 1006'],
      drops: ['failed to read batch from channel reader, skipping to next channel now'],
    });
  });

  it('ends a channel at anything that is no RLP string', async () => {
    const items = [
      encodeRlpString(singular(1002n)),
      encodeRlpList([]),
      encodeRlpString(singular(1004n)),
    ];
    const channel = compressChannel(Uint8Array.from(items.flatMap((item) => [...item])), 'zlib');
    expect((await readAll([channel])).batches).toEqual(['singular 1002']);
  });

  it('leaves out a span batch that cannot be derived, and reads the rest of its channel', async () => {
    const channel = encodeChannel([spanWithDeposit(), singular(1004n)], 'zlib');
    expect(await readAll([channel])).toMatchObject({
      batches: ['singular 1004'],
      drops: ['dropping malformed span batch'],
    });
  });

  it('leaves out span batches before Delta', async () => {
    const channel = encodeChannel([span(1002n), singular(1004n)], 'zlib');
    expect(await readAll([channel], forksBefore('delta'))).toMatchObject({
      batches: ['singular 1004'],
      drops: ['dropping span batch before Delta activation'],
    });
  });

  it('drops channels in brotli before Fjord and of unknown compression', async () => {
    const brotli = encodeChannel([singular(1002n)], 'brotli');
    expect((await readAll([brotli, Uint8Array.of(0)], forksBefore('fjord'))).drops).toEqual([
      'failed to create batch reader from channel data, dropping channel',
      'failed to create batch reader from channel data, dropping channel',
    ]);
  });

  it('reads ten million bytes of a channel before Fjord, a hundred million from it', async () => {
    const large = { ...batch(1002n), transactions: [new Uint8Array(4_900_000).fill(1)] };
    const encoded = encodeSingularBatch(large);
    const channel = encodeChannel([encoded, encoded, encoded, singular(1004n)], 'zlib');
    expect((await readAll([channel], forksBefore('fjord'))).batches).toHaveLength(2);
    expect((await readAll([channel])).batches).toHaveLength(4);
  });

  it('forgets the rest of its channel when flushed, and flushes the stage before', async () => {
    const previous = new FakeProvider<Uint8Array>().push(
      encodeChannel([singular(1002n), singular(1004n)], 'zlib'),
    );
    const reader = new ChannelReader(deriveConfig(), {
      previous,
      observer: new RecordingObserver(),
      turn: NO_TURN,
    });
    await reader.nextBatch(NEVER);
    reader.flush();
    expect(await reader.nextBatch(NEVER)).toBe('outOfData');
    expect(previous.flushed).toBe(1);
  });
});
