import { describe, expect, it } from 'vitest';
import type { ReceivedBlock } from '../../../../src/p2p/codec/receivedBlock.js';
import type { RequestOutcome } from '../../../../src/p2p/reqresp/client.js';
import type { PeerId, RangeEnd } from '../../../../src/p2p/reqresp/ports.js';
import { RangeSync } from '../../../../src/p2p/reqresp/rangeSync.js';
import { abortable } from '../../../../src/runtime/abort.js';
import type { Hash } from '../../../../src/types/block.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeReqRespRecorder, FakeScorer } from '../../../support/reqRespFakes.js';

/** Block hashes of a branch: `00…` and its number. */
const hashOf = (number: bigint, branch = 'a'): Hash =>
  `0x${branch.repeat(32)}${number.toString(16).padStart(32, '0')}`;
const blockOf = (number: bigint, branch = 'a', parent = branch): ReceivedBlock => ({
  version: 4,
  body: new Uint8Array(10),
  number,
  hash: hashOf(number, branch),
  parentHash: hashOf(number - 1n, parent),
  timestamp: number,
});
const endOf = (number: bigint): RangeEnd => blockOf(number);
const good = (number: bigint, branch = 'a'): RequestOutcome => ({
  kind: 'block',
  block: blockOf(number, branch),
});

type Answer = (number: bigint) => RequestOutcome | Promise<RequestOutcome>;

class SyncRig {
  readonly clock = new FakeClock();
  readonly recorder = new FakeReqRespRecorder();
  readonly scorer = new FakeScorer();
  readonly log = new FakeLogger();
  /** `peer number` of each request. */
  readonly asked: string[] = [];
  readonly taken: bigint[] = [];
  readonly sync: RangeSync;
  receive: (block: ReceivedBlock) => Promise<void> = async () => undefined;
  private readonly answers = new Map<PeerId, Answer>();

  constructor() {
    this.sync = new RangeSync({
      client: {
        request: (peer, number, signal) => {
          this.asked.push(`${peer} ${number}`);
          const answer = this.answers.get(peer);
          if (answer !== undefined) return Promise.resolve(answer(number));
          return abortable(signal, () => () => undefined);
        },
      },
      blocks: {
        receive: async (block) => {
          await this.receive(block);
          this.taken.push(block.number);
        },
      },
      scorer: this.scorer,
      clock: this.clock,
      recorder: this.recorder,
      log: this.log,
    });
  }

  /** Without answers the peer never answers. */
  peer(id: PeerId, answer?: Answer): void {
    if (answer !== undefined) this.answers.set(id, answer);
    this.sync.addPeer(id);
  }
}

describe('a range', () => {
  it('is asked for from its end down, both ends exclusive, and taken in that order', async () => {
    const rig = new SyncRig();
    rig.peer('p', good);
    rig.sync.requestRange(3n, endOf(9n));
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['p 8', 'p 7', 'p 6', 'p 5', 'p 4']);
    expect(rig.taken).toEqual([8n, 7n, 6n, 5n, 4n]);
    expect(rig.scorer.told).toEqual(new Array(5).fill('valid p'));
    expect(rig.recorder.requests).toEqual([
      'client 8 0',
      'client 7 0',
      'client 6 0',
      'client 5 0',
      'client 4 0',
    ]);
    expect(rig.recorder.quarantined).toBe(0);
  });

  it.each([
    [8n, 9n],
    [9n, 9n],
    [12n, 9n],
    [0n, 0n],
  ])('from %d to %d is nothing', async (start, end) => {
    const rig = new SyncRig();
    rig.peer('p', good);
    rig.sync.requestRange(start, endOf(end));
    await rig.clock.advance(0);
    expect(rig.asked).toEqual([]);
  });

  it('waits for peers', async () => {
    const rig = new SyncRig();
    rig.sync.requestRange(3n, endOf(6n));
    await rig.clock.advance(10_000);
    rig.peer('p', good);
    await rig.clock.advance(0);
    expect(rig.taken).toEqual([5n, 4n]);
  });

  it('of any length queues 128 blocks, the highest, and no block twice', async () => {
    const rig = new SyncRig();
    rig.sync.requestRange(0n, endOf(1_000_000_000n));
    rig.sync.requestRange(0n, endOf(1_000_000_000n));
    rig.peer('p', good);
    await rig.clock.advance(120_000);
    expect(rig.asked).toHaveLength(128);
    expect(new Set(rig.asked).size).toBe(128);
    expect(rig.taken.at(-1)).toBe(1_000_000_000n - 128n);
  });

  it('is not asked for again while it is being asked for', async () => {
    const rig = new SyncRig();
    rig.peer('silent');
    rig.sync.requestRange(3n, endOf(6n));
    await rig.clock.advance(0);
    rig.sync.requestRange(3n, endOf(6n));
    rig.peer('p', good);
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['silent 5', 'p 4']);
  });
});

