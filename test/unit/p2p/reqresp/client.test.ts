import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { encodeEnvelope } from '../../../../src/p2p/codec/envelopeSsz.js';
import { encodeFrames } from '../../../../src/p2p/codec/snappyFrames.js';
import { PayloadClient } from '../../../../src/p2p/reqresp/client.js';
import type { ByteStream, StreamOpener } from '../../../../src/p2p/reqresp/ports.js';
import { encodeAnswer, payloadByNumberProtocol } from '../../../../src/p2p/reqresp/requestCodec.js';
import { EMPTY_TRIE_ROOT } from '../../../../src/rollup/trieRoot.js';
import type { ExecutionPayload } from '../../../../src/types/payload.js';
import { NEVER } from '../../../support/deriveFakes.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeStream } from '../../../support/fakeStream.js';
import { blockOf } from '../../../support/gossipRig.js';
import { NO_TURN } from '../../../support/sliced.js';

/** Blocks of two seconds from time 1000 on: V1 up to 9, V2 up to 19, V3 up to 29, V4 from 30 on. */
const config = {
  genesis: { l2: { hash: `0x${'00'.repeat(32)}`, number: 0n }, l2Time: 1000n },
  blockTime: 2n,
  forks: { canyon: 1020n, ecotone: 1040n, isthmus: 1060n },
} as unknown as ConstructorParameters<typeof PayloadClient>[0]['config'];
const NUMBERS = { 1: 5n, 2: 15n, 3: 25n, 4: 35n } as const;
const TEN_MIB = 10 * 1024 * 1024;

function clientOf(streams: StreamOpener['open'] | ByteStream) {
  const clock = new FakeClock();
  const open = typeof streams === 'function' ? streams : async () => streams;
  return { clock, client: new PayloadClient({ config, clock, turn: NO_TURN, streams: { open } }) };
}

async function outcomeOf(answer: readonly Uint8Array[], number: bigint) {
  const stream = new FakeStream(answer);
  const outcome = await clientOf(stream).client.request('peer', number, NEVER);
  expect([stream.isWriteClosed, stream.closes]).toEqual([true, 1]);
  return outcome;
}
const answerOf = (version: 1 | 2 | 3 | 4, overrides: Partial<ExecutionPayload> = {}) =>
  encodeAnswer(blockOf(version, { blockNumber: NUMBERS[version], ...overrides }));
const failure = (reason: string, resultCode = 3) => ({ kind: 'failed', resultCode, reason });

