import { NodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import { withNodeSignal } from '../../runtime/nodeSignal.js';
import { withDeadline } from '../../transport/deadline.js';

/** What a step of an exchange may take. */
export interface TimedStep {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** For the error: `reading the request`. */
  readonly doing: string;
}

/** Runs one step of an exchange with a peer, with a signal that libp2p may have. @throws NodeError P2P_STREAM_FAILED when it takes too long. */
export function timed<T>(
  { doing, ...step }: TimedStep,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(
    { ...step, timeoutError: () => streamFailed(`${doing} took too long`) },
    (inner) => withNodeSignal(inner, work),
  );
}

/** A stream that is of no use any more. */
export function streamFailed(problem: string, cause?: unknown): NodeError {
  return new NodeError('P2P_STREAM_FAILED', problem, { severity: 'temporary', cause });
}
