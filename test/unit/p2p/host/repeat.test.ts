import { describe, expect, it } from 'vitest';
import { repeat } from '../../../../src/p2p/host/repeat.js';
import { linkSignals } from '../../../../src/runtime/abort.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';

describe('upkeep', () => {
  it('of one interval is done at the same moments, whenever it began and however long it took', async () => {
    const clock = new FakeClock();
    const { signal, abort } = linkSignals();
    const deps = { clock, log: new FakeLogger(), signal };
    const done: [string, number][] = [];
    const upkeep = (what: string, everyMs: number, takesMs: number): Promise<void> =>
      repeat(
        what,
        everyMs,
        async () => {
          done.push([what, clock.monotonicMs()]);
          if (takesMs > 0) await clock.sleep(takesMs, signal);
        },
        deps,
      );
    const first = upkeep('first', 1_000, 0);
    await clock.advance(300);
    const slow = upkeep('slow', 1_000, 600);
    const rare = upkeep('rare', 2_000, 0);
    await clock.advance(3_700);
    abort();
    await Promise.all([first, slow, rare]);
    const at = (what: string) => done.filter(([name]) => name === what).map(([, ms]) => ms);
    expect(at('first')).toEqual([1_000, 2_000, 3_000, 4_000]);
    // Half of the time at least is left to what else there is to do.
    expect(at('slow')).toEqual([1_000, 3_000]);
    expect(at('rare')).toEqual([2_000, 4_000]);
  });

  it('takes the time that it is told, after it was done', async () => {
    const clock = new FakeClock();
    const { signal, abort } = linkSignals();
    const done: number[] = [];
    const running = repeat(
      'other',
      () => 700,
      async () => void done.push(clock.monotonicMs()),
      {
        ...{ clock, log: new FakeLogger(), signal },
      },
    );
    await clock.advance(1_500);
    abort();
    await running;
    expect(done).toEqual([700, 1_400]);
  });
});
