import type { RpcCall, RpcOutcome } from './ports.js';
import { RpcError } from './ports.js';

/** One call as it goes out. */
export interface EncodedCall {
  readonly id: number;
  readonly method: string;
  /** The request object as JSON. */
  readonly json: string;
  /** Bytes of the params alone; 0 for an empty list. */
  readonly paramsBytes: number;
}

/** Stands before a bigint's digits in a string while JSON is made; no parameter has a NUL. */
const BIGINT_MARK = '\0';
const MARKED_BIGINT = /"\\u0000(-?\d+)"/g;

/** Thrown by the decoders; the caller adds the endpoint. */
export class MalformedAnswer extends Error {}

/** The request object of one call. Params are JSON values; a bigint becomes a number with all its digits. */
export function encodeCall(id: number, { method, params }: RpcCall): EncodedCall {
  const paramsJson = stringify(params);
  const json = `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${paramsJson}}`;
  const paramsBytes = params.length === 0 ? 0 : Buffer.byteLength(paramsJson);
  return { id, method, json, paramsBytes };
}

/** Numbers above 2^53 are rare, and finding out that there are none would cost every call. */
function stringify(params: readonly unknown[]): string {
  try {
    return JSON.stringify(params);
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    const marked = JSON.stringify(params, (_, value: unknown) =>
      typeof value === 'bigint' ? `${BIGINT_MARK}${value}` : value,
    );
    return marked.replaceAll(MARKED_BIGINT, '$1');
  }
}

/**
 * Decodes the answer to a single call.
 * An error with the id null is taken as the answer: the server could not read the id.
 * @throws MalformedAnswer when it is no JSON-RPC 2.0 response, or has another id.
 */
export function decodeAnswer(answer: unknown, call: EncodedCall): RpcOutcome {
  const response = asResponse(answer);
  const isUnreadId = response.id === null && response.error !== undefined;
  if (response.id !== call.id && !isUnreadId) throw new MalformedAnswer('id of another request');
  return asOutcome(response, call.method);
}

/**
 * Decodes the answer to a batch, in any order, into the order of the calls. A batch that the server refused as a
 * whole (one error object, or errors for only some of the calls) is an error for every call without an answer.
 * @throws MalformedAnswer when an id is unknown or answered twice, or when a call of a served batch has no answer.
 */
export function decodeBatchAnswer(answer: unknown, calls: readonly EncodedCall[]): RpcOutcome[] {
  if (!Array.isArray(answer)) return refusedBatch(asResponse(answer), calls);
  const known = new Map(calls.map((call) => [call.id, call]));
  const outcomes = new Map<number, RpcOutcome>();
  for (const element of answer) {
    const response = asResponse(element);
    const call = typeof response.id === 'number' ? known.get(response.id) : undefined;
    if (call === undefined) throw new MalformedAnswer('id of another request');
    if (outcomes.has(call.id)) throw new MalformedAnswer('one id answered twice');
    outcomes.set(call.id, asOutcome(response, call.method));
  }
  return calls.map((call) => outcomes.get(call.id) ?? missingOutcome(outcomes));
}

interface Response {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data: unknown };
}

function asResponse(value: unknown): Response {
  if (!isRecord(value)) throw new MalformedAnswer('not an object');
  if (value.jsonrpc !== '2.0') throw new MalformedAnswer('not JSON-RPC 2.0');
  const hasError = value.error !== undefined && value.error !== null;
  if (!hasError) {
    if (!('result' in value)) throw new MalformedAnswer('neither result nor error');
    return { id: value.id, result: value.result };
  }
  // A null result beside an error is tolerated: several servers send both keys always.
  if (value.result !== undefined && value.result !== null) {
    throw new MalformedAnswer('both result and error');
  }
  return { id: value.id, error: asError(value.error) };
}

function asError(value: unknown): NonNullable<Response['error']> {
  if (!isRecord(value)) throw new MalformedAnswer('error is not an object');
  const { code, message, data } = value;
  if (typeof code !== 'number' || !Number.isInteger(code) || typeof message !== 'string') {
    throw new MalformedAnswer('error without code and message');
  }
  return { code, message, data };
}

function asOutcome({ result, error }: Response, method: string): RpcOutcome {
  if (error === undefined) return { kind: 'ok', result };
  return { kind: 'error', error: new RpcError(method, error.code, error.message, error.data) };
}

function refusedBatch(response: Response, calls: readonly EncodedCall[]): RpcOutcome[] {
  if (response.error === undefined) throw new MalformedAnswer('one result for a batch');
  return calls.map((call) => asOutcome(response, call.method));
}

function missingOutcome(outcomes: ReadonlyMap<number, RpcOutcome>): RpcOutcome {
  const [first] = outcomes.values();
  const isRefused = [...outcomes.values()].every((outcome) => outcome.kind === 'error');
  if (first === undefined || !isRefused) throw new MalformedAnswer('call without an answer');
  return first;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
