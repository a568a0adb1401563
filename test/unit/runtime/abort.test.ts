import { describe, expect, it } from 'vitest';
import {
  abortable,
  linkSignals,
  onAbort,
  outcomeOfShared,
  throwIfAborted,
} from '../../../src/runtime/abort.js';
import { countingSignal } from '../../support/countingSignal.js';
import { rejection } from '../../support/until.js';

describe('throwIfAborted', () => {
  it('throws ABORTED with the reason as cause only after the signal has fired', () => {
    const stop = new AbortController();
    throwIfAborted(stop.signal);
    stop.abort('why');
    expect(() => throwIfAborted(stop.signal)).toThrow(
      expect.objectContaining({ code: 'ABORTED', severity: 'temporary', cause: 'why' }),
    );
  });
});

describe('onAbort', () => {
  it('runs once when the signal fires', () => {
    const stop = new AbortController();
    let runs = 0;
    onAbort(stop.signal, () => runs++);
    stop.abort();
    expect(runs).toBe(1);
  });

  it('runs at once when the signal has fired before', () => {
    let runs = 0;
    onAbort(AbortSignal.abort(), () => runs++)();
    expect(runs).toBe(1);
  });

  it('does not run after its removal and leaves no listener', () => {
    const counting = countingSignal();
    onAbort(counting.signal, () => undefined)();
    expect([counting.added(), counting.listeners()]).toEqual([1, 0]);
  });
});

describe('outcomeOfShared', () => {
  it('gives what the work comes to, and null for its failure', async () => {
    const counting = countingSignal();
    expect(await outcomeOfShared(Promise.resolve(7), counting.signal)).toBe(7);
    expect(await outcomeOfShared(Promise.reject(new Error('other')), counting.signal)).toBeNull();
    expect(counting.listeners()).toBe(0);
  });

  it('ends with the signal while the work goes on', async () => {
    const stop = new AbortController();
    const waiting = rejection(outcomeOfShared(new Promise(() => undefined), stop.signal));
    stop.abort();
    expect(await waiting).toMatchObject({ code: 'ABORTED' });
  });
});

describe('abortable', () => {
  it('undoes the wait and rejects with ABORTED when the signal fires', async () => {
    const stop = new AbortController();
    let undone = 0;
    const failed = rejection(abortable(stop.signal, () => () => undone++));
    stop.abort('reason');
    expect(await failed).toMatchObject({ code: 'ABORTED', cause: 'reason' });
    expect(undone).toBe(1);
  });

  it('does not begin the wait when the signal has fired before', async () => {
    let begun = 0;
    const failed = abortable(AbortSignal.abort(), () => {
      begun += 1;
      return () => undefined;
    });
    expect(await rejection(failed)).toMatchObject({ code: 'ABORTED' });
    expect(begun).toBe(0);
  });

  it('leaves no listener and undoes nothing after a resolve or a reject', async () => {
    const counting = countingSignal();
    let undone = 0;
    const undo = () => void undone++;
    const value = await abortable(counting.signal, ({ resolve }) => {
      resolve(7);
      return undo;
    });
    const error = await rejection(
      abortable(counting.signal, ({ reject }) => {
        reject(new Error('no'));
        return undo;
      }),
    );
    expect([value, undone]).toEqual([7, 0]);
    expect(error).toMatchObject({ message: 'no' });
    expect([counting.added(), counting.listeners()]).toEqual([2, 0]);
  });

  it('leaves no listener where the wait cannot begin', async () => {
    const counting = countingSignal();
    const failed = abortable(counting.signal, () => {
      throw new Error('no process');
    });
    expect(await rejection(failed)).toMatchObject({ message: 'no process' });
    expect(counting.listeners()).toBe(0);
  });

  it('undoes a wait whose beginning fires the signal', async () => {
    const stop = new AbortController();
    let undone = 0;
    const failed = abortable(stop.signal, () => {
      stop.abort('at once');
      return () => void undone++;
    });
    expect(await rejection(failed)).toMatchObject({ code: 'ABORTED', cause: 'at once' });
    expect(undone).toBe(1);
  });
});

describe('linkSignals', () => {
  it('fires with the first of its sources, with its reason', () => {
    const a = new AbortController();
    const b = new AbortController();
    const link = linkSignals(a.signal, b.signal);
    expect(link.signal.aborted).toBe(false);
    b.abort('b');
    expect([link.signal.aborted, link.signal.reason]).toEqual([true, 'b']);
  });

  it('has fired when a source had fired before', () => {
    expect(linkSignals(new AbortController().signal, AbortSignal.abort()).signal.aborted).toBe(
      true,
    );
  });

  it('can be fired alone and does not touch its sources', () => {
    const source = new AbortController();
    const link = linkSignals(source.signal);
    link.abort('own');
    expect([link.signal.reason, source.signal.aborted]).toEqual(['own', false]);
  });

  it('takes its listeners off the sources when disposed', () => {
    const counting = countingSignal();
    const link = linkSignals(counting.signal, counting.signal);
    expect(counting.listeners()).toBe(2);
    link.dispose();
    expect(counting.listeners()).toBe(0);
  });
});
