import { describe, expect, it } from 'vitest';
import { anyOf } from '../../../src/runtime/anyOf.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import { rejection } from '../../support/until.js';

describe('anyOf', () => {
  it('resolves with the first wait to end, and ends the others', async () => {
    const first = new WatchCell(1);
    const second = new WatchCell('a');
    const ended: AbortSignal[] = [];
    const waiting = anyOf<unknown>(
      [
        (s) => first.changed(1, s),
        (s) => {
          ended.push(s);
          return second.changed('a', s);
        },
      ],
      new AbortController().signal,
    );
    first.set(2);
    expect(await waiting).toBe(2);
    expect(ended[0]?.aborted).toBe(true);
  });

  it('ends with ABORTED when the signal fires', async () => {
    const stop = new AbortController();
    const cell = new WatchCell(1);
    const waiting = anyOf([(s) => cell.changed(1, s)], stop.signal);
    stop.abort();
    expect(await rejection(waiting)).toMatchObject({ code: 'ABORTED' });
  });
});
