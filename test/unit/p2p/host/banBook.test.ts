import { describe, expect, it } from 'vitest';
import { BanBook } from '../../../../src/p2p/host/banBook.js';
import { MemoryP2pStore } from '../../../../src/stores/memoryP2pStore.js';
import { FakeClock } from '../../../support/fakeClock.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function setup(store = new MemoryP2pStore()) {
  const clock = new FakeClock();
  const unbans = { count: 0 };
  const bans = new BanBook(
    { durationMs: HOUR_MS },
    {
      store,
      clock,
      onUnban: () => {
        unbans.count += 1;
      },
    },
  );
  return { clock, bans, unbans, store };
}

describe('bans', () => {
  it('hold for their time, and their end is noticed once', async () => {
    const { clock, bans, unbans } = setup();
    expect(bans.isBanned('a')).toBe(false);
    expect(await bans.ban('a', false)).toBe(HOUR_MS);
    await clock.advance(HOUR_MS - 1);
    expect(bans.isBanned('a')).toBe(true);
    expect(bans.count).toBe(1);
    await clock.advance(1);
    expect([bans.isBanned('a'), bans.isBanned('a')]).toEqual([false, false]);
    expect(unbans.count).toBe(1);
    expect(bans.count).toBe(0);
  });

  it('are short in a small network, and twice as long each time, up to the usual one', async () => {
    const { clock, bans } = setup();
    const lengths: number[] = [];
    for (let time = 0; time < 8; time++) {
      const lengthMs = await bans.ban('a', true);
      lengths.push(lengthMs / MINUTE_MS);
      await clock.advance(lengthMs);
      expect(bans.isBanned('a')).toBe(false);
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(await bans.ban('b', true)).toBe(MINUTE_MS);
  });

  it('are remembered for a week after their end, and cleaned up then', async () => {
    const { clock, bans, store } = setup();
    await bans.ban('a', true);
    await clock.advance(7 * 24 * HOUR_MS);
    expect(bans.isBanned('a')).toBe(false);
    expect(await bans.ban('a', true)).toBe(2 * MINUTE_MS);
    await bans.cleanUp();
    expect([...store.entries('')]).toHaveLength(1);
    await clock.advance(7 * 24 * HOUR_MS + 2 * MINUTE_MS + 1);
    await bans.cleanUp();
    expect([...store.entries('')]).toEqual([]);
    expect(await bans.ban('a', true)).toBe(MINUTE_MS);
  });

  it('survive a restart, and end by hand, which is counted', async () => {
    const { store, bans } = setup();
    await bans.ban('a', false);
    const { bans: later, unbans } = setup(store);
    expect(later.isBanned('a')).toBe(true);
    await later.unban('a');
    expect(later.isBanned('a')).toBe(false);
    expect(unbans.count).toBe(1);
  });
});
