import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { decodeEnvelope, encodeEnvelope } from '../../../../src/p2p/codec/envelopeSsz.js';
import { MAX_MESSAGE_BYTES } from '../../../../src/p2p/codec/malformed.js';
import { compressBlock, decompressBlock } from '../../../../src/p2p/codec/snappyBlock.js';
import { decodeFrames } from '../../../../src/p2p/codec/snappyFrames.js';
import { BlockValidator } from '../../../../src/p2p/gossip/blockValidator.js';
import { blocksTopics } from '../../../../src/p2p/gossip/topics.js';
import { UnsafeSigner } from '../../../../src/p2p/gossip/unsafeSigner.js';
import { PayloadClient } from '../../../../src/p2p/reqresp/client.js';
import { encodeAnswer } from '../../../../src/p2p/reqresp/requestCodec.js';
import { computePayloadBlockHash } from '../../../../src/rollup/blockHash.js';
import { NEVER } from '../../../support/deriveFakes.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeStream } from '../../../support/fakeStream.js';
import {
  recordedAnswers,
  recordedHashes,
  recordedMessages,
  recordedRollup,
  recordedSigner,
} from '../../../support/recordedGossip.js';
import { NO_TURN } from '../../../support/sliced.js';

const config = recordedRollup();
const hashes = recordedHashes();
const topics = blocksTopics(config.l2ChainId);

const decoded = recordedMessages().map(({ topic, data }) => {
  const version = topics.get(topic);
  if (version === undefined) throw new Error(`unknown topic ${topic}`);
  const body = decompressBlock(data, MAX_MESSAGE_BYTES).subarray(65);
  return { version, data, body, envelope: decodeEnvelope(version, body) };
});

describe('messages that op-node gossiped', () => {
  it('are of versions 2 to 4', () => {
    expect(new Set(decoded.map((message) => message.version))).toEqual(new Set([2, 3, 4]));
  });

  it('decode to blocks of the recorded hashes', () => {
    for (const { envelope } of decoded) {
      const { blockHash, blockNumber } = envelope.executionPayload;
      expect(blockHash).toBe(hashes.get(blockNumber));
      expect(computePayloadBlockHash(envelope)).toBe(blockHash);
    }
  });

  it('are the same bytes when they are encoded again', () => {
    for (const { envelope, body, data } of decoded) {
      expect(Buffer.compare(encodeEnvelope(envelope), body)).toBe(0);
      const again = compressBlock(decompressBlock(data, MAX_MESSAGE_BYTES));
      expect(Buffer.compare(again, data)).toBe(0);
    }
  });

  it('are accepted, as signed by the sequencer, and ignored when they come again', async () => {
    for (const { version, envelope, data } of decoded) {
      const clock = new FakeClock(Number(envelope.executionPayload.timestamp) * 1000);
      const signer = new UnsafeSigner(clock);
      signer.set(recordedSigner());
      const validator = new BlockValidator(
        { version, config, maxAgeMs: 60_000 },
        { clock, signer, turn: NO_TURN },
      );
      const verdict = await validator.validate(data, NEVER);
      expect(verdict).toMatchObject({
        kind: 'accept',
        block: { hash: envelope.executionPayload.blockHash, version },
      });
      expect(await validator.validate(data, NEVER)).toMatchObject({ kind: 'ignore' });
    }
  });
});

describe('answers that op-node gave', () => {
  const [missing, ...blocks] = recordedAnswers().toReversed();

  it.each(blocks)('for block $number is the block of that hash', async ({ number, answer }) => {
    const stream = new FakeStream([answer]);
    const client = new PayloadClient({
      config,
      clock: new FakeClock(),
      turn: NO_TURN,
      streams: { open: async () => stream },
    });
    const outcome = await client.request('peer', number, NEVER);
    expect(outcome).toMatchObject({ kind: 'block', block: { number, hash: hashes.get(number) } });
    expect(Buffer.from(stream.written()).readBigUInt64LE()).toBe(number);
  });

  it('are the same bytes when they are encoded again', () => {
    for (const { answer, number } of blocks) {
      const version = answer[1] === 0 ? 2 : number < 30n ? 3 : 4;
      const body = decodeFrames(answer.subarray(5), MAX_MESSAGE_BYTES);
      expect(Buffer.compare(encodeAnswer(decodeEnvelope(version, body)), answer)).toBe(0);
    }
  });

  it('for an unknown block is a refusal', async () => {
    const client = new PayloadClient({
      config,
      clock: new FakeClock(),
      turn: NO_TURN,
      streams: { open: async () => new FakeStream([missing?.answer ?? new Uint8Array()]) },
    });
    expect(await client.request('peer', missing?.number ?? 0n, NEVER)).toMatchObject({
      kind: 'failed',
      resultCode: 2,
    });
  });
});
