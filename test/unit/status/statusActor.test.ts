import { describe, expect, it } from 'vitest';
import { StatusActor } from '../../../src/status/statusActor.js';
import type { StatusJson } from '../../../src/status/statusJson.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { rejection } from '../../support/until.js';

function make(take: (nowMs: number) => Promise<unknown>) {
  const clock = new FakeClock();
  const log = new FakeLogger();
  let written = 0;
  const snapshot = {
    take: async (nowMs: number) => ({
      ...((await take(nowMs)) as StatusJson),
      toJSON: () => {
        written += 1;
        return { nowMs };
      },
    }),
    historyJson: () => ({ columns: [], rows: [] }),
  };
  const actor = new StatusActor({ snapshot, clock, log });
  return { actor, clock, log, written: () => written };
}

const never = new AbortController().signal;

describe('StatusActor', () => {
  it('says nothing before its first look', () => {
    const { actor } = make(async () => ({}));
    expect([actor.statusText(), actor.historyText()]).toEqual([null, null]);
  });

  it('looks each ten seconds by itself, each second while somebody does, and at once for who comes', async () => {
    let taken = 0;
    const { actor, clock } = make(async () => {
      taken += 1;
      return {};
    });
    const stop = new AbortController();
    const run = (async () => {
      while (!stop.signal.aborted) await actor.step(stop.signal).catch(() => undefined);
    })();
    await clock.advance(35_000);
    expect(taken).toBe(4);
    await Promise.all([actor.look(), actor.look()]);
    expect(taken).toBe(5);
    expect(actor.statusText()).toBe(JSON.stringify({ nowMs: clock.nowMs() }));
    // The sleep that had begun ends as it would have.
    await clock.advance(5_000);
    taken = 0;
    await clock.advance(20_000);
    expect(taken).toBe(20);
    await clock.advance(60_000);
    taken = 0;
    await clock.advance(60_000);
    expect(taken).toBeLessThanOrEqual(7);
    stop.abort();
    await run;
  });

  it('lets everybody wait who comes while it takes its first look', async () => {
    let end = (): void => undefined;
    const { actor } = make(
      () =>
        new Promise((resolve) => {
          end = () => resolve({});
        }),
    );
    const texts = [actor.look(), actor.look()].map((look) => look.then(() => actor.statusText()));
    end();
    expect(await Promise.all(texts)).not.toContain(null);
  });

  it('writes what it saw once, when somebody asks', async () => {
    const { actor, clock, written } = make(async () => ({}));
    await actor.look();
    for (let second = 0; second < 3; second += 1) {
      const step = actor.step(never);
      await clock.advance(1_000);
      await step;
    }
    expect(written()).toBe(0);
    const texts = [actor.statusText(), actor.statusText(), actor.statusText()];
    expect(new Set(texts)).toEqual(new Set([JSON.stringify({ nowMs: clock.nowMs() - 1_000 })]));
    expect(written()).toBe(1);
  });

  it('goes on after a look that failed, and keeps the one before', async () => {
    let fails = false;
    const { actor, clock, log } = make(async () => {
      if (fails) throw new Error('odd');
      return {};
    });
    for (const failing of [false, true]) {
      fails = failing;
      await actor.look();
      const step = actor.step(never);
      await clock.advance(1_000);
      await step;
    }
    expect(actor.statusText()).toBe(JSON.stringify({ nowMs: clock.nowMs() - 2_000 }));
    expect(log.lines.map(({ message }) => message)).toEqual(['The status could not be taken']);
  });

  it('ends with its signal', async () => {
    const { actor } = make(async () => ({}));
    const stop = new AbortController();
    const step = actor.step(stop.signal);
    stop.abort();
    expect(await rejection(step)).toMatchObject({ code: 'ABORTED' });
  });
});
