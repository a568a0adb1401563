import type { ErrorCode } from '../errors/codes.js';
import { NodeError } from '../errors/nodeError.js';
import { redactUrl } from '../telemetry/redact.js';

/** How much of an error page goes into the error's fields. */
const EXCERPT_CHARS = 200;

/** A remote endpoint answered over HTTP with a status other than 200. */
export class HttpStatusError extends NodeError {
  readonly status: number;
  /** When it asks to be asked again, from its answer on; null where it does not say. */
  readonly retryAfterMs: number | null;

  /** @param page the answer's body, of which the beginning is kept. */
  constructor(url: string, status: number, page: string, retryAfterMs: number | null = null) {
    super('TRANSPORT_HTTP_STATUS', 'endpoint answered with an HTTP error', {
      severity: 'temporary',
      fields: {
        endpoint: redactUrl(url),
        status,
        body: excerptOf(page),
        ...(retryAfterMs !== null && { retryAfterMs }),
      },
    });
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The endpoint could not be reached, or broke off. */
export function transportFailed(url: string, cause: unknown): NodeError {
  return transportError('TRANSPORT_FAILED', 'endpoint could not be reached or broke off', {
    url,
    cause,
  });
}

/** No answer within the time. */
export function transportTimeout(url: string, timeoutMs: number): NodeError {
  return transportError('TRANSPORT_TIMEOUT', 'endpoint did not answer in time', {
    url,
    fields: { timeoutMs },
  });
}

/** The answer is not what the protocol allows; `reason` says in what way. */
export function transportMalformed(url: string, reason: string, cause?: unknown): NodeError {
  return transportError('TRANSPORT_MALFORMED', 'endpoint answered with something malformed', {
    url,
    cause,
    fields: { reason },
  });
}

/** The answer has more bytes than allowed. */
export function transportTooLarge(url: string, maxBytes: number): NodeError {
  return transportError('TRANSPORT_TOO_LARGE', 'endpoint answered with too many bytes', {
    url,
    fields: { maxBytes },
  });
}

interface Details {
  readonly url: string;
  readonly cause?: unknown;
  readonly fields?: Readonly<Record<string, unknown>>;
}

function transportError(code: ErrorCode, message: string, details: Details): NodeError {
  return new NodeError(code, message, {
    severity: 'temporary',
    cause: details.cause,
    fields: { endpoint: redactUrl(details.url), ...details.fields },
  });
}

function excerptOf(page: string): string {
  const text = page.trim();
  return text.length <= EXCERPT_CHARS ? text : `${text.slice(0, EXCERPT_CHARS)}… (cut)`;
}
