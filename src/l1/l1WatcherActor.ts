import { hasCode, toNodeError } from '../errors/nodeError.js';
import { headerRef } from '../rollup/blockHeader.js';
import { verifyRpcHeader } from '../rollup/rpcPayload.js';
import { abortable, onAbort } from '../runtime/abort.js';
import type { Actor } from '../runtime/actor.js';
import { Backoff } from '../runtime/backoff.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { RpcClient } from '../transport/ports.js';
import type { BlockLabel, L1BlockRef } from '../types/block.js';
import type { L1HeadTracker } from './l1HeadTracker.js';

export interface L1WatcherOptions {
  /** `--l1.http-poll-interval`. */
  readonly headPollIntervalMs: number;
  /** `--l1.epoch-poll-interval`; 0 or less never asks for safe and finalized. */
  readonly epochPollIntervalMs: number;
}

export interface L1WatcherDeps {
  readonly l1: {
    l1BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L1BlockRef | null>;
  };
  /** Of the L1 endpoint's client: null where it cannot push (HTTP). */
  readonly subscribe: RpcClient['subscribe'];
  readonly tracker: Pick<L1HeadTracker, 'onHead' | 'onSafe' | 'onFinalized'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Job {
  readonly name: string;
  /** False or a throw: not done, tried again soon. */
  readonly run: (signal: AbortSignal) => Promise<boolean>;
  /** Until the next run after one that succeeded; null for none. */
  readonly nextInMs: () => number | null;
  readonly retry: Backoff;
  /** In monotonic milliseconds; null when it is not to run. */
  dueMs: number | null;
  isRunning: boolean;
  /** Asked for again while it ran: what it brings may be from before the reason for that. */
  isWantedAgain: boolean;
}

/** Delay of the first retry of a failed poll; never longer than the poll interval itself. */
const FIRST_RETRY_MS = 1_000;
/** Longest delay between attempts where there is no interval. op-node resubscribes after 10 s. */
const MAX_RETRY_MS = 10_000;
/** A shorter head poll interval is taken for this one: L1 blocks are seconds apart. */
const MIN_POLL_MS = 50;
/** While subscribed the head is still polled this often: a connection may go silent without breaking. */
const SUBSCRIBED_POLL_MS = 60_000;

/**
 * Watches L1 for the node: head by `newHeads` subscription where the endpoint can push, else by polling, safe and
 * finalized by polling. Outputs go through the tracker. Everything is asked for at once at start (Differs: op-node waits one
 * interval, 6.4 minutes for safe and finalized; the test of the first polls pins it), and what failed is tried again with
 * back-off, never rarer than at its interval.
 * A failing L1 endpoint never makes it reject; it runs until the signal fires.
 * op-node `op-service/eth/heads.go`, `node/node.go`.
 */
export class L1WatcherActor implements Actor {
  readonly name = 'l1-watcher';
  private readonly jobs: readonly Job[];
  private readonly head: Job;
  private isSubscribed = false;
  /** Heads taken from announcements so far. */
  private announced = 0;
  private wake: () => void = () => undefined;

  constructor(
    options: L1WatcherOptions,
    private readonly deps: L1WatcherDeps,
  ) {
    const { tracker, log } = deps;
    const { epochPollIntervalMs } = options;
    const headPollIntervalMs = Math.max(MIN_POLL_MS, options.headPollIntervalMs);
    const headInterval = (): number =>
      this.isSubscribed ? Math.max(SUBSCRIBED_POLL_MS, headPollIntervalMs) : headPollIntervalMs;
    this.head = this.poll('latest', headInterval, (ref) => tracker.onHead(ref));
    const jobs = [this.head];
    if (epochPollIntervalMs > 0) {
      const epoch = (): number => epochPollIntervalMs;
      jobs.push(this.poll('safe', epoch, (ref) => tracker.onSafe(ref)));
      jobs.push(this.poll('finalized', epoch, (ref) => tracker.onFinalized(ref)));
    } else {
      const fields = { interval: epochPollIntervalMs, labels: ['safe', 'finalized'] };
      log.warn('polling of block is disabled', fields);
    }
    if (deps.subscribe !== null) {
      jobs.push(
        this.job(
          'subscription',
          () => null,
          (signal) => this.subscribeHeads(signal),
        ),
      );
    }
    this.jobs = jobs;
  }

  /** Starts what is due, each job on its own, and waits until something is due again. */
  async step(signal: AbortSignal): Promise<void> {
    const now = this.deps.clock.monotonicMs();
    for (const job of this.jobs) {
      if (job.dueMs !== null && job.dueMs <= now && !job.isRunning) void this.run(job, signal);
    }
    await this.waitForNext(signal);
  }

