import { describe, expect, it } from 'vitest';
import { GapFiller } from '../../../src/p2p/gapFiller.js';
import type { MissingRange } from '../../../src/p2p/p2pService.js';
import { SignerWatcher } from '../../../src/p2p/signerWatcher.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import type { Address } from '../../../src/types/block.js';
import type { EngineHeads } from '../../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../../src/types/engineHeads.js';
import type { ExecutionPayloadEnvelope } from '../../../src/types/payload.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { blockOf } from '../../support/gossipRig.js';

const SIGNAL = new AbortController().signal;

function headsAt(number: bigint, timestamp: bigint): EngineHeads {
  const hash = `0x${number.toString(16).padStart(64, '0')}` as const;
  return { ...UNKNOWN_HEADS, unsafe: { ...UNKNOWN_HEADS.unsafe, number, hash, timestamp } };
}

function setup(waiting: ExecutionPayloadEnvelope | null) {
  const clock = new FakeClock();
  const now = BigInt(Math.floor(clock.nowMs() / 1000));
  const heads = new WatchCell(headsAt(5n, now - 4n));
  const asked: MissingRange[] = [];
  const log = new FakeLogger();
  const filler = new GapFiller(
    { blockTime: 2n },
    {
      engine: { heads, firstBeyondGap: waiting },
      request: async (range) => void asked.push(range),
      clock,
      log,
    },
  );
  return { clock, heads, asked, filler, now, log };
}

describe('gaps in unsafe blocks', () => {
  const block = blockOf(4, { blockNumber: 9n });
  const { blockHash: hash, parentHash } = block.executionPayload;
  const range = { start: 5n, end: { number: 9n, hash, parentHash } };

  it('are asked for after two slots without a new head, again and again', async () => {
    const { clock, asked, filler, log } = setup(block);
    for (let round = 1; round <= 2; round++) {
      const step = filler.step(SIGNAL);
      await clock.advance(3_999);
      expect(asked).toHaveLength(round - 1);
      await clock.advance(1);
      await step;
      expect(asked).toHaveLength(round);
    }
    expect(asked[0]).toEqual(range);
    const told = log.find('requesting engine missing unsafe L2 block range');
    expect(told[0]?.fields).toEqual({ start: 5n, end: 9n, size: 4n });
  });

  it('are not asked for while the head moves, without a gap, or above an old head', async () => {
    const moving = setup(block);
    const step = moving.filler.step(SIGNAL);
    moving.heads.set(headsAt(6n, moving.now));
    await step;
    const whole = setup(null);
    const old = setup(block);
    old.heads.set(headsAt(5n, old.now - 12n * 3600n - 1n));
    for (const { filler, clock } of [whole, old]) {
      const waited = filler.step(SIGNAL);
      await clock.advance(4_000);
      await waited;
    }
    expect([moving, whole, old].map(({ asked }) => asked.length)).toEqual([0, 0, 0]);
  });
});

describe('who may sign blocks', () => {
  it('is read from L1 once there is one, then every interval, and told when it changes', async () => {
    const clock = new FakeClock();
    const answers: (Address | null)[] = [null, '0x01', '0x01', '0x02'];
    const set: Address[] = [];
    const firsts: number[] = [];
    const watcher = new SignerWatcher(
      { reloadMs: 600_000 },
      {
        read: async () => answers.shift() ?? null,
        set: async (address) => void set.push(address),
        onFirst: () => firsts.push(set.length),
        clock,
        log: new FakeLogger(),
      },
    );
    const steps: (readonly [number, number])[] = [
      [500, 0],
      [600_000, 1],
      [600_000, 1],
      [600_000, 2],
    ];
    for (const [waitMs, count] of steps) {
      const step = watcher.step(SIGNAL);
      await clock.advance(waitMs);
      await step;
      expect(set).toHaveLength(count);
    }
    expect(set).toEqual(['0x01', '0x02']);
    expect(firsts).toEqual([1]);
  });
});
