import type { Compression } from '../../devnet/batcher/channels.js';
import { encodeChannel } from '../../devnet/batcher/channels.js';
import { encodeSingularBatch } from '../../devnet/batcher/singularBatch.js';
import { encodeSpanBatch } from '../../devnet/batcher/spanBatch.js';
import type { SingularBatch } from '../../src/derive/codec/batch.js';
import { decodeSingularBatch } from '../../src/derive/codec/batch.js';
import { ByteReader, orNull } from '../../src/derive/codec/byteReader.js';
import type { Pauses } from '../../src/derive/codec/decompress.js';
import { decompressChannel } from '../../src/derive/codec/decompress.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../../src/derive/codec/spanBatch.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import { inTurns } from '../../src/rollup/slices.js';
import { nextTurn } from '../../src/runtime/turns.js';
import { percentile } from '../measure/percentile.js';
import { noisyTransfers } from '../rigs/noisyTransfers.js';

const BLOCKS = 500;
const TXS_PER_BLOCK = 40;
const LIMIT = 100_000_000;
const CHAIN = {
  blockTime: 2n,
  l2ChainId: 901n,
  genesis: { l2Time: 1000n } as RollupConfig['genesis'],
  forks: {},
};

interface Sample {
  readonly name: string;
  readonly channel: Uint8Array;
}

/** Decompresses and decodes a large channel of each kind; lines with transactions and megabytes a second. */
export async function decodeSyntheticChannels(runs: number): Promise<readonly string[]> {
  const blocks = makeBlocks();
  const txCount = BLOCKS * TXS_PER_BLOCK;
  const span = [encodeSpanBatch(blocks, CHAIN.genesis.l2Time, true)];
  const singular = blocks.map(encodeSingularBatch);
  const samples: readonly Sample[] = (['zlib', 'brotli'] as Compression[]).flatMap(
    (compression) => [
      { name: `singular, ${compression}`, channel: encodeChannel(singular, compression) },
      { name: `span, ${compression}`, channel: encodeChannel(span, compression) },
    ],
  );
  const lines: string[] = [];
  for (const { name, channel } of samples) {
    const tookMs: number[] = [];
    for (let run = 0; run < runs; run++) {
      const started = performance.now();
      const decoded = await decodeTransactions(channel);
      tookMs.push(performance.now() - started);
      if (decoded !== txCount) throw new Error(`${name}: ${decoded} of ${txCount} transactions`);
    }
    const medianMs = percentile(tookMs, 0.5);
    lines.push(
      `${name}: ${txCount} transactions of ${(channel.length / 1e6).toFixed(1)} MB in ${medianMs.toFixed(0)} ms ` +
        `(${((txCount / medianMs) * 1000).toFixed(0)} transactions/s)`,
    );
  }
  return lines;
}

/** As in the node, where others have their turn in between. */
const pauses: Pauses = (sliced) => inTurns(sliced, nextTurn, new AbortController().signal);

async function decodeTransactions(channel: Uint8Array): Promise<number> {
  const content =
    (await decompressChannel(channel, { limit: LIMIT, isBrotliAllowed: true }, pauses))?.bytes ??
    new Uint8Array(0);
  const items = new ByteReader(content);
  let count = 0;
  while (items.remaining > 0) {
    const batch = orNull(() => items.rlpString()) ?? new Uint8Array(0);
    const body = batch.subarray(1);
    if (batch[0] === 0) {
      count += decodeSingularBatch(body)?.transactions.length ?? 0;
      continue;
    }
    const raw = await pauses(decodeRawSpanBatch(body));
    const span = raw && (await pauses(deriveSpanBatch(raw, CHAIN)));
    count += span?.txCount ?? 0;
  }
  return count;
}

function makeBlocks(): readonly SingularBatch[] {
  const transfer = noisyTransfers(CHAIN.l2ChainId);
  return Array.from({ length: BLOCKS }, (_, index) => ({
    type: 'singular',
    parentHash: `0x${'ab'.repeat(32)}`,
    epochNumber: 100n + BigInt(Math.floor(index / 6)),
    epochHash: `0x${'cd'.repeat(32)}`,
    timestamp: CHAIN.genesis.l2Time + CHAIN.blockTime * BigInt(index + 1),
    transactions: Array.from({ length: TXS_PER_BLOCK }, (_, tx) =>
      transfer(index * TXS_PER_BLOCK + tx),
    ),
  }));
}