  private async run(job: Job, signal: AbortSignal): Promise<void> {
    job.isRunning = true;
    job.isWantedAgain = false;
    let nextInMs: number | null;
    try {
      const isDone = await job.run(signal);
      if (isDone) job.retry.reset();
      const nextPollMs = job.isWantedAgain ? 0 : job.nextInMs();
      nextInMs = isDone ? nextPollMs : job.retry.nextDelayMs();
    } catch (thrown) {
      const error = toNodeError(thrown);
      if (!hasCode(error, 'ABORTED')) this.logFailure(job, error);
      nextInMs = job.retry.nextDelayMs();
    }
    job.isRunning = false;
    job.dueMs = nextInMs === null ? null : this.deps.clock.monotonicMs() + nextInMs;
    this.wake();
  }

  private async waitForNext(signal: AbortSignal): Promise<void> {
    const now = this.deps.clock.monotonicMs();
    const due = this.jobs.flatMap((job) =>
      job.dueMs === null || job.isRunning ? [] : [job.dueMs],
    );
    let cancel = (): void => undefined;
    try {
      await abortable<void>(signal, ({ resolve }) => {
        this.wake = resolve;
        if (due.length > 0) {
          cancel = this.deps.clock.schedule(Math.max(0, Math.min(...due) - now), resolve);
        }
        return () => undefined;
      });
    } finally {
      this.wake = () => undefined;
      cancel();
    }
  }

  private poll(label: BlockLabel, nextInMs: () => number, onRef: (ref: L1BlockRef) => void): Job {
    return this.job(label, nextInMs, async (signal) => {
      const { announced } = this;
      const ref = await this.deps.l1.l1BlockRefByLabel(label, signal);
      if (ref === null) {
        this.deps.log.debug('L1 block of label not found', { label });
        return false;
      }
      // The order of asking decides: a head that was announced meanwhile is newer than what was asked for before.
      if (label !== 'latest' || this.announced === announced) onRef(ref);
      return true;
    });
  }

  private job(
    name: string,
    nextInMs: () => number | null,
    run: (signal: AbortSignal) => Promise<boolean>,
  ): Job {
    const maxMs = nextInMs() ?? MAX_RETRY_MS;
    const initialMs = Math.min(FIRST_RETRY_MS, maxMs);
    const retry = new Backoff({ initialMs, maxMs, factor: 2, jitter: 0.2 }, this.deps.random);
    return { name, run, nextInMs, retry, dueMs: 0, isRunning: false, isWantedAgain: false };
  }

  private async subscribeHeads(signal: AbortSignal): Promise<boolean> {
    const { subscribe, log, clock } = this.deps;
    if (subscribe === null) return true;
    let forget = (): void => undefined;
    let isLost = false;
    const subscription = await subscribe(
      ['newHeads'],
      (header) => this.onNewHead(header),
      (error) => {
        isLost = true;
        forget();
        this.isSubscribed = false;
        log.warn('resubscribing after failed L1 subscription', { error });
        // At once but for a moment: an endpoint that accepts and drops must not be hammered.
        this.setDue('subscription', clock.monotonicMs() + FIRST_RETRY_MS);
        this.askForHead();
      },
    );
    if (isLost) return false;
    forget = onAbort(signal, () => {
      subscription.unsubscribe().catch((error: unknown) => {
        log.debug('could not end L1 subscription', { error });
      });
    });
    this.isSubscribed = true;
    // Heads may have been missed while there was no subscription.
    this.askForHead();
    return true;
  }

  /** The announced header counts only if it hashes to its hash; anything else is a reason to ask for the head. */
  private onNewHead(header: unknown): void {
    try {
      this.deps.tracker.onHead(headerRef(verifyRpcHeader(header)));
      this.announced += 1;
    } catch (error) {
      this.deps.log.debug('announced L1 head is not usable, asking for it', { error });
      this.askForHead();
    }
  }

  /** At once, or once more where it is being asked for already. */
  private askForHead(): void {
    if (this.head.isRunning) this.head.isWantedAgain = true;
    else this.setDue(this.head.name, this.deps.clock.monotonicMs());
  }

  private setDue(name: string, atMs: number): void {
    const job = this.jobs.find((other) => other.name === name);
    if (job !== undefined) job.dueMs = atMs;
    this.wake();
  }

  private logFailure(job: Job, error: Error): void {
    const { log } = this.deps;
    if (job.name === 'subscription') {
      log.warn('resubscribing after failed L1 subscription', { error });
    } else log.warn('failed to poll L1 block', { label: job.name, error });
  }
}
