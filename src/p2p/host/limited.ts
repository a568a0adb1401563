import { NodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import { withNodeSignal } from '../../runtime/nodeSignal.js';
import { withDeadline } from '../../transport/deadline.js';

/** What may take some time with a peer, and not more. */
export interface Limit {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** For the error: `dialling`. */
  readonly doing: string;
}

/** Runs what a peer may keep waiting, with a signal that libp2p may have. @throws NodeError P2P_UNREACHABLE when it takes too long. */
export function limited<T>(
  { clock, signal, limitMs, doing }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeoutError = (): NodeError =>
    new NodeError('P2P_UNREACHABLE', `${doing} took more than ${limitMs / 1000} s`, {
      severity: 'temporary',
    });
  return withDeadline({ clock, signal, timeoutMs: limitMs, timeoutError }, (inner) =>
    withNodeSignal(inner, work),
  );
}
