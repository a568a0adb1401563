import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMailbox } from '../../../src/runtime/mailbox.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const never = new AbortController().signal;

describe('BoundedMailbox', () => {
  it('gives messages in the order in which they were sent', async () => {
    const box = new BoundedMailbox<number>({ capacity: 3 });
    for (const n of [1, 2, 3]) await box.send(n, never);
    expect(box.depth).toBe(3);
    expect([await box.receive(never), box.tryReceive(), await box.receive(never)]).toEqual([
      1, 2, 3,
    ]);
    expect(box.tryReceive()).toBeUndefined();
  });

  it('makes a receiver wait for the next message', async () => {
    const box = new BoundedMailbox<string>({ capacity: 1 });
    const received = box.receive(never);
    expect(box.trySend('a')).toBe(true);
    expect(box.depth).toBe(0);
    expect(await received).toBe('a');
  });

  it('serves waiting receivers first come, first served', async () => {
    const box = new BoundedMailbox<number>({ capacity: 1 });
    const first = box.receive(never);
    const second = box.receive(never);
    await box.send(1, never);
    await box.send(2, never);
    expect([await first, await second]).toEqual([1, 2]);
  });

  it('refuses and counts what does not fit when asked to try', () => {
    const box = new BoundedMailbox<number>({ capacity: 1 });
    expect([box.trySend(1), box.trySend(2), box.trySend(3)]).toEqual([true, false, false]);
    expect([box.depth, box.dropped]).toEqual([1, 2]);
  });

  it('makes a sender wait for room and keeps the order of waiting senders', async () => {
    const box = new BoundedMailbox<number>({ capacity: 1 });
    await box.send(1, never);
    let admitted = 0;
    const sends = [2, 3].map((n) => box.send(n, never).then(() => admitted++));
    await new FakeClock().flush();
    expect([admitted, box.depth, box.sendWaits]).toEqual([0, 1, 2]);
    expect(box.trySend(9)).toBe(false);
    expect(await box.receive(never)).toBe(1);
    await sends[0];
    expect(admitted).toBe(1);
    expect([await box.receive(never), await box.receive(never)]).toEqual([2, 3]);
    await Promise.all(sends);
  });

  it('takes a sender out of the line when its signal fires', async () => {
    const box = new BoundedMailbox<number>({ capacity: 1 });
    await box.send(1, never);
    const stop = new AbortController();
    const failed = rejection(box.send(2, stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    expect([await box.receive(never), box.tryReceive()]).toEqual([1, undefined]);
    expect(await rejection(box.send(3, stop.signal))).toMatchObject({ code: 'ABORTED' });
    expect(box.depth).toBe(0);
  });

  it('takes a receiver out of the line when its signal fires', async () => {
    const box = new BoundedMailbox<number>({ capacity: 1 });
    const stop = new AbortController();
    const failed = rejection(box.receive(stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    await box.send(1, never);
    expect(await rejection(box.receive(stop.signal))).toMatchObject({ code: 'ABORTED' });
    expect(box.depth).toBe(1);
  });

  it('wakes all who wait when it is closed, and still gives what it holds', async () => {
    const empty = new BoundedMailbox<number>({ capacity: 1 });
    const receiving = rejection(empty.receive(never));
    empty.close();
    expect(await receiving).toMatchObject({ code: 'ABORTED' });
    expect(await rejection(empty.receive(never))).toMatchObject({ code: 'ABORTED' });

    const full = new BoundedMailbox<number>({ capacity: 1 });
    await full.send(1, never);
    const sending = rejection(full.send(2, never));
    full.close();
    expect(await sending).toMatchObject({ code: 'ABORTED' });
    expect(await full.receive(never)).toBe(1);
    expect(await rejection(full.send(3, never))).toMatchObject({ code: 'ABORTED' });
    expect([full.trySend(4), full.depth, full.dropped]).toEqual([false, 0, 1]);
  });

  it('leaves no listener on the signals of those who waited', async () => {
    const box = new BoundedMailbox<number>({ capacity: 1 });
    const counting = countingSignal();
    const received = box.receive(counting.signal);
    await box.send(1, counting.signal);
    await received;
    await box.send(2, counting.signal);
    const sent = box.send(3, counting.signal);
    await box.receive(counting.signal);
    await sent;
    expect(counting.added()).toBe(2);
    expect(counting.listeners()).toBe(0);
  });

  it('loses and doubles nothing and holds its bound, whatever the interleaving', async () => {
    const act = fc.constantFrom('send', 'trySend', 'receive', 'tryReceive', 'abort');
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
        const box = new BoundedMailbox<number>({ capacity: 2 });
        const stops: AbortController[] = [];
        const sent: number[] = [];
        const got: number[] = [];
        const pending: Promise<unknown>[] = [];
        let next = 0;
        for (const one of acts) {
          const id = next++;
          const stop = new AbortController();
          if (one === 'send') {
            stops.push(stop);
            pending.push(
              box.send(id, stop.signal).then(
                () => sent.push(id),
                () => undefined,
              ),
            );
          }
          if (one === 'trySend' && box.trySend(id)) sent.push(id);
          if (one === 'receive') {
            stops.push(stop);
            pending.push(
              box.receive(stop.signal).then(
                (n) => got.push(n),
                () => undefined,
              ),
            );
          }
          if (one === 'tryReceive') {
            const n = box.tryReceive();
            if (n !== undefined) got.push(n);
          }
          if (one === 'abort') stops[id % Math.max(1, stops.length)]?.abort();
          if (id % 3 === 0) await new FakeClock().flush();
          expect(box.depth).toBeLessThanOrEqual(2);
        }
        await new FakeClock().flush();
        for (let n = box.tryReceive(); n !== undefined; n = box.tryReceive()) got.push(n);
        box.close();
        await Promise.all(pending);
        expect([...got].sort((a, b) => a - b)).toEqual([...sent].sort((a, b) => a - b));
      }),
      { numRuns: 200, seed: 11 },
    );
  });
});
