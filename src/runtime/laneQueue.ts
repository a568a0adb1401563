import { NodeError, toNodeError } from '../errors/nodeError.js';
import { abortable, linkSignals, onAbort, throwIfAborted } from './abort.js';
import type { BackoffOptions } from './backoff.js';
import { backoffDelayMs } from './backoff.js';
import type { Clock, Random } from './clock.js';

/** How a submitted task ended; each task settles exactly once. */
export type Settled<R> =
  | { readonly kind: 'ok'; readonly value: R }
  | { readonly kind: 'failed'; readonly error: NodeError }
  /** A newer task took its place, or a reset cleared its lane. */
  | { readonly kind: 'superseded' }
  /** The caller's signal fired, or the node is stopping. */
  | { readonly kind: 'aborted' };

/** The work of a task. A thrown NodeError of severity temporary is retried with back-off while others run. */
export type Task<R> = (signal: AbortSignal) => Promise<R>;

export interface LaneSpec<K extends string> {
  readonly name: K;
  /** Tasks that may wait at once, at least 1. A task that waits for its retry keeps its place beyond that. */
  readonly capacity: number;
  /** What a full lane does: refuse the new task, or settle its oldest one as superseded and take the new one. */
  readonly overflow: 'refuse' | 'replaceOldest';
}

export interface LaneQueueOptions<K extends string> {
  /** Highest priority first. */
  readonly lanes: readonly LaneSpec<K>[];
  /** Delays between the tries of one task. */
  readonly backoff: BackoffOptions;
}

export interface LaneQueueDeps<K extends string> {
  readonly clock: Clock;
  readonly random: Random;
  /** Told when `clear` settled waiting tasks, with their number and the reason given. */
  readonly onCleared?: (lane: K, count: number, why: NodeError) => void;
}

/** How one run of a task ended, for the log, the metrics and the policy of who runs the queue. */
export type LaneRun<K extends string> =
  | { readonly kind: 'ok' | 'aborted' | 'superseded'; readonly lane: K }
  /** The error is of severity reset or critical; the submitter got it too. */
  | { readonly kind: 'failed'; readonly lane: K; readonly error: NodeError }
  /** It waits again, behind what waits in its lane; the error is temporary. `attempt` is 1 after the first failure. */
  | {
      readonly kind: 'retry';
      readonly lane: K;
      readonly error: NodeError;
      readonly attempt: number;
      readonly delayMs: number;
    };

/** A task that waits or runs. Only `submit` knows the type of its result. */
interface Entry {
  readonly admittedMs: number;
  readonly signal: AbortSignal;
  /** Runs the task; returns what settles it as ok. */
  readonly run: (signal: AbortSignal) => Promise<() => void>;
  readonly settle: (end: Settled<never>) => void;
  notBeforeMs: number;
  attempts: number;
  /** Set by `clear` while the task runs: it may finish, but is not tried again. */
  isCleared: boolean;
}

interface Lane<K extends string> {
  readonly spec: LaneSpec<K>;
  /** In the order in which they get their turn. */
  readonly entries: Entry[];
}

interface Picked<K extends string> {
  readonly lane: Lane<K>;
  readonly entry: Entry;
}

/**
 * Tasks in fixed priority lanes, one running at a time. At every task boundary the first ready task of the highest lane
 * that has one runs: first in, first out inside a lane, and a running task is never preempted. A task that fails for now
 * goes behind those that wait in its lane, and is ready again when its back-off is over: however long it fails, nothing
 * waits for it. Every submitted task settles exactly once; its promise never rejects.
 */
