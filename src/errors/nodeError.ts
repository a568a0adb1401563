import type { ErrorCode } from './codes.js';

/**
 * Who must act: `temporary` is retried by the owning actor, `reset` drops the view and finds the forkchoice again,
 * `critical` stops the node. op-node `rollup/derive/error.go`.
 */
export type Severity = 'temporary' | 'reset' | 'critical';

/** Values that a log line carries; bigint and errors are rendered by the logger. */
export type Fields = Readonly<Record<string, unknown>>;

export interface NodeErrorOptions {
  readonly severity: Severity;
  readonly fields?: Fields;
  readonly cause?: unknown;
}

/** The one error type that crosses a folder's edge: a stable code, who must act, fields for the log, and the cause. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly fields: Fields;

  constructor(code: ErrorCode, message: string, options: NodeErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.severity = options.severity;
    this.fields = options.fields ?? {};
  }
}

/** The value itself when it is a NodeError, else a critical one around it: nobody planned for that throw. */
export function toNodeError(thrown: unknown): NodeError {
  if (thrown instanceof NodeError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new NodeError('UNEXPECTED', message, { severity: 'critical', cause: thrown });
}

/** True for a NodeError with one of the given codes. */
export function hasCode(thrown: unknown, ...codes: readonly ErrorCode[]): thrown is NodeError {
  return thrown instanceof NodeError && codes.includes(thrown.code);
}
