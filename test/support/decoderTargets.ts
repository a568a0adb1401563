import process from 'node:process';
import fc from 'fast-check';
import { encodeBlob } from '../../devnet/batcher/blobs.js';
import { compressChannel, encodeChannel } from '../../devnet/batcher/channels.js';
import { encodeBatcherData } from '../../devnet/batcher/frames.js';
import { encodeSingularBatch } from '../../devnet/batcher/singularBatch.js';
import { encodeSpanBatch } from '../../devnet/batcher/spanBatch.js';
import {
  CHALLENGE_STATUS_CHANGED,
  challengeEvents,
} from '../../src/derive/altda/challengeEvents.js';
import { commitmentIn } from '../../src/derive/altda/commitment.js';
import { resolvedInput } from '../../src/derive/altda/resolvedInput.js';
import { decodeSingularBatch } from '../../src/derive/codec/batch.js';
import { parseBatcherTx } from '../../src/derive/codec/batcherTx.js';
import { decodeBlob } from '../../src/derive/codec/blob.js';
import { parseFrames } from '../../src/derive/codec/frame.js';
import { inflatePrefix } from '../../src/derive/codec/inflate.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../../src/derive/codec/spanBatch.js';
import { ChannelReader } from '../../src/derive/stages/channelReader.js';
import { NodeError } from '../../src/errors/nodeError.js';
import { bytesToHex } from '../../src/rollup/bytes.js';
import { decodeDepositLog, TRANSACTION_DEPOSITED_TOPIC } from '../../src/rollup/deposits.js';
import type { L1InfoFormat } from '../../src/rollup/l1Info.js';
import { decodeL1Info, encodeL1Info } from '../../src/rollup/l1Info.js';
import { payloadToBlockRef } from '../../src/rollup/l2BlockRef.js';
import { whole } from '../../src/rollup/slices.js';
import {
  CONFIG_UPDATE_TOPIC,
  decodeConfigUpdate,
  payloadToSystemConfig,
} from '../../src/rollup/systemConfig.js';
import { yieldToEventLoop } from '../../src/runtime/clock.js';
import type { Hash } from '../../src/types/block.js';
import { ZERO_HASH } from '../../src/types/block.js';
import type { ExecutionPayload } from '../../src/types/payload.js';
import {
  abiEncode,
  CHALLENGE_CONTRACT,
  keccakCommitment,
  legacyTx,
  resolveCalldata,
} from './altDaRig.js';
import {
  bytes,
  consecutiveBatches,
  frame,
  L2_CHAIN_ID,
  l2Tx,
  mutated,
  singularBatch,
} from './deriveArbitraries.js';
import { deriveConfig, FakeProvider, NEVER, RecordingObserver } from './deriveFakes.js';
import { decompressed, NO_TURN } from './sliced.js';

/** A decoder and what to feed it: valid input, which is also mutated. */
export interface DecoderTarget {
  readonly name: string;
  readonly valid: fc.Arbitrary<Uint8Array>;
  /** Must not throw; returns how many bytes it made of the input, at most `bound` for that input. */
  readonly decode: (input: Uint8Array) => number | Promise<number>;
  /** Most bytes that decoding may make of an input of that length. */
  readonly bound: (inputLength: number) => number;
}

const config = deriveConfig();
const OUTPUT_LIMIT = 200_000;
const linear = (factor: number) => (length: number) => factor * length + 1000;
const sum = (parts: readonly Uint8Array[]) => parts.reduce((total, part) => total + part.length, 0);

const singular = singularBatch().map(encodeSingularBatch);
const span = consecutiveBatches(1000n).map((blocks) => encodeSpanBatch(blocks, 1000n, true));
const channel = fc
  .tuple(fc.array(fc.oneof(singular, span), { maxLength: 3 }), fc.constantFrom('zlib', 'brotli'))
  .map(([batches, compression]) => encodeChannel(batches, compression as 'zlib' | 'brotli'));
const compressed = fc
  .tuple(fc.uint8Array({ maxLength: 2000 }), fc.nat(50_000), fc.constantFrom('zlib', 'brotli'))
  .map(([content, zeros, compression]) =>
    compressChannel(Uint8Array.of(...content, ...new Uint8Array(zeros)), compression as 'zlib'),
  );
const words = (count: number) =>
  fc
    .array(
      fc.oneof(
        bytes(32),
        fc.nat(200).map((n) => Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? n : 0))),
      ),
      {
        maxLength: count,
      },
    )
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
const topicOf = (input: Uint8Array, at: number): Hash =>
  bytesToHex(Uint8Array.from({ length: 32 }, (_, i) => (i < 30 ? 0 : (input[at + i] ?? 0) & 7)));