describe('what does not fit', () => {
  it('waits in quarantine until the block above names it', async () => {
    const rig = new SyncRig();
    let give: (outcome: RequestOutcome) => void = () => undefined;
    rig.peer('slow', () => new Promise((resolve) => (give = resolve)));
    rig.sync.requestRange(2n, endOf(6n));
    await rig.clock.advance(0);
    rig.peer('p', good);
    await rig.clock.advance(0);
    expect([rig.taken, rig.recorder.quarantined]).toEqual([[], 2]);
    give(good(5n));
    await rig.clock.advance(0);
    expect([rig.taken, rig.recorder.quarantined]).toEqual([[5n, 4n, 3n], 0]);
  });

  it('goes when the block above names another, at its peer’s cost, and is asked for again', async () => {
    const rig = new SyncRig();
    let give: (outcome: RequestOutcome) => void = () => undefined;
    rig.peer('slow', () => new Promise((resolve) => (give = resolve)));
    rig.sync.requestRange(3n, endOf(6n));
    await rig.clock.advance(0);
    rig.peer('liar', (number) => good(number, 'b'));
    await rig.clock.advance(0);
    expect(rig.recorder.quarantined).toBe(1);
    rig.sync.requestRange(3n, endOf(6n));
    expect(rig.asked).toEqual(['slow 5', 'liar 4']);
    give(good(5n));
    await rig.clock.advance(0);
    expect(rig.scorer.told).toEqual(['valid liar', 'valid slow', 'rejected liar']);
    rig.sync.removePeer('liar');
    rig.peer('p', good);
    rig.sync.requestRange(3n, endOf(6n));
    await rig.clock.advance(60_000);
    expect(rig.taken).toEqual([5n, 4n]);
  });

  it('is a hundred blocks at most; those that go first cost their peers', async () => {
    const rig = new SyncRig();
    rig.peer('liar', (number) => good(number, 'b'));
    rig.sync.requestRange(0n, endOf(121n));
    await rig.clock.advance(60_000);
    expect(rig.recorder.quarantined).toBe(100);
    expect(rig.scorer.told.filter((told) => told === 'rejected liar')).toHaveLength(20);
    expect(rig.taken).toEqual([]);
  });

  it('is 256 MiB at most', async () => {
    const rig = new SyncRig();
    const body = new Uint8Array(10 * 1024 * 1024);
    rig.peer('liar', (number) => ({ kind: 'block', block: { ...blockOf(number, 'b'), body } }));
    rig.sync.requestRange(0n, endOf(31n));
    await rig.clock.advance(60_000);
    expect(rig.recorder.quarantined).toBe(25);
  });

  it('and could not be handed on stays, and is offered with the next range', async () => {
    const rig = new SyncRig();
    rig.receive = async () => Promise.reject(new Error('busy'));
    rig.peer('p', good);
    rig.sync.requestRange(2n, endOf(5n));
    await rig.clock.advance(0);
    expect([rig.taken, rig.recorder.quarantined]).toEqual([[], 2]);
    expect(rig.log.lines.map(({ level }) => level)).toEqual(['warn']);
    rig.receive = async () => undefined;
    rig.sync.requestRange(2n, endOf(5n));
    await rig.clock.advance(0);
    expect([rig.taken, rig.recorder.quarantined]).toEqual([[4n, 3n], 0]);
    expect(rig.asked).toHaveLength(2);
  });

  it('counts as not handed on after three seconds', async () => {
    const rig = new SyncRig();
    rig.receive = () => new Promise(() => undefined);
    rig.peer('p', good);
    rig.sync.requestRange(3n, endOf(5n));
    await rig.clock.advance(2_999);
    expect(rig.log.lines).toEqual([]);
    await rig.clock.advance(1);
    expect(rig.log.lines).toMatchObject([{ fields: { message: 'taking a block took too long' } }]);
  });
});