describe('the client', () => {
  it.each([1, 2, 3, 4] as const)('takes a block of version %d', async (version) => {
    const { blockHash } = blockOf(version, { blockNumber: NUMBERS[version] }).executionPayload;
    expect(await outcomeOf([answerOf(version)], NUMBERS[version])).toMatchObject({
      kind: 'block',
      block: { version, number: NUMBERS[version], hash: blockHash },
    });
  });

  it('takes an answer that comes byte by byte', async () => {
    const bytes = [...answerOf(1)].map((byte) => Uint8Array.of(byte));
    expect(await outcomeOf(bytes, 5n)).toMatchObject({ kind: 'block' });
  });

  it('reads a block as its time says, not as it says itself', async () => {
    expect(await outcomeOf([answerOf(3, { blockNumber: 35n })], 35n)).toMatchObject({
      kind: 'failed',
    });
    // The payload of an Isthmus block without a withdrawal ever is written as version 3, and not read then.
    const empty = answerOf(4, { withdrawalsRoot: EMPTY_TRIE_ROOT });
    expect(await outcomeOf([empty], 35n)).toMatchObject({ kind: 'failed' });
  });

  const good = answerOf(1);
  it.each([
    ['lacks a block', [Uint8Array.of(1)], { kind: 'notFound' }],
    ['refuses a request', [Uint8Array.of(2)], failure('peer answered with code 2', 2)],
    ['fails', [Uint8Array.of(3)], failure('peer answered with code 3', 3)],
    ['fails in a new way', [Uint8Array.of(200, 1, 2)], failure('peer answered with code 200', 200)],
    ['says nothing', [], failure('answer is empty')],
    ['says no version', [good.subarray(0, 4)], failure('answer has no version')],
    [
      'says a version of its own',
      [Uint8Array.of(0, 2, 0, 0, 0)],
      failure('answer has an unknown version'),
    ],
    [
      'says a large version',
      [Uint8Array.of(0, 0, 0, 0, 1)],
      failure('answer has an unknown version'),
    ],
    ['says no more', [good.subarray(0, 5)], failure('payload is shorter than its fixed part')],
    ['breaks off', [good.subarray(0, -1)], failure('stream ends within a chunk')],
    ['gives another block', [answerOf(1, { blockNumber: 6n })], failure('answer is another block')],
    [
      'gives a block of a wrong hash',
      [answerOf(1, { blockHash: `0x${'99'.repeat(32)}` })],
      failure('block hash is wrong'),
    ],
    [
      'gives a payload and more',
      [
        Uint8Array.of(0, 0, 0, 0, 0),
        encodeFrames(
          Buffer.concat([encodeEnvelope(blockOf(1, { blockNumber: 5n })), Buffer.alloc(1)]),
        ),
      ],
      failure('block hash is wrong'),
    ],
    ['gives too much', [good, Buffer.alloc(TEN_MIB)], failure('answer is too long')],
    [
      'gives too much once decompressed',
      [Uint8Array.of(0, 0, 0, 0, 0), encodeFrames(Buffer.alloc(TEN_MIB + 1))],
      failure('stream is too long'),
    ],
    [
      'gives a million of nothing',
      [answerOf(1, { transactions: new Array(200_000).fill('0x') })],
      failure('answer has too many transactions'),
    ],
  ])('tells when a peer %s', async (_, answer, outcome) => {
    expect(await outcomeOf(answer, 5n)).toEqual(outcome);
  });

  it('does not wait for more behind a refusal', async () => {
    const stream = new FakeStream([Uint8Array.of(1)], { stalls: true });
    expect(await clientOf(stream).client.request('peer', 5n, NEVER)).toEqual({ kind: 'notFound' });
  });

  it('names its protocol by the chain', () => {
    expect(payloadByNumberProtocol(8453n)).toBe('/opstack/req/payload_by_number/8453/0');
  });
});

describe('the patience of the client', () => {
  it('ends after five seconds without a stream, which is closed if it comes late', async () => {
    let give: (stream: ByteStream) => void = () => undefined;
    const { client, clock } = clientOf(() => new Promise((resolve) => (give = resolve)));
    const asked = client.request('peer', 5n, NEVER);
    await clock.advance(5_000);
    expect(await asked).toEqual(failure('opening a stream took too long'));
    const late = new FakeStream([]);
    give(late);
    await clock.flush();
    expect([late.closes, clock.pendingTimers]).toEqual([1, 0]);
  });

  it.each([
    [
      'that is not read',
      new FakeStream([], { isStuckReader: true }),
      'writing the request took too long',
    ],
    ['that says nothing', new FakeStream([], { stalls: true }), 'reading the answer took too long'],
    [
      'that says too little',
      new FakeStream([good()], { stalls: true }),
      'reading the answer took too long',
    ],
  ])('ends after ten seconds with a stream %s', async (_, stream, reason) => {
    const { client, clock } = clientOf(stream);
    const asked = client.request('peer', 5n, NEVER);
    await clock.advance(10_000);
    expect(await asked).toEqual(failure(reason));
    expect([stream.closes, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('ends ten seconds after the request, however steadily a peer drips', async () => {
    const { client, clock } = clientOf({
      read: async (signal) => {
        await clock.sleep(900, signal);
        return Uint8Array.of(0);
      },
      write: async () => undefined,
      closeWrite: async () => undefined,
      close: () => undefined,
    });
    const asked = client.request('peer', 5n, NEVER);
    await clock.advance(10_000);
    expect(await asked).toEqual(failure('reading the answer took too long'));
  });

  it('ends with the caller, and takes a broken stream for a failure', async () => {
    const stop = new AbortController();
    const { client, clock } = clientOf(new FakeStream([], { stalls: true }));
    const asked = client.request('peer', 5n, stop.signal);
    await clock.flush();
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' });
    const broken = clientOf(() => Promise.reject(new Error('no such protocol')));
    expect(await broken.client.request('peer', 5n, NEVER)).toEqual(failure('no such protocol'));
  });
});

function good(): Uint8Array {
  return answerOf(1);
}
