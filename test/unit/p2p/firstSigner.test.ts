import { describe, expect, it } from 'vitest';
import { FirstSigner } from '../../../src/p2p/firstSigner.js';
import { FakeClock } from '../../support/fakeClock.js';

describe('the first word of L1 on who may sign blocks', () => {
  it('ends the wait for it, and is there for who asks later', async () => {
    const first = new FirstSigner(new FakeClock());
    const waiting = first.wait(new AbortController().signal);
    first.known();
    expect(await waiting).toBe(true);
    expect(await first.wait(new AbortController().signal)).toBe(true);
  });

  it('is not waited for longer than ten seconds', async () => {
    const clock = new FakeClock();
    const waiting = new FirstSigner(clock).wait(new AbortController().signal);
    await clock.advance(10_000);
    expect(await waiting).toBe(false);
  });

  it('is not waited for by a node that stops', async () => {
    const stopping = new AbortController();
    const waiting = new FirstSigner(new FakeClock()).wait(stopping.signal);
    stopping.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
