import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { LaneSpec, Settled } from '../../../src/runtime/laneQueue.js';
import { LaneQueue } from '../../../src/runtime/laneQueue.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';

type Name = 'seal' | 'insert' | 'follow';
const LANES: readonly LaneSpec<Name>[] = [
  { name: 'seal', capacity: 2, overflow: 'refuse' },
  { name: 'insert', capacity: 3, overflow: 'refuse' },
  { name: 'follow', capacity: 1, overflow: 'replaceOldest' },
];
const BACKOFF = { initialMs: 100, maxMs: 1000, factor: 2, jitter: 0 };
const temporary = new NodeError('TRANSPORT_FAILED', 'down', { severity: 'temporary' });
const reset = new NodeError('RPC_ERROR', 'invalid forkchoice', { severity: 'reset' });

function setUp() {
  const clock = new FakeClock();
  const cleared: [Name, number, NodeError][] = [];
  const queue = new LaneQueue<Name>(
    { lanes: LANES, backoff: BACKOFF },
    { clock, random: () => 0, onCleared: (...args) => cleared.push(args) },
  );
  const stop = new AbortController();
  return { clock, queue, stop, cleared };
}

const never = new AbortController().signal;

/** A task that ends when told to. */
function manual<R>() {
  let resolve: (value: R) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  let signal: AbortSignal | null = null;
  const done = new Promise<R>((ok, fail) => {
    resolve = ok;
    reject = fail;
  });
  return {
    run: (s: AbortSignal) => {
      signal = s;
      return done;
    },
    resolve: (value: R) => resolve(value),
    reject: (error: unknown) => reject(error),
    get signal() {
      return signal;
    },
  };
}

