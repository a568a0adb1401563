import { NodeError, toNodeError } from '../errors/nodeError.js';
import type { BackoffOptions } from './backoff.js';
import { Backoff } from './backoff.js';
import type { Clock, Random } from './clock.js';
import { yieldToEventLoop } from './clock.js';

/**
 * One unit of concurrent work. The loop lives in `runActor`; tests call `step` directly.
 * `step` resolves when it wants to be called again and rejects with a NodeError, handled by its severity.
 */
export interface Actor {
  readonly name: string;
  /** Waits for work and does one piece of it. Every wait inside takes the signal. */
  step(signal: AbortSignal): Promise<void>;
}

export interface RunActorOptions {
  /** Delays after temporary failures in a row. */
  readonly backoff: BackoffOptions;
}

export interface RunActorDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** A step failed for now; the next one comes after `delayMs`. `attempt` is 1 for the first failure in a row. */
  readonly onTemporary: (error: NodeError, attempt: number, delayMs: number) => void;
  /** A step found that the node's view is wrong. The loop goes on when this returns. */
  readonly onReset: (error: NodeError, signal: AbortSignal) => void | Promise<void>;
}

/** Steps between two turns of the event loop, for actors whose steps need no wait. */
const STEPS_PER_TURN = 16;

/**
 * Calls `step` again and again until the signal fires. A temporary failure is followed by a wait with back-off, a
 * reset by `onReset`. A step's failure after the signal has fired ends the loop without an error, unless it is
 * critical.
 * @throws NodeError of severity critical, or what `onReset` throws: the loop has ended and the node must stop.
 */
export async function runActor(
  actor: Actor,
  options: RunActorOptions,
  deps: RunActorDeps,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(options.backoff, deps.random);
  for (let steps = 1; !signal.aborted; steps += 1) {
    try {
      await actor.step(signal);
      backoff.reset();
    } catch (thrown) {
      await afterFailure(thrown, backoff, deps, signal);
    }
    if (steps % STEPS_PER_TURN === 0) await yieldToEventLoop();
  }
}

async function afterFailure(
  thrown: unknown,
  backoff: Backoff,
  deps: RunActorDeps,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted && !isCriticalNodeError(thrown)) return;
  const error = toNodeError(thrown);
  if (error.severity === 'critical') throw error;
  if (error.severity === 'reset') {
    await deps.onReset(error, signal);
    return;
  }
  const delayMs = backoff.nextDelayMs();
  deps.onTemporary(error, backoff.attempts, delayMs);
  await deps.clock.sleep(delayMs, signal).catch(() => undefined);
}

/** A foreign error thrown while stopping is the stop itself, seen by some library. */
function isCriticalNodeError(thrown: unknown): boolean {
  return thrown instanceof NodeError && thrown.severity === 'critical';
}
