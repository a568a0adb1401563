import { NodeError, toNodeError } from '../errors/nodeError.js';
import { abortable, linkSignals, onAbort, throwIfAborted } from './abort.js';
import { type Actor, type RunActorDeps, type RunActorOptions, runActor } from './actor.js';
import type { Clock } from './clock.js';
import { withNodeSignal } from './nodeSignal.js';

/** A part of the node with a beginning and an end. */
export interface Component {
  readonly name: string;
  /** Resolves when the part works. The signal fires when the node is stopped meanwhile. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when the part has ended. The signal fires when its share of the deadline is over. */
  stop(signal: AbortSignal): Promise<void>;
}

export interface SupervisorOptions {
  /** Time for stopping everything. */
  readonly stopTimeoutMs: number;
}

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly onStarted?: (component: string) => void;
  readonly onStopped?: (component: string, durationMs: number) => void;
}

/** What an actor needs beside its loop. */
export interface ActorHooks {
  /** Before the loop is stopped: refuse new work, let the running piece end. Bounded by the actor's share. */
  readonly drain?: (signal: AbortSignal) => Promise<void>;
}

/**
 * Starts the parts of the node in the order in which they were added and stops them in the reverse order, within one
 * deadline. An actor that ends with a critical error does not stop the node by itself: `failed` tells who can.
 */
export class Supervisor {
  private readonly components: Component[] = [];
  private readonly started: Component[] = [];
  private readonly stopping = new AbortController();
  private reportFailure: (error: NodeError) => void = () => undefined;
  private starting: Promise<void> = Promise.resolve();
  private stopped: Promise<void> | null = null;

  /** Resolves with the first critical error of an actor; never rejects. The node must stop then. */
  readonly failed: Promise<NodeError>;

  constructor(
    private readonly options: SupervisorOptions,
    private readonly deps: SupervisorDeps,
  ) {
    this.failed = new Promise((resolve) => {
      this.reportFailure = resolve;
    });
  }

  /** Adds a part; before `start`. */
  add(component: Component): void {
    this.components.push(component);
  }

  /** Adds an actor whose loop runs from its turn in the start order to its turn in the stop order. */
  addActor(
    actor: Actor,
    options: RunActorOptions,
    deps: RunActorDeps,
    hooks: ActorHooks = {},
  ): void {
    const onFailed = (error: NodeError): void => this.reportFailure(error);
    this.add(new ActorComponent(actor, options, { run: deps, hooks, onFailed }));
  }

  /**
   * Starts all parts, one after the other. A part whose start fails cleans up after itself.
   * @throws what the first failing part threw, after those that had started were stopped; ABORTED when `stop` was
   * called or the signal fired meanwhile.
   */
  async start(signal: AbortSignal): Promise<void> {
    const link = linkSignals(signal, this.stopping.signal);
    try {
      // Parts may give their signal to libraries.
      this.starting = withNodeSignal(link.signal, (ended) => this.startAll(ended));
      await this.starting;
    } catch (thrown) {
      await this.stop().catch(() => undefined);
      throw thrown;
    } finally {
      link.dispose();
    }
  }

  /**
   * Stops all parts that have started, the last one first. Each gets an equal share of the time that is left; one
   * that needs longer is left behind. Later calls give the same promise.
   * @throws NodeError RUNTIME_STOP_FAILED (critical) after all had their turn; its cause is an AggregateError.
   */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  private async startAll(signal: AbortSignal): Promise<void> {
    for (const component of this.components) {
      throwIfAborted(signal);
      await component.start(signal);
      this.started.push(component);
      this.deps.onStarted?.(component.name);
    }
  }

  private async stopAll(): Promise<void> {
    this.stopping.abort();
    const deadlineMs = this.deps.clock.monotonicMs() + this.options.stopTimeoutMs;
    // A part that is just starting is stopped too, so its start must have ended first.
    const share = this.options.stopTimeoutMs / (this.components.length + 1);
    await this.bounded('start', share, () => this.starting.catch(() => undefined));
    const errors: NodeError[] = [];
    while (this.started.length > 0) {
      const left = Math.max(0, deadlineMs - this.deps.clock.monotonicMs());
      const shareMs = left / this.started.length;
      const component = this.started.pop() as Component;
      const error = await this.stopOne(component, shareMs);
      if (error !== null) errors.push(error);
    }
    if (errors.length === 0) return;
    throw new NodeError('RUNTIME_STOP_FAILED', 'parts of the node failed while stopping', {
      severity: 'critical',
      cause: new AggregateError(errors, `${errors.length} errors`),
    });
  }

  private async stopOne(component: Component, shareMs: number): Promise<NodeError | null> {
    const { clock, onStopped } = this.deps;
    const startedMs = clock.monotonicMs();
    const error = await this.bounded(component.name, shareMs, (late) => component.stop(late));
    if (error === null) onStopped?.(component.name, clock.monotonicMs() - startedMs);
    return error;
  }

  /** Null when the work ended well in time; its signal fires when its time is over, and it is waited for no longer. */
  private async bounded(
    part: string,
    shareMs: number,
    work: (late: AbortSignal) => Promise<unknown>,
  ): Promise<NodeError | null> {
    const late = new AbortController();
    const cancel = this.deps.clock.schedule(shareMs, () => late.abort());
    try {
      await abortable<unknown>(late.signal, ({ resolve, reject }) => {
        work(late.signal).then(resolve, reject);
        return () => undefined;
      });
      return null;
    } catch (thrown) {
      if (!late.signal.aborted) return toNodeError(thrown);
      return new NodeError('RUNTIME_STOP_TIMEOUT', 'part did not stop in time', {
        severity: 'temporary',
        fields: { part, shareMs: Math.round(shareMs) },
      });
    } finally {
      cancel();
    }
  }
}

interface ActorComponentDeps {
  readonly run: RunActorDeps;
  readonly hooks: ActorHooks;
  readonly onFailed: (error: NodeError) => void;
}

/** An actor's loop as a part of the node. */
class ActorComponent implements Component {
  readonly name: string;
  private readonly running = linkSignals();
  private loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly actor: Actor,
    private readonly options: RunActorOptions,
    private readonly deps: ActorComponentDeps,
  ) {
    this.name = actor.name;
  }

  async start(): Promise<void> {
    const { run, onFailed } = this.deps;
    this.loop = runActor(this.actor, this.options, run, this.running.signal).catch(
      (thrown: unknown) => onFailed(toNodeError(thrown)),
    );
  }

  async stop(signal: AbortSignal): Promise<void> {
    const stopLoop = (): void => this.running.abort();
    const release = onAbort(signal, stopLoop);
    try {
      await this.deps.hooks.drain?.(signal);
    } finally {
      release();
      stopLoop();
    }
    await this.loop;
  }
}

/** A part of the node of two functions; either may be left out. */
export function component(
  name: string,
  parts: {
    readonly start?: (signal: AbortSignal) => Promise<unknown>;
    readonly stop?: () => Promise<unknown>;
  },
): Component {
  return {
    name,
    start: async (signal) => {
      await parts.start?.(signal);
    },
    stop: async () => {
      await parts.stop?.();
    },
  };
}

/** Closes all of them, at the same time. @throws the first failure, after each had its turn. */
export async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  const outcomes = await Promise.allSettled(closers.map((close) => close()));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw toNodeError(outcome.reason);
  }
}
