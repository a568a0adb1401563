import { beforeEach, describe, expect, it } from 'vitest';
import { Retries } from '../../../src/transport/retries.js';
import { HttpStatusError, transportFailed } from '../../../src/transport/transportErrors.js';
import { NEVER } from '../../support/deriveFakes.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const away = (status = 429, retryAfterMs: number | null = null) =>
  new HttpStatusError('http://host', status, '<html>', retryAfterMs);

describe('Retries', () => {
  let clock: FakeClock;
  let sentAt: number[];
  let answers: (Error | string)[];
  beforeEach(() => {
    clock = new FakeClock();
    sentAt = [];
    answers = [];
  });

  const make = (retries = 3) => new Retries({ retries }, { clock, random: () => 0 });
  const send = async (): Promise<string> => {
    sentAt.push(clock.monotonicMs());
    const answer = answers.shift() ?? 'done';
    if (answer instanceof Error) throw answer;
    return answer;
  };

  it.each([429, 502, 503, 504])(
    'sends again after a wait what was turned away with %i',
    async (status) => {
      answers = [away(status), away(status)];
      const done = make().run(send, NEVER);
      await clock.advance(750);
      expect(await done).toBe('done');
      expect(sentAt).toEqual([0, 250, 750]);
    },
  );

  it('waits as long as the endpoint asks for, and so does everybody else', async () => {
    answers = [away(503, 7_000)];
    const retries = make();
    const first = retries.run(send, NEVER);
    await clock.advance(1_000);
    const second = retries.run(send, NEVER);
    await clock.advance(5_999);
    expect(sentAt).toEqual([0]);
    await clock.advance(1);
    expect(await Promise.all([first, second])).toEqual(['done', 'done']);
    expect(sentAt).toEqual([0, 7_000, 7_000]);
  });

  it('gives up after so many tries, and begins with a short wait again after a success', async () => {
    answers = [away(), away(), away(), away()];
    const retries = make();
    const failed = rejection(retries.run(send, NEVER));
    await clock.advance(10_000);
    expect(await failed).toMatchObject({ status: 429 });
    expect(sentAt).toEqual([0, 250, 750, 1_750]);
    expect(await retries.run(send, NEVER)).toBe('done');
    sentAt = [];
    answers = [away()];
    const done = retries.run(send, NEVER);
    await clock.advance(250);
    expect(await done).toBe('done');
    expect(sentAt).toEqual([10_000, 10_250]);
  });

  it.each([
    ['another status', away(500)],
    ['a connection that breaks', transportFailed('http://host', null)],
    ['a bug', new TypeError('bug')],
  ])('leaves %s to the caller', async (_, error) => {
    answers = [error];
    expect(await rejection(make().run(send, NEVER))).toBe(error);
    expect(sentAt).toEqual([0]);
  });

  it('does nothing where no retries are wanted', async () => {
    answers = [away(429, 5_000)];
    const retries = make(0);
    expect(await rejection(retries.run(send, NEVER))).toMatchObject({ status: 429 });
    expect(await retries.run(send, NEVER)).toBe('done');
    expect(sentAt).toEqual([0, 0]);
  });

  it('ends its wait at once when the caller stops', async () => {
    answers = [away(429, 30_000)];
    const stop = new AbortController();
    const stopped = rejection(make().run(send, stop.signal));
    await clock.advance(10);
    stop.abort();
    expect(await stopped).toMatchObject({ code: 'ABORTED' });
    expect(clock.pendingTimers).toBe(0);
  });
});