const formats: readonly L1InfoFormat[] = ['bedrock', 'ecotone', 'isthmus', 'jovian'];
const info = fc
  .tuple(fc.constantFrom(...formats), bytes(32), fc.nat(1_000_000))
  .map(([format, hash, number]) =>
    Buffer.from(
      encodeL1Info(format, {
        number: BigInt(number),
        time: 5n,
        baseFee: 7n,
        blockHash: bytesToHex(hash),
        sequenceNumber: 1n,
        batcherAddr: `0x${'ab'.repeat(20)}`,
        l1FeeOverhead: ZERO_HASH,
        l1FeeScalar: ZERO_HASH,
        blobBaseFee: 1n,
        baseFeeScalar: 2,
        blobBaseFeeScalar: 3,
        operatorFeeScalar: 4,
        operatorFeeConstant: 5n,
        daFootprintGasScalar: 6,
      }).slice(2),
      'hex',
    ),
  );

/** Runs a decoder whose typed answer to malformed input is a NodeError of this code. */
export function typed(code: string, decode: () => unknown): number {
  try {
    decode();
    return 1;
  } catch (thrown) {
    if (thrown instanceof NodeError && thrown.code === code) return 0;
    throw thrown;
  }
}

async function readChannel(input: Uint8Array): Promise<number> {
  const previous = new FakeProvider<Uint8Array>().push(input);
  const reader = new ChannelReader(config, {
    ...{ previous, observer: new RecordingObserver(), turn: NO_TURN },
  });
  let made = 0;
  for (;;) {
    const batch = await reader.nextBatch(NEVER);
    if (batch === 'outOfData') return made;
    if (batch === 'again') continue;
    made += batch.type === 'singular' ? sum(batch.transactions) : batch.blockCount;
  }
}

