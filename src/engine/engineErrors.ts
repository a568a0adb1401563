import type { ErrorCode } from '../errors/codes.js';
import type { Fields, Severity } from '../errors/nodeError.js';
import { hasCode, NodeError, toNodeError } from '../errors/nodeError.js';
import { RpcError } from '../transport/ports.js';
import type { PayloadStatus } from '../types/payload.js';

/** Engine API error codes. Spec: execution-apis `engine/common.md`; op-node `op-service/eth/types.go`. */
const UNKNOWN_PAYLOAD = -38001;
const INVALID_FORKCHOICE_STATE = -38002;
const INVALID_PAYLOAD_ATTRIBUTES = -38003;
const UNSUPPORTED_FORK = -38005;
/** JSON-RPC: a field is missing or malformed. */
const INVALID_PARAMS = -32602;
const METHOD_NOT_FOUND = -32601;

/** What a failed Engine API call says about the engine. */
export type EngineFault =
  /** -38002: the engine does not hold the forkchoice it was given. */
  | 'forkchoice'
  /** -38003 */
  | 'attributes'
  /** -38001 */
  | 'unknownPayload'
  /** Another code from -38099 to -38000. */
  | 'engine'
  /** Any other JSON-RPC error. */
  | 'generic'
  /** No answer at all, or one that cannot be decoded. */
  | 'transport';

/** The kind of a throw of the engine client; what is no answer of the engine at all is `transport`. Never throws. */
export function classifyEngineFault(thrown: unknown): EngineFault {
  if (!(thrown instanceof RpcError)) return 'transport';
  switch (thrown.rpcCode) {
    case INVALID_FORKCHOICE_STATE:
      return 'forkchoice';
    case INVALID_PAYLOAD_ATTRIBUTES:
      return 'attributes';
    case UNKNOWN_PAYLOAD:
      return 'unknownPayload';
    default:
      return thrown.rpcCode > -38100 && thrown.rpcCode <= -38000 ? 'engine' : 'generic';
  }
}

/** The execution client has no such method, or not for the fork of that block. */
export function isUnsupported(thrown: unknown): boolean {
  if (!(thrown instanceof RpcError)) return false;
  return thrown.rpcCode === METHOD_NOT_FOUND || thrown.rpcCode === UNSUPPORTED_FORK;
}

/** The code of the NodeError that stands for each severity of an engine fault. */
const CODE_OF: Readonly<Record<Exclude<Severity, 'critical'>, ErrorCode>> = {
  temporary: 'ENGINE_CALL_FAILED',
  reset: 'ENGINE_FORKCHOICE_INCONSISTENT',
};

/**
 * A failed forkchoice update without attributes as the error to throw: -38002 is a reset, everything else temporary.
 * An error that nobody planned for, and the stop of the node, pass through. op-node tryUpdateEngineInternal.
 */
export function forkchoiceError(thrown: unknown, what: string): NodeError {
  const error = toNodeError(thrown);
  if (isPassedOn(error)) return error;
  const severity = classifyEngineFault(thrown) === 'forkchoice' ? 'reset' : 'temporary';
  return wrap(error, CODE_OF[severity], severity, what);
}

/**
 * A failed `newPayload`, always temporary. ENGINE_PAYLOAD_REFUSED says that this payload fails so each time; who needs no
 * other block in its place drops it. op-node onPayloadProcess.
 * Differs: op-node tries every payload again for ever.
 */
export function payloadError(thrown: unknown, what: string): NodeError {
  const error = toNodeError(thrown);
  if (isPassedOn(error)) return error;
  const isRefused =
    thrown instanceof RpcError &&
    (thrown.rpcCode === INVALID_PARAMS || thrown.rpcCode === UNSUPPORTED_FORK);
  const code = isRefused ? 'ENGINE_PAYLOAD_REFUSED' : 'ENGINE_CALL_FAILED';
  return wrap(error, code, 'temporary', what);
}

/** True unless nothing was heard of the execution layer at all: then the failure says nothing about what was asked. */
export function isAnswered(error: NodeError): boolean {
  return error.code !== 'TRANSPORT_FAILED' && error.fields.cause !== 'TRANSPORT_FAILED';
}

/**
 * A failed start of a building job: -38002 and engine codes without a rule of their own are a reset, everything else
 * temporary. -38003 is no error here but an outcome, see the build task. op-node startPayload.
 */
export function buildStartError(thrown: unknown): NodeError {
  const error = toNodeError(thrown);
  if (isPassedOn(error)) return error;
  const fault = classifyEngineFault(thrown);
  const isPrestate = fault === 'forkchoice' || fault === 'engine' || fault === 'unknownPayload';
  return isPrestate
    ? wrap(error, 'ENGINE_PRESTATE', 'reset', 'need reset to resolve pre-state problem')
    : wrap(error, 'ENGINE_CALL_FAILED', 'temporary', 'temporarily cannot insert new safe block');
}

/** Our own calls broke a rule, or the node stops: not the engine's doing. */
function isPassedOn(error: NodeError): boolean {
  return error.severity !== 'temporary' || hasCode(error, 'ABORTED');
}

/** What a call failed with, and the reason that the execution client gave beside its text. */
export function faultText(error: NodeError): string {
  const reason = error instanceof RpcError && typeof error.data === 'string' ? error.data : '';
  return reason === '' ? error.message : `${error.message}: ${reason}`;
}

function wrap(cause: NodeError, code: ErrorCode, severity: Severity, what: string): NodeError {
  return new NodeError(code, `${what}: ${faultText(cause)}`, {
    severity,
    fields: { ...cause.fields, cause: cause.code },
    cause,
  });
}

/** A call that was answered with a status that does not do. */
export function statusError(
  severity: Exclude<Severity, 'critical'>,
  what: string,
  status: PayloadStatus,
  fields: Fields = {},
): NodeError {
  return new NodeError(CODE_OF[severity], `${what}: ${describeStatus(status)}`, {
    severity,
    fields: { ...fields, status: status.status, validationError: status.validationError },
  });
}

/** Status and validation error in one line. */
export function describeStatus(status: PayloadStatus): string {
  const { validationError } = status;
  return validationError === null ? status.status : `${status.status} (${validationError})`;
}
