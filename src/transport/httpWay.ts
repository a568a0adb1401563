import type { HttpAnswer } from './httpAnswer.js';
import type { HttpRequest } from './httpRequest.js';

/** Carries requests over connections that are kept. It opens as many as requests are under way. */
export interface HttpWay {
  /**
   * @param maxBytes what may be read of a body, by the answer's status.
   * @throws StaleConnection; Error when the server is not reached, breaks off, or sends no HTTP; ABORTED, which ends its
   * connection.
   */
  exchange(
    request: HttpRequest,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer>;
  /** Ends the connections that no request uses: they may be as dead as one that was found to be. */
  leaveIdle(): void;
  /** Ends all connections; requests under way and all later ones fail. */
  close(): void;
}

/** A connection that a middlebox forgot is found out. */
export const PROBE_AFTER_MS = 60_000;

/** More than any server sends answers of status 1xx before the real one. */
export const MAX_INTERIM_ANSWERS = 100;

/**
 * A connection that had been used before ended without a byte of the answer. Most likely the server gave it up while the
 * request was on its way, and has never seen that.
 */
export class StaleConnection extends Error {
  readonly code: string | undefined;

  /** @param cause what the connection ended with. */
  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause });
    this.code = cause.code;
  }
}

/** What a request ends with whose connection the server just closed. */
export function brokenOff(): Error {
  return Object.assign(new Error('other side closed'), { code: 'ECONNRESET' });
}

/** What requests of a client end with that was closed. */
export function clientClosed(): Error {
  return new Error('client is closed');
}