/** Every decoder of bytes that come from L1 or from L2 blocks. */
export const DECODER_TARGETS: readonly DecoderTarget[] = [
  {
    name: 'frames',
    valid: fc.array(frame(), { minLength: 1, maxLength: 4 }).map(encodeBatcherData),
    decode: (input) => sum((parseFrames(input) ?? []).map((part) => part.data)),
    bound: (length) => length,
  },
  {
    name: 'singular batch',
    valid: singular,
    decode: (input) => sum(decodeSingularBatch(input.subarray(1))?.transactions ?? []),
    bound: (length) => length,
  },
  {
    name: 'span batch',
    valid: span,
    decode: (input) => {
      const raw = whole(decodeRawSpanBatch(input.subarray(1)));
      const batch = raw && whole(deriveSpanBatch(raw, config));
      if (batch === null) return 0;
      const made = Array.from({ length: batch.blockCount }, (_, i) =>
        sum(batch.blockTransactions(i)),
      );
      return made.reduce((total, size) => total + size, 0);
    },
    // A transaction has up to some 30 bytes more than its columns.
    bound: linear(4),
  },
  {
    name: 'compressed channel',
    valid: compressed,
    decode: async (input) => (await decompressed(input, OUTPUT_LIMIT, true))?.bytes.length ?? 0,
    bound: () => OUTPUT_LIMIT,
  },
  {
    name: 'deflate prefix',
    valid: compressed,
    decode: (input) => whole(inflatePrefix(input, 2, OUTPUT_LIMIT)).bytes.length,
    bound: () => OUTPUT_LIMIT,
  },
  { name: 'channel', valid: channel, decode: readChannel, bound: () => 100_000_000 },
  {
    name: 'blob',
    valid: fc.uint8Array({ maxLength: 600 }).map(encodeBlob),
    decode: (input) => decodeBlob(input)?.length ?? 0,
    bound: () => 130_044,
  },
  {
    name: 'batcher transaction',
    valid: l2Tx(),
    decode: (input) => parseBatcherTx(input, L2_CHAIN_ID)?.data.length ?? 0,
    bound: (length) => length,
  },
  {
    name: 'commitment',
    valid: fc
      .tuple(fc.nat(2), bytes(40))
      .map(([kind, rest]) => Uint8Array.of(1, kind, ...rest.subarray(0, kind === 0 ? 32 : 40))),
    decode: (input) => (commitmentIn(input)?.encoded.length ?? 0) / 2,
    bound: (length) => length,
  },
  {
    name: 'challenge event',
    valid: fc
      .tuple(fc.nat(3), bytes(32))
      .map(([status, hash]) => abiEncode([Uint8Array.of(0, ...hash), status])),
    decode: (input) => {
      const log = {
        address: CHALLENGE_CONTRACT,
        topics: [CHALLENGE_STATUS_CHANGED, topicOf(input, 3)],
        data: bytesToHex(input),
        blockHash: ZERO_HASH,
        logIndex: 1n,
      };
      const receipts = [{ isSuccess: true, logs: [log] }];
      const { events, malformed } = challengeEvents(receipts, CHALLENGE_CONTRACT);
      return events.length + malformed;
    },
    bound: () => 1,
  },
  {
    name: 'resolving transaction',
    valid: fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .map((input) => legacyTx(resolveCalldata(keccakCommitment(input), 7, input))),
    decode: (input) => resolvedInput(input)?.length ?? 0,
    bound: (length) => length,
  },
  {
    name: 'deposit log',
    valid: words(8).map((rest) =>
      Uint8Array.of(
        ...new Uint8Array(31),
        32,
        ...new Uint8Array(31),
        Math.max(0, rest.length - 5),
        ...rest,
      ),
    ),
    decode: (input) => {
      const topics = [TRANSACTION_DEPOSITED_TOPIC, topicOf(input, 3), topicOf(input, 9), ZERO_HASH];
      const log = {
        address: topics[1] as Hash,
        topics,
        data: bytesToHex(input),
        blockHash: ZERO_HASH,
        logIndex: 1n,
      };
      return decodeDepositLog(log)?.length ?? 0;
    },
    bound: linear(2),
  },
  {
    name: 'system config log',
    valid: fc
      .tuple(fc.nat(2), words(2))
      .map(([count, rest]) =>
        Uint8Array.of(...new Uint8Array(31), 32, ...new Uint8Array(31), count * 32, ...rest),
      ),
    decode: (input) => {
      const type: Hash = `0x${((input[63] ?? 0) % 11).toString(16).padStart(64, '0')}`;
      const topics = [CONFIG_UPDATE_TOPIC, ZERO_HASH, type];
      return decodeConfigUpdate({ topics, data: bytesToHex(input) }, config, 1000n) === null
        ? 0
        : 1;
    },
    bound: () => 1,
  },
  {
    name: 'L1 info',
    valid: info,
    decode: (input) => {
      const data = bytesToHex(input);
      const made = formats.map((format) =>
        typed('ROLLUP_L1_INFO_INVALID', () => decodeL1Info(format, data)),
      );
      return made.reduce((total, one) => total + one, 0);
    },
    bound: () => 1,
  },
  {
    name: 'first transaction of an L2 block',
    valid: info.map((data) =>
      Uint8Array.of(
        0x7e,
        0xf8,
        data.length + 9,
        ...new Uint8Array(7).fill(0x80),
        0xb8,
        data.length,
        ...data,
      ),
    ),
    decode: (input) => {
      const payload = {
        blockHash: ZERO_HASH,
        blockNumber: 5n,
        timestamp: 1010n,
        gasLimit: 30_000_000n,
        extraData: '0x01000000fa000000060000000000000063',
        transactions: [bytesToHex(input)],
      } as unknown as ExecutionPayload;
      return (
        typed('ROLLUP_L1_INFO_INVALID', () => payloadToBlockRef(config, payload)) +
        typed('ROLLUP_L1_INFO_INVALID', () => payloadToSystemConfig(config, payload))
      );
    },
    bound: () => 2,
  },
];

/** CPU time that one small input may take; far above what it needs, and no matter of how busy the machine is. */
const MAX_INPUT_MS = 5_000;
/** Inputs between two turns of the event loop, in which native memory is given back. */
const INPUTS_PER_TURN = 500;

/**
 * Feeds a decoder random, valid and mutated input from a seed.
 * @returns how many inputs were tried. @throws what the decoder throws, with the input that made it.
 */
export async function fuzzDecoder(
  target: DecoderTarget,
  runs: number,
  seed: number,
): Promise<number> {
  const input = fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    { weight: 1, arbitrary: target.valid },
    { weight: 6, arbitrary: mutated(target.valid) },
  );
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(input, async (data) => {
      tried++;
      if (tried % INPUTS_PER_TURN === 0) await yieldToEventLoop();
      const before = process.cpuUsage();
      const made = await target.decode(data);
      const { user, system } = process.cpuUsage(before);
      const tookMs = (user + system) / 1000;
      if (made > target.bound(data.length)) throw new Error(`made ${made} bytes of ${data.length}`);
      if (tookMs > MAX_INPUT_MS) throw new Error(`took ${tookMs} ms`);
    }),
    { numRuns: runs, seed, endOnFailure: true },
  );
  return tried;
}
