import { describe, expect, it } from 'vitest';
import { nextTurn, Turns } from '../../../src/runtime/turns.js';

describe('Turns', () => {
  it('gives one turn of the event loop to one piece of work, in the order of asking', async () => {
    const turns = new Turns();
    const log: string[] = [];
    let isOver = false;
    const count = (): void => {
      log.push('loop');
      if (!isOver) setImmediate(count);
    };
    const work = async (name: string): Promise<void> => {
      for (let piece = 0; piece < 3; piece++) {
        await turns.next();
        log.push(name);
      }
    };
    setImmediate(count);
    await Promise.all([work('a'), work('b')]);
    isOver = true;
    expect(log.filter((name) => name !== 'loop')).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    for (const [at, name] of log.entries()) {
      if (name !== 'loop' && at > 0) expect(log[at - 1]).toBe('loop');
    }
  });

  it('begins again after it was idle', async () => {
    const turns = new Turns();
    await turns.next();
    await new Promise((resolve) => setImmediate(resolve));
    await turns.next();
  });
});

describe('nextTurn', () => {
  it('lets one of all long computations go on in a turn of the event loop', async () => {
    const { signal } = new AbortController();
    let loops = 0;
    let isOver = false;
    const count = (): void => {
      loops += 1;
      if (!isOver) setImmediate(count);
    };
    const goneOn: number[] = [];
    const compute = async (): Promise<void> => {
      for (let slice = 0; slice < 4; slice++) {
        await nextTurn(signal);
        goneOn.push(loops);
      }
    };
    setImmediate(count);
    await Promise.all([compute(), compute(), compute()]);
    isOver = true;
    expect(new Set(goneOn).size).toBe(12);
  });

  it('ends a computation whose signal has fired', async () => {
    const stopped = AbortSignal.abort();
    await expect(nextTurn(stopped)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
