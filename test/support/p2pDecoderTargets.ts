import fc from 'fast-check';
import type { BlockVersion } from '../../src/p2p/codec/blockVersion.js';
import { BLOCK_VERSIONS } from '../../src/p2p/codec/blockVersion.js';
import { decodeEnvelope, encodeEnvelope } from '../../src/p2p/codec/envelopeSsz.js';
import { compressBlock, decompressBlock } from '../../src/p2p/codec/snappyBlock.js';
import { decodeFrames, encodeFrames } from '../../src/p2p/codec/snappyFrames.js';
import { messageId } from '../../src/p2p/gossip/messageId.js';
import { PayloadClient } from '../../src/p2p/reqresp/client.js';
import { encodeAnswer } from '../../src/p2p/reqresp/requestCodec.js';
import { recoverSigner } from '../../src/p2p/signer/signature.js';
import { bytesToHex } from '../../src/rollup/bytes.js';
import type { DecoderTarget } from './decoderTargets.js';
import { typed } from './decoderTargets.js';
import { bytes } from './deriveArbitraries.js';
import { NEVER } from './deriveFakes.js';
import { FakeClock } from './fakeClock.js';
import { FakeStream } from './fakeStream.js';
import { blockOf, GossipRig, messageOf, NOW } from './gossipRig.js';
import { recordedRollup } from './recordedGossip.js';
import { NO_TURN } from './sliced.js';

const OUTPUT_LIMIT = 200_000;

/** Mostly short; now and then of more than a chunk of a stream. */
const length = fc.oneof(
  { weight: 30, arbitrary: fc.nat(1000) },
  { weight: 1, arbitrary: fc.nat(100_000) },
);
const data = fc.tuple(fc.uint8Array({ maxLength: 300 }), length).map(([content, zeros]) => {
  const all = new Uint8Array(content.length + zeros);
  all.set(content);
  return all;
});

/** Blocks of a version whose hash is right. */
const block = (version: BlockVersion) =>
  fc
    .record({
      blockNumber: fc.nat(1000).map(BigInt),
      timestamp: fc.integer({ min: -70, max: 10 }).map((offset) => NOW + BigInt(offset)),
      extraData: fc.uint8Array({ maxLength: 32 }).map(bytesToHex),
      transactions: fc.array(fc.uint8Array({ maxLength: 200 }).map(bytesToHex), { maxLength: 5 }),
    })
    .map((fields) => blockOf(version, fields));
const version = fc.constantFrom(...BLOCK_VERSIONS);

/** Runs a decoder whose answer to malformed input is P2P_MALFORMED. @returns what `size` makes of what was decoded. */
function sized(decode: () => number): number {
  let size = 0;
  typed('P2P_MALFORMED', () => {
    size = decode();
  });
  return size;
}

const envelopeTarget = (of: BlockVersion): DecoderTarget => ({
  name: `envelope of version ${of}`,
  valid: block(of).map(encodeEnvelope),
  decode: (input) =>
    sized(() => {
      const envelope = decodeEnvelope(of, input);
      const { transactions } = envelope.executionPayload;
      // What was read is written again to as many bytes, whatever gaps the input had, unless it is of another version then.
      encodeEnvelope(envelope);
      return transactions.reduce((sum, tx) => sum + (tx.length - 2) / 2, 0);
    }),
  bound: (length) => length,
});

const rigs = BLOCK_VERSIONS.map((of) => new GossipRig(of));
const config = recordedRollup();
const clock = new FakeClock();

/** Every decoder of bytes that come from peers. */
export const P2P_DECODER_TARGETS: readonly DecoderTarget[] = [
  ...BLOCK_VERSIONS.map(envelopeTarget),
  {
    name: 'snappy block',
    valid: data.map(compressBlock),
    decode: (input) => sized(() => decompressBlock(input, OUTPUT_LIMIT).length),
    bound: () => OUTPUT_LIMIT,
  },
  {
    name: 'snappy frames',
    valid: data.map(encodeFrames),
    decode: (input) => sized(() => decodeFrames(input, OUTPUT_LIMIT).length),
    bound: () => OUTPUT_LIMIT,
  },
  {
    name: 'message id',
    valid: data.map(compressBlock),
    decode: (input) => messageId('/optimism/901/3/blocks', input).length,
    bound: () => 20,
  },
  {
    name: 'signature',
    valid: bytes(65).map((signature) => signature.with(64, (signature[64] ?? 0) & 3)),
    decode: (input) => recoverSigner(new Uint8Array(32), input)?.length ?? 0,
    bound: () => 42,
  },
  {
    name: 'gossip message',
    valid: version.chain(block).map((envelope) => messageOf(envelope)),
    decode: async (input) => {
      const verdicts = await Promise.all(rigs.map((rig) => rig.validate(input)));
      return verdicts.filter(({ kind }) => kind === 'accept').length;
    },
    bound: () => 1,
  },
  {
    name: 'answer to a request',
    valid: version.chain(block).map(encodeAnswer),
    decode: async (input) => {
      const open = async () => new FakeStream([input]);
      const client = new PayloadClient({ config, clock, turn: NO_TURN, streams: { open } });
      const number = BigInt(input.length % 50);
      const outcome = await client.request('peer', number, NEVER);
      return outcome.kind === 'block' ? outcome.block.body.length : 0;
    },
    bound: (length) => 65_536 * length,
  },
];
