import { beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '../../../../src/runtime/http/deadline.js';
import { FakeClock } from '../../../support/fakeClock.js';

describe('Deadline', () => {
  let clock: FakeClock;
  let due: number[];
  let deadline: Deadline;

  beforeEach(() => {
    clock = new FakeClock();
    due = [];
    deadline = new Deadline(clock, () => due.push(clock.monotonicMs()));
  });

  it('is due when it was set last, nearer or further', async () => {
    deadline.set(100);
    await clock.advance(50);
    deadline.set(200);
    await clock.advance(199);
    expect(due).toEqual([]);
    deadline.set(10);
    await clock.advance(1_000);
    expect(due).toEqual([259]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('can be set again when it was due, and keeps one timer however often it is moved', async () => {
    for (let i = 0; i < 100; i++) deadline.set(100 + i);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(500);
    deadline.set(5);
    await clock.advance(5);
    expect(due).toEqual([199, 505]);
  });

  it('is never due once it is cleared', async () => {
    deadline.set(100);
    deadline.clear();
    await clock.advance(1_000);
    expect([due, clock.pendingTimers]).toEqual([[], 0]);
  });
});