describe('LaneQueue', () => {
  it('runs the highest lane first and each lane in order of submission', async () => {
    const { queue } = setUp();
    const ran: string[] = [];
    const task = (name: string) => async () => {
      ran.push(name);
    };
    void queue.submit('follow', task('follow'), never);
    void queue.submit('insert', task('insert1'), never);
    void queue.submit('insert', task('insert2'), never);
    void queue.submit('seal', task('seal'), never);
    for (let i = 0; i < 4; i++) await queue.runNext(never);
    expect(ran).toEqual(['seal', 'insert1', 'insert2', 'follow']);
  });

  it('chooses again at each task boundary and never preempts the running task', async () => {
    const { queue, clock } = setUp();
    const ran: string[] = [];
    const slow = manual<void>();
    void queue.submit('follow', slow.run, never);
    const first = queue.runNext(never);
    void queue.submit('insert', async () => void ran.push('insert'), never);
    void queue.submit('seal', async () => void ran.push('seal'), never);
    await clock.flush();
    expect(ran).toEqual([]);
    expect(slow.signal?.aborted).toBe(false);
    slow.resolve();
    expect(await first).toEqual({ kind: 'ok', lane: 'follow' });
    await queue.runNext(never);
    await queue.runNext(never);
    expect(ran).toEqual(['seal', 'insert']);
  });

  it('gives the submitter the value of its task', async () => {
    const { queue } = setUp();
    const settled = queue.submit('seal', async () => 7, never);
    await queue.runNext(never);
    expect(await settled).toEqual({ kind: 'ok', value: 7 });
  });

  it('wakes a waiting runner with the next submitted task', async () => {
    const { queue, clock } = setUp();
    const run = queue.runNext(never);
    await clock.flush();
    void queue.submit('insert', async () => 1, never);
    expect(await run).toEqual({ kind: 'ok', lane: 'insert' });
  });

  it('tries a task again with growing back-off, behind what waits in its lane', async () => {
    const { queue, clock } = setUp();
    const ran: string[] = [];
    let failures = 2;
    const settled = queue.submit(
      'seal',
      async () => {
        if (failures-- > 0) throw temporary;
        ran.push('seal1');
      },
      never,
    );
    void queue.submit('seal', async () => void ran.push('seal2'), never);
    void queue.submit('insert', async () => void ran.push('insert'), never);
    const retry = { kind: 'retry', lane: 'seal', error: temporary };
    expect(await queue.runNext(never)).toEqual({ ...retry, attempt: 1, delayMs: 100 });
    expect(queue.depth('seal')).toBe(2);
    expect(await queue.runNext(never)).toEqual({ kind: 'ok', lane: 'seal' });
    expect(await queue.runNext(never)).toEqual({ kind: 'ok', lane: 'insert' });
    const second = queue.runNext(never);
    await clock.advance(99);
    expect(ran).toEqual(['seal2', 'insert']);
    await clock.advance(1);
    expect(await second).toEqual({ ...retry, attempt: 2, delayMs: 200 });
    const third = queue.runNext(never);
    await clock.advance(200);
    await third;
    expect(ran).toEqual(['seal2', 'insert', 'seal1']);
    expect((await settled).kind).toBe('ok');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(LANES.filter(({ capacity }) => capacity > 1).map(({ name }) => name))(
    'lets a task of lane %s that fails for ever hold up nothing, of its lane or below',
    async (name) => {
      const { queue, clock, stop } = setUp();
      const loop = (async () => {
        for (;;) await queue.runNext(stop.signal);
      })().catch(() => undefined);
      void queue.submit(name, () => Promise.reject(temporary), never);
      await clock.flush();
      const others = [name, ...LANES.map((spec) => spec.name)].map((other) =>
        queue.submit(other, async () => other, never),
      );
      await clock.flush();
      expect(await Promise.all(others.slice(1))).toHaveLength(LANES.length);
      expect((await others[0])?.kind).toBe('ok');
      stop.abort();
      await loop;
    },
  );

  it('shows the age of a task that has gone behind younger ones', async () => {
    const { queue, clock } = setUp();
    void queue.submit('seal', () => Promise.reject(temporary), never);
    await queue.runNext(never);
    await clock.advance(10);
    void queue.submit('seal', async () => 1, never);
    expect(queue.oldestAgeMs('seal')).toBe(10);
  });

  it('leaves no timer behind when other work ends the wait for a retry', async () => {
    const { queue, clock } = setUp();
    void queue.submit('seal', () => Promise.reject(temporary), never);
    await queue.runNext(never);
    const run = queue.runNext(never);
    await clock.flush();
    expect(clock.pendingTimers).toBe(1);
    void queue.submit('insert', async () => 1, never);
    expect(await run).toEqual({ kind: 'ok', lane: 'insert' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('settles a reset or critical failure as failed and reports it to the runner', async () => {
    const { queue } = setUp();
    const settled = queue.submit('insert', () => Promise.reject(reset), never);
    const unplanned = queue.submit('insert', () => Promise.reject(new Error('boom')), never);
    expect(await queue.runNext(never)).toEqual({ kind: 'failed', lane: 'insert', error: reset });
    expect(await settled).toEqual({ kind: 'failed', error: reset });
    await queue.runNext(never);
    expect(await unplanned).toMatchObject({ kind: 'failed', error: { severity: 'critical' } });
  });

  it('settles a task whose function throws before its first await', async () => {
    const { queue } = setUp();
    const settled = queue.submit(
      'insert',
      () => {
        throw reset;
      },
      never,
    );
    await queue.runNext(never);
    expect(await settled).toEqual({ kind: 'failed', error: reset });
  });

  it('refuses a task of a full lane', async () => {
    const { queue } = setUp();
    for (let i = 0; i < 2; i++) void queue.submit('seal', async () => i, never);
    const settled = await queue.submit('seal', async () => 2, never);
    expect(settled).toMatchObject({
      kind: 'failed',
      error: { code: 'RUNTIME_LANE_FULL', severity: 'temporary', fields: { lane: 'seal' } },
    });
    expect(queue.depth('seal')).toBe(2);
  });

  it('lets a newer task replace the oldest waiting one where the lane says so', async () => {
    const { queue } = setUp();
    const old = queue.submit('follow', async () => 'old', never);
    const fresh = queue.submit('follow', async () => 'new', never);
    expect(await old).toEqual({ kind: 'superseded' });
    await queue.runNext(never);
    expect(await fresh).toEqual({ kind: 'ok', value: 'new' });
  });

  it('does not retry a failed task whose place a newer one took meanwhile', async () => {
    const { queue } = setUp();
    const slow = manual<void>();
    const old = queue.submit('follow', slow.run, never);
    const run = queue.runNext(never);
    const fresh = queue.submit('follow', async () => 'new', never);
    slow.reject(temporary);
    expect(await run).toEqual({ kind: 'superseded', lane: 'follow' });
    expect(await old).toEqual({ kind: 'superseded' });
    await queue.runNext(never);
    expect(await fresh).toEqual({ kind: 'ok', value: 'new' });
  });

  it('clears waiting tasks of the named lanes only and tells why', async () => {
    const { queue, cleared } = setUp();
    const a = queue.submit('seal', async () => 1, never);
    const b = queue.submit('follow', async () => 2, never);
    const kept = queue.submit('insert', async () => 3, never);
    queue.clear(['seal', 'follow'], reset);
    expect([await a, await b]).toEqual([{ kind: 'superseded' }, { kind: 'superseded' }]);
    expect(cleared).toEqual([
      ['seal', 1, reset],
      ['follow', 1, reset],
    ]);
    await queue.runNext(never);
    expect(await kept).toEqual({ kind: 'ok', value: 3 });
  });

  it('lets a running task of a cleared lane finish but not retry', async () => {
    const { queue } = setUp();
    const slow = manual<number>();
    const settled = queue.submit('seal', slow.run, never);
    const run = queue.runNext(never);
    queue.clear(['seal'], reset);
    slow.resolve(5);
    await run;
    expect(await settled).toEqual({ kind: 'ok', value: 5 });

    const again = manual<number>();
    const failing = queue.submit('seal', again.run, never);
    const second = queue.runNext(never);
    queue.clear(['seal'], reset);
    again.reject(temporary);
    await second;
    expect(await failing).toEqual({ kind: 'superseded' });
    expect(queue.depth('seal')).toBe(0);
  });

  it('settles a waiting task as aborted at once when its caller stops', async () => {
    const { queue } = setUp();
    const caller = new AbortController();
    const ran: string[] = [];
    const settled = queue.submit('seal', async () => void ran.push('seal'), caller.signal);
    caller.abort();
    expect(await settled).toEqual({ kind: 'aborted' });
    expect(queue.depth('seal')).toBe(0);
    expect(ran).toEqual([]);
    expect(await queue.submit('seal', async () => 1, caller.signal)).toEqual({ kind: 'aborted' });
  });

  it('tells a running task that its caller stopped and settles it as aborted', async () => {
    const { queue } = setUp();
    const caller = new AbortController();
    const slow = manual<void>();
    const settled = queue.submit('seal', slow.run, caller.signal);
    const run = queue.runNext(never);
    caller.abort();
    expect(slow.signal?.aborted).toBe(true);
    slow.reject(new DOMException('stopped', 'AbortError'));
    expect(await run).toEqual({ kind: 'aborted', lane: 'seal' });
    expect(await settled).toEqual({ kind: 'aborted' });
  });

  it('keeps the verdict of a task that ended in spite of the stop', async () => {
    const { queue } = setUp();
    const caller = new AbortController();
    const slow = manual<void>();
    const settled = queue.submit('seal', slow.run, caller.signal);
    const run = queue.runNext(never);
    caller.abort();
    slow.reject(reset);
    await run;
    expect(await settled).toEqual({ kind: 'failed', error: reset });
  });

  it('stops waiting when the runner is stopped', async () => {
    const { queue, stop, clock } = setUp();
    const run = queue.runNext(stop.signal);
    const failed = expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    await clock.flush();
    stop.abort();
    await failed;
    await expect(queue.runNext(stop.signal)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('refuses a second runner while a task runs', async () => {
    const { queue } = setUp();
    const slow = manual<void>();
    void queue.submit('seal', slow.run, never);
    const run = queue.runNext(never);
    await expect(queue.runNext(never)).rejects.toMatchObject({ severity: 'critical' });
    slow.resolve();
    await run;
  });

  it('refuses a lane that it does not have', async () => {
    const { queue } = setUp();
    expect(() => queue.depth('build' as Name)).toThrow('no such lane');
  });

  it('closes: waiting tasks aborted, running task awaited without a retry, new ones aborted', async () => {
    const { queue, clock } = setUp();
    await queue.close();
    const other = setUp().queue;
    const slow = manual<void>();
    const running = other.submit('seal', slow.run, never);
    const run = other.runNext(never);
    const waiting = other.submit('insert', async () => 1, never);
    let isClosed = false;
    const closed = other.close().then(() => {
      isClosed = true;
    });
    expect(await waiting).toEqual({ kind: 'aborted' });
    await clock.flush();
    expect(isClosed).toBe(false);
    slow.reject(temporary);
    await run;
    await closed;
    expect(await running).toEqual({ kind: 'aborted' });
    expect(await other.submit('seal', async () => 1, never)).toEqual({ kind: 'aborted' });
  });

  it('shows depth and age of the oldest task of a lane', async () => {
    const { queue, clock } = setUp();
    expect(queue.oldestAgeMs('insert')).toBe(0);
    void queue.submit('insert', async () => 1, never);
    await clock.advance(30);
    void queue.submit('insert', async () => 2, never);
    await clock.advance(12);
    expect(queue.oldestAgeMs('insert')).toBe(42);
    expect(queue.depth('insert')).toBe(2);
    await queue.runNext(never);
    expect(queue.oldestAgeMs('insert')).toBe(12);
  });

  it('leaves no listener on the callers signal or the runners signal', async () => {
    const { queue, clock } = setUp();
    const caller = countingSignal();
    const runner = countingSignal();
    const settled: Promise<Settled<number>>[] = [];
    settled.push(queue.submit('seal', async () => 1, caller.signal));
    settled.push(queue.submit('insert', () => Promise.reject(reset), caller.signal));
    settled.push(queue.submit('follow', async () => 1, caller.signal));
    settled.push(queue.submit('follow', async () => 2, caller.signal));
    for (let i = 0; i < 3; i++) await queue.runNext(runner.signal);
    const waiting = queue.runNext(runner.signal);
    await clock.flush();
    settled.push(queue.submit('seal', async () => 3, caller.signal));
    await waiting;
    await Promise.all(settled);
    expect(caller.added()).toBeGreaterThan(0);
    expect(caller.listeners()).toBe(0);
    expect(runner.added()).toBeGreaterThan(0);
    expect(runner.listeners()).toBe(0);
  });
});

type Step =
  | { readonly do: 'submit'; readonly lane: Name; readonly ends: readonly End[] }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'abort'; readonly index: number }
  | { readonly do: 'clear'; readonly lane: Name };
type End = 'ok' | 'temporary' | 'reset' | 'slow';

const lane = fc.constantFrom<Name>('seal', 'insert', 'follow');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      lane,
      ends: fc.array(fc.constantFrom<End>('ok', 'temporary', 'reset', 'slow'), { maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.integer({ min: 0, max: 400 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('abort' as const), index: fc.nat({ max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), lane }) },
);

describe('LaneQueue under random interleavings', () => {
  it('settles every task exactly once, runs one at a time, and keeps the order of each lane', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        for (const one of steps) await world.apply(one);
        await world.finish();
      }),
      { numRuns: 300, seed: 20260 },
    );
  });
});

/** Drives one queue with a runner loop and checks its promises. */
class World {
  private readonly clock = new FakeClock();
  private readonly queue = new LaneQueue<Name>(
    { lanes: LANES, backoff: BACKOFF },
    { clock: this.clock, random: () => 0 },
  );
  private readonly stop = new AbortController();
  private readonly callers: AbortController[] = [];
  private readonly settles: string[][] = [];
  private readonly firstRuns = new Map<Name, number[]>();
  private active = 0;
  private readonly loop: Promise<void>;

  constructor() {
    this.loop = (async () => {
      while (!this.stop.signal.aborted) {
        await this.queue.runNext(this.stop.signal).catch(() => undefined);
      }
    })();
  }

  async apply(one: Step): Promise<void> {
    if (one.do === 'submit') this.submit(one.lane, [...one.ends]);
    if (one.do === 'advance') await this.clock.advance(one.ms);
    if (one.do === 'abort') this.callers[one.index]?.abort();
    if (one.do === 'clear') this.queue.clear([one.lane], reset);
    expect(this.queue.depth('seal')).toBeLessThanOrEqual(3);
    expect(this.queue.depth('follow')).toBeLessThanOrEqual(1);
  }

  async finish(): Promise<void> {
    await this.clock.advance(20_000);
    expect(this.settles.map((s) => s.length)).toEqual(this.settles.map(() => 1));
    for (const order of this.firstRuns.values()) {
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    expect(this.clock.pendingTimers).toBe(0);
    this.stop.abort();
    await this.loop;
  }

  private submit(name: Name, ends: End[]): void {
    const id = this.settles.length;
    const caller = new AbortController();
    this.callers.push(caller);
    const seen: string[] = [];
    this.settles.push(seen);
    let hasRun = false;
    const task = async (signal: AbortSignal): Promise<number> => {
      if (!hasRun) this.firstRuns.set(name, [...(this.firstRuns.get(name) ?? []), id]);
      hasRun = true;
      this.active += 1;
      expect(this.active).toBe(1);
      try {
        const end = ends.shift() ?? 'ok';
        await this.clock.sleep(end === 'slow' ? 150 : 0, signal);
        if (end === 'temporary') throw temporary;
        if (end === 'reset') throw reset;
        return id;
      } finally {
        this.active -= 1;
      }
    };
    void this.queue.submit(name, task, caller.signal).then((settled) => {
      seen.push(settled.kind);
      if (settled.kind === 'ok') expect(settled.value).toBe(id);
    });
  }
}