describe('peers', () => {
  it('share the work', async () => {
    const rig = new SyncRig();
    for (const peer of ['p', 'q', 'r']) rig.peer(peer);
    rig.sync.requestRange(0n, endOf(9n));
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['p 8', 'q 7', 'r 6']);
  });

  it('that lack a block are not asked for its range again; others are', async () => {
    const rig = new SyncRig();
    rig.peer('young', () => ({ kind: 'notFound' }));
    rig.sync.requestRange(2n, endOf(6n));
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['young 5']);
    expect(rig.scorer.told).toEqual([]);
    // Nobody is left to be asked: the range is given up.
    rig.peer('p', good);
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['young 5']);
    rig.sync.requestRange(2n, endOf(6n));
    await rig.clock.advance(0);
    expect(rig.taken).toEqual([5n, 4n, 3n]);
    expect(rig.recorder.requests[0]).toBe('client 5 1');
  });

  it('that fail are scored down and slowed, and others asked in their place', async () => {
    const rig = new SyncRig();
    const failed: RequestOutcome = { kind: 'failed', resultCode: 2, reason: 'no' };
    rig.peer('bad', () => failed);
    rig.peer('p', good);
    rig.sync.requestRange(2n, endOf(6n));
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['bad 5', 'p 4', 'p 5', 'p 3']);
    expect(rig.taken).toEqual([5n, 4n, 3n]);
    expect(rig.scorer.told).toContain('error bad');
    expect(rig.recorder.requests).toContain('client 5 2');
    rig.sync.removePeer('p');
    rig.sync.requestRange(0n, endOf(9n));
    await rig.clock.advance(499);
    expect(rig.asked).toHaveLength(4);
    await rig.clock.advance(1);
    expect(rig.asked.at(-1)).toBe('bad 8');
  });

  it('are asked fifteen times at once, then four times a second', async () => {
    const rig = new SyncRig();
    rig.peer('p', good);
    rig.sync.requestRange(0n, endOf(100n));
    await rig.clock.advance(0);
    expect(rig.asked).toHaveLength(15);
    await rig.clock.advance(1000);
    expect(rig.asked).toHaveLength(19);
  });

  it('are asked forty times at once together, then twenty times a second', async () => {
    const rig = new SyncRig();
    for (let peer = 0; peer < 10; peer++) rig.peer(`p${peer}`, good);
    rig.sync.requestRange(0n, endOf(128n));
    await rig.clock.advance(0);
    expect(rig.asked).toHaveLength(40);
    await rig.clock.advance(1000);
    expect(rig.asked).toHaveLength(60);
  });

  it('that leave give back what they were asked for', async () => {
    const rig = new SyncRig();
    rig.peer('silent');
    rig.peer('p');
    rig.sync.requestRange(3n, endOf(5n));
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['silent 4']);
    rig.sync.removePeer('silent');
    await rig.clock.advance(0);
    expect(rig.asked).toEqual(['silent 4', 'p 4']);
  });

  it('that leave last leave nothing behind', async () => {
    const rig = new SyncRig();
    rig.peer('silent');
    rig.sync.requestRange(3n, endOf(6n));
    await rig.clock.advance(0);
    rig.sync.removePeer('silent');
    await rig.clock.advance(0);
    rig.peer('p', good);
    rig.sync.requestRange(3n, endOf(6n));
    await rig.clock.advance(0);
    expect(rig.taken).toEqual([5n, 4n]);
  });

  it('can be added twice and be removed unknown', async () => {
    const rig = new SyncRig();
    rig.sync.removePeer('nobody');
    rig.peer('p', good);
    rig.peer('p', good);
    rig.sync.requestRange(0n, endOf(30n));
    await rig.clock.advance(0);
    expect(rig.asked).toHaveLength(15);
  });
});

describe('closing', () => {
  it('ends all requests and waits, and nothing starts after it', async () => {
    const rig = new SyncRig();
    rig.peer('silent');
    rig.peer('idle');
    rig.sync.requestRange(0n, endOf(3n));
    await rig.clock.advance(0);
    await rig.sync.close();
    rig.peer('late', good);
    rig.sync.requestRange(0n, endOf(9n));
    await rig.clock.advance(60_000);
    expect([rig.clock.pendingTimers, rig.taken]).toEqual([0, []]);
    expect(rig.log.lines).toEqual([]);
  });

  it('is not kept from the next block by a fault in one', async () => {
    const rig = new SyncRig();
    let isFaulty = true;
    rig.recorder.quarantineSize = () => {
      if (isFaulty) throw new Error('a bug');
    };
    rig.peer('p', good);
    rig.sync.requestRange(3n, endOf(5n));
    await rig.clock.advance(0);
    expect(rig.log.lines).toMatchObject([{ level: 'error' }]);
    isFaulty = false;
    rig.sync.requestRange(0n, endOf(3n));
    await rig.clock.advance(0);
    expect(rig.taken).toEqual([2n, 1n]);
  });

  it('does not wait for a block that nobody takes', async () => {
    const rig = new SyncRig();
    rig.receive = () => new Promise(() => undefined);
    rig.peer('p', good);
    rig.sync.requestRange(0n, endOf(3n));
    await rig.clock.advance(0);
    await rig.sync.close();
    expect(rig.clock.pendingTimers).toBe(0);
  });
});