export class LaneQueue<K extends string> {
  private readonly lanes: readonly Lane<K>[];
  private readonly byName: ReadonlyMap<K, Lane<K>>;
  private readonly whenIdle: (() => void)[] = [];
  private running: Picked<K> | null = null;
  private isClosed = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly options: LaneQueueOptions<K>,
    private readonly deps: LaneQueueDeps<K>,
  ) {
    this.lanes = options.lanes.map((spec) => ({ spec, entries: [] }));
    this.byName = new Map(this.lanes.map((lane) => [lane.spec.name, lane]));
  }

  /**
   * Admits a task at once, whatever runs at that moment. The signal that the task gets fires with the caller's, and
   * when the queue's runner is stopped. A full lane of policy refuse settles it as failed (RUNTIME_LANE_FULL,
   * temporary); a closed queue settles it as aborted.
   */
  submit<R>(name: K, run: Task<R>, signal: AbortSignal): Promise<Settled<R>> {
    return new Promise((resolve) => {
      let release = (): void => undefined;
      const settle = (end: Settled<R>): void => {
        release();
        resolve(end);
      };
      if (signal.aborted || this.isClosed) return settle({ kind: 'aborted' });
      const lane = this.lane(name);
      if (!makeRoom(lane)) return settle({ kind: 'failed', error: laneFull(lane.spec) });
      const entry: Entry = {
        admittedMs: this.deps.clock.monotonicMs(),
        signal,
        run: async (taskSignal) => {
          const value = await run(taskSignal);
          return () => settle({ kind: 'ok', value });
        },
        settle,
        notBeforeMs: 0,
        attempts: 0,
        isCleared: false,
      };
      lane.entries.push(entry);
      release = onAbort(signal, () => withdraw(lane, entry));
      this.wake();
    });
  }

  /**
   * Runs the next ready task to its end and reports how that run ended; waits where no task is ready.
   * @throws NodeError ABORTED when the signal fires while it waits; UNEXPECTED (critical) when a task already runs.
   */
  async runNext(signal: AbortSignal): Promise<LaneRun<K>> {
    if (this.running !== null) {
      throw new NodeError('UNEXPECTED', 'lane queue has two runners', { severity: 'critical' });
    }
    for (;;) {
      throwIfAborted(signal);
      const next = this.takeReady();
      if (next !== null) return this.runPicked(next, signal);
      await this.waitForWork(signal);
    }
  }

  /**
   * Settles all waiting tasks of these lanes as superseded. A running task of them is not stopped, but a temporary
   * failure then settles it as superseded too.
   */
  clear(names: readonly K[], why: NodeError): void {
    for (const name of names) {
      const lane = this.lane(name);
      if (this.running?.lane === lane) this.running.entry.isCleared = true;
      const dropped = lane.entries.splice(0);
      for (const entry of dropped) entry.settle({ kind: 'superseded' });
      if (dropped.length > 0) this.deps.onCleared?.(name, dropped.length, why);
    }
  }

  /**
   * Settles all waiting tasks as aborted and refuses new ones. Resolves when the running task, if any, has ended;
   * it gets no second try.
   */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const lane of this.lanes) {
      for (const entry of lane.entries.splice(0)) entry.settle({ kind: 'aborted' });
    }
    if (this.running === null) return;
    await new Promise<void>((resolve) => this.whenIdle.push(resolve));
  }

  /** Tasks that wait in a lane, retries included, the running one not. */
  depth(name: K): number {
    return this.lane(name).entries.length;
  }

  /** How long ago the oldest waiting task of a lane was submitted; 0 for an empty lane. */
  oldestAgeMs(name: K): number {
    const now = this.deps.clock.monotonicMs();
    return Math.max(0, ...this.lane(name).entries.map(({ admittedMs }) => now - admittedMs));
  }

  private lane(name: K): Lane<K> {
    const lane = this.byName.get(name);
    if (lane === undefined) {
      throw new NodeError('UNEXPECTED', 'no such lane', {
        severity: 'critical',
        fields: { lane: name },
      });
    }
    return lane;
  }

  private takeReady(): Picked<K> | null {
    const now = this.deps.clock.monotonicMs();
    for (const lane of this.lanes) {
      const at = lane.entries.findIndex(({ notBeforeMs }) => notBeforeMs <= now);
      const [entry] = at < 0 ? [] : lane.entries.splice(at, 1);
      if (entry !== undefined) return { lane, entry };
    }
    return null;
  }

  /** Ends with the next submit, or when a task becomes ready. */
  private async waitForWork(signal: AbortSignal): Promise<void> {
    const due = this.lanes.flatMap(({ entries }) => entries.map(({ notBeforeMs }) => notBeforeMs));
    const waitMs = due.length > 0 ? Math.min(...due) - this.deps.clock.monotonicMs() : null;
    let cancelTimer = (): void => undefined;
    try {
      await abortable<void>(signal, ({ resolve }) => {
        this.wake = resolve;
        if (waitMs !== null) cancelTimer = this.deps.clock.schedule(waitMs, resolve);
        return () => undefined;
      });
    } finally {
      cancelTimer();
      this.wake = () => undefined;
    }
  }

  private async runPicked(picked: Picked<K>, runnerSignal: AbortSignal): Promise<LaneRun<K>> {
    const link = linkSignals(picked.entry.signal, runnerSignal);
    this.running = picked;
    try {
      const settleOk = await picked.entry.run(link.signal);
      settleOk();
      return { kind: 'ok', lane: picked.lane.spec.name };
    } catch (thrown) {
      return this.afterFailure(picked, thrown, link.signal.aborted);
    } finally {
      link.dispose();
      this.running = null;
      for (const resolve of this.whenIdle.splice(0)) resolve();
    }
  }

  private afterFailure(picked: Picked<K>, thrown: unknown, isAborted: boolean): LaneRun<K> {
    const { entry } = picked;
    const { spec } = picked.lane;
    const error = toNodeError(thrown);
    // A stopped call may throw anything; only a NodeError says for sure that it is more than the stop itself.
    const isVerdict = thrown instanceof NodeError && thrown.severity !== 'temporary';
    if (isAborted && !isVerdict) return end(picked, 'aborted');
    if (error.severity !== 'temporary') {
      entry.settle({ kind: 'failed', error });
      return { kind: 'failed', lane: spec.name, error };
    }
    if (this.isClosed) return end(picked, 'aborted');
    const isReplaced = spec.overflow === 'replaceOldest' && isFull(picked.lane);
    if (entry.isCleared || isReplaced) return end(picked, 'superseded');
    return this.retryLater(picked, error);
  }

  private retryLater({ lane, entry }: Picked<K>, error: NodeError): LaneRun<K> {
    const delayMs = backoffDelayMs(this.options.backoff, entry.attempts, this.deps.random);
    entry.attempts += 1;
    entry.notBeforeMs = this.deps.clock.monotonicMs() + delayMs;
    lane.entries.push(entry);
    return { kind: 'retry', lane: lane.spec.name, error, attempt: entry.attempts, delayMs };
  }
}

function end<K extends string>(picked: Picked<K>, kind: 'aborted' | 'superseded'): LaneRun<K> {
  picked.entry.settle({ kind });
  return { kind, lane: picked.lane.spec.name };
}

function isFull<K extends string>(lane: Lane<K>): boolean {
  return lane.entries.length >= lane.spec.capacity;
}

/** False when the lane refuses; else there is room, made at the cost of the oldest task where the policy says so. */
function makeRoom<K extends string>(lane: Lane<K>): boolean {
  if (!isFull(lane)) return true;
  if (lane.spec.overflow === 'refuse') return false;
  lane.entries.shift()?.settle({ kind: 'superseded' });
  return true;
}

/** The caller's signal fired. A running task is not in its lane: its own signal tells it. */
function withdraw<K extends string>(lane: Lane<K>, entry: Entry): void {
  const at = lane.entries.indexOf(entry);
  if (at < 0) return;
  lane.entries.splice(at, 1);
  entry.settle({ kind: 'aborted' });
}

function laneFull<K extends string>(spec: LaneSpec<K>): NodeError {
  return new NodeError('RUNTIME_LANE_FULL', 'lane has no room for one more task', {
    severity: 'temporary',
    fields: { lane: spec.name, capacity: spec.capacity },
  });
}
