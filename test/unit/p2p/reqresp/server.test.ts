import { Buffer } from 'node:buffer';
import type { Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../../../src/p2p/reqresp/ports.js';
import { encodeAnswer, encodeRequest } from '../../../../src/p2p/reqresp/requestCodec.js';
import { PayloadServer } from '../../../../src/p2p/reqresp/server.js';
import type { ExecutionPayloadEnvelope } from '../../../../src/types/payload.js';
import { NEVER } from '../../../support/deriveFakes.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeStream } from '../../../support/fakeStream.js';
import { blockOf, NOW } from '../../../support/gossipRig.js';
import { FakeReqRespRecorder } from '../../../support/reqRespFakes.js';
import { seededRandom } from '../../../support/seededRandom.js';

/** A chain of blocks of two seconds, whose block 100 is due now. */
const config = {
  genesis: {
    l1: { hash: `0x${'00'.repeat(32)}`, number: 0n },
    l2: { hash: `0x${'00'.repeat(32)}`, number: 10n },
    l2Time: NOW - 180n,
    systemConfig: {},
  },
  blockTime: 2n,
} as unknown as ConstructorParameters<typeof PayloadServer>[0]['config'];

type Block = ExecutionPayloadEnvelope | null;

class ServerRig {
  readonly clock = new FakeClock(Number(NOW) * 1000);
  readonly recorder = new FakeReqRespRecorder();
  readonly log = new FakeLogger();
  /** Numbers that were read. */
  readonly asked: bigint[] = [];
  readonly server: PayloadServer;

  constructor(
    read: (number: bigint, signal: AbortSignal) => Promise<Block> = async (number) =>
      blockOf(4, { blockNumber: number }),
  ) {
    this.server = new PayloadServer({
      config,
      clock: this.clock,
      recorder: this.recorder,
      log: this.log,
      blocks: {
        payloadByNumber: (number, signal) => {
          this.asked.push(number);
          return read(number, signal);
        },
      },
    });
  }

  serve(stream: ByteStream, peer = 'peer'): Promise<void> {
    return this.server.serve(peer, stream, NEVER);
  }

  /** All that is answered to these bytes. */
  async answerTo(request: Uint8Array, peer = 'peer'): Promise<string> {
    const stream = new FakeStream([request]);
    await this.serve(stream, peer);
    expect([stream.isWriteClosed, stream.closes]).toEqual([true, 1]);
    return Buffer.from(stream.written()).toString('hex');
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the server', () => {
  it.each([1, 3, 4] as const)('answers with a block of version %d', async (version) => {
    const block = blockOf(version, { blockNumber: 50n });
    const rig = new ServerRig(async () => block);
    const answer = await rig.answerTo(encodeRequest(50n));
    expect(answer).toBe(hex(encodeAnswer(block)));
    expect(answer.slice(0, 10)).toBe(version === 1 ? '0000000000' : '0001000000');
    expect(rig.recorder.requests).toEqual(['server 50 0']);
  });

  it('reads a request that comes byte by byte, and nothing behind it', async () => {
    const rig = new ServerRig();
    const bytes = [...encodeRequest(51n), 1, 2, 3].map((byte) => Uint8Array.of(byte));
    await rig.serve(new FakeStream(bytes));
    expect(rig.asked).toEqual([51n]);
    expect(hex(encodeRequest(0x0102n))).toBe('0201000000000000');
  });

  it.each([
    [9n, '02'],
    [101n, '02'],
    [(1n << 64n) - 1n, '02'],
  ])(
    'answers %d, which is no block, without asking the execution layer',
    async (number, answer) => {
      const rig = new ServerRig();
      expect(await rig.answerTo(encodeRequest(number))).toBe(answer);
      expect(rig.asked).toEqual([]);
      expect(rig.recorder.requests).toEqual([`server ${number} 2`]);
    },
  );

  it('answers up to the block that is due', async () => {
    const rig = new ServerRig();
    await rig.answerTo(encodeRequest(10n));
    await rig.answerTo(encodeRequest(100n));
    expect(await rig.answerTo(encodeRequest(101n))).toBe('02');
    await rig.clock.advance(1999);
    expect(await rig.answerTo(encodeRequest(101n))).toBe('02');
    await rig.clock.advance(1);
    expect(await rig.answerTo(encodeRequest(101n))).not.toBe('02');
  });

  it('says that it lacks a block', async () => {
    const rig = new ServerRig(async () => null);
    expect(await rig.answerTo(encodeRequest(50n))).toBe('01');
    expect(rig.recorder.requests).toEqual(['server 50 1']);
  });

  it.each([
    [
      'the execution layer fails',
      encodeRequest(50n),
      async () => Promise.reject(new Error('down')),
    ],
    ['a request ends early', Uint8Array.of(1, 2, 3), async () => null],
    ['nothing comes at all', new Uint8Array(0), async () => null],
  ])('answers 3 when %s', async (_, request, read) => {
    const rig = new ServerRig(read);
    expect(await rig.answerTo(request)).toBe('03');
    expect(rig.recorder.requests[0]).toMatch(/ 3$/);
  });

  it('answers 3 to a peer that does not ask, after ten seconds', async () => {
    const rig = new ServerRig();
    const stream = new FakeStream([], { stalls: true });
    const served = rig.serve(stream);
    await rig.clock.advance(10_000);
    await served;
    expect([hex(stream.written()), stream.closes]).toEqual(['03', 1]);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('gives up a peer that does not read, after ten seconds, and writes nothing more', async () => {
    const rig = new ServerRig();
    const stream = new FakeStream([encodeRequest(50n)], { isStuckReader: true });
    const served = rig.serve(stream);
    await rig.clock.advance(10_000);
    await served;
    expect([stream.written().length, stream.closes]).toEqual([0, 1]);
    expect(rig.recorder.durationsMs).toEqual([10_000]);
  });

  it('gives up an execution layer that does not answer, after twenty seconds', async () => {
    const rig = new ServerRig(() => new Promise(() => undefined));
    const stream = new FakeStream([encodeRequest(50n)]);
    const served = rig.serve(stream);
    await rig.clock.advance(20_000);
    await served;
    expect(hex(stream.written())).toBe('03');
  });

  it('ends when it is stopped, and when a stream breaks in every way', async () => {
    const rig = new ServerRig();
    const stop = new AbortController();
    const stream = new FakeStream([], { stalls: true });
    const served = rig.server.serve('peer', stream, stop.signal);
    await rig.clock.flush();
    stop.abort();
    await served;
    expect(stream.closes).toBe(1);
    const broken: ByteStream = {
      read: () => Promise.reject(new Error('reset')),
      write: () => Promise.reject(new Error('reset')),
      closeWrite: () => Promise.reject(new Error('reset')),
      close: () => undefined,
    };
    await rig.serve(broken);
    expect(rig.recorder.requests).toEqual(['server 0 3', 'server 0 3']);
  });
});

describe('the rates of the server', () => {
  /** Sends requests at once; tells how many have been answered with a block so far. */
  function flood(rig: ServerRig, peer: string, count: number) {
    const streams = Array.from({ length: count }, () => new FakeStream([encodeRequest(50n)]));
    const served = streams.map((stream) => rig.serve(stream, peer));
    const codes = () => streams.map((stream) => stream.written()[0]);
    return {
      done: Promise.all(served),
      good: () => codes().filter((code) => code === 0).length,
      refused: () => codes().filter((code) => code === 3).length,
    };
  }

  it('are fifteen at once of a peer, then four a second', async () => {
    const rig = new ServerRig();
    const { good, done } = flood(rig, 'peer', 15);
    await done;
    expect(good()).toBe(15);
    const more = flood(rig, 'peer', 8);
    await rig.clock.flush();
    expect(more.good()).toBe(0);
    await rig.clock.advance(1000);
    expect(more.good()).toBe(4);
    await rig.clock.advance(1000);
    expect(more.good()).toBe(8);
    await more.done;
  });

  it('refuse a peer that has too many requests open', async () => {
    const rig = new ServerRig(() => new Promise(() => undefined));
    const { refused, done } = flood(rig, 'peer', 1000);
    await rig.clock.flush();
    expect(refused()).toBe(1000 - 16);
    await rig.clock.advance(60_000);
    await done;
    const again = flood(rig, 'peer', 1);
    await rig.clock.flush();
    expect(again.refused()).toBe(0);
    await rig.clock.advance(60_000);
    await again.done;
  });

  it('are forty at once of all peers, then twenty a second', async () => {
    const rig = new ServerRig();
    const floods = ['a', 'b', 'c', 'd'].map((peer) => flood(rig, peer, 15));
    const good = () => floods.reduce((sum, each) => sum + each.good(), 0);
    await rig.clock.flush();
    expect(good()).toBe(40);
    await rig.clock.advance(1000);
    expect(good()).toBe(60);
    await Promise.all(floods.map(({ done }) => done));
  });

  it('hold nobody else up while a peer waits', async () => {
    const rig = new ServerRig();
    await flood(rig, 'greedy', 15).done;
    const greedy = flood(rig, 'greedy', 16);
    const other = flood(rig, 'modest', 1);
    await rig.clock.flush();
    expect([greedy.good(), other.good()]).toEqual([0, 1]);
    await rig.clock.advance(5000);
    await greedy.done;
  });

  it('leave others their answers while a peer does not read large ones', async () => {
    const large = blockOf(1, { transactions: [noise(3 * 1024 * 1024)] });
    const rig = new ServerRig(async () => large);
    const stuck = Array.from(
      { length: 10 },
      () => new FakeStream([encodeRequest(50n)], { isStuckReader: true }),
    );
    const served = stuck.map((stream) => rig.serve(stream, 'slow'));
    await rig.clock.flush();
    const other = new FakeStream([encodeRequest(50n)]);
    await rig.serve(other, 'other');
    expect(other.written()[0]).toBe(0);
    await rig.clock.advance(20_000);
    await Promise.all(served);
    // Sixteen MiB of one peer wait at most: five answers of three MiB each.
    expect(
      rig.log.lines.filter(({ fields }) => fields.message === 'too much is being sent already'),
    ).toHaveLength(5);
  });
});

/** Bytes that do not shrink. */
function noise(length: number): Hex {
  const random = seededRandom(1);
  return `0x${Buffer.from(Array.from({ length }, () => random() * 256)).toString('hex')}`;
}
