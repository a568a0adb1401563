import { type JSONRPCRequest, JSONRPCServer } from 'json-rpc-2.0';
import { linkSignals, onAbort } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import type { Turns } from '../runtime/turns.js';
import type { Logger } from '../telemetry/logger.js';
import type { RpcAnswer, RpcRecordDone } from '../telemetry/rpcMetrics.js';
import { BatchRun, type Caller } from './batchRun.js';
import { encodeFault, encodeResult, failed, RPC_CODES, RpcFault, toFault } from './errors.js';
import { MAX_BODY_BYTES } from './http/httpRules.js';
import { goString, parseArguments } from './json/goDecode.js';
import {
  BodyReader,
  hasValidId,
  isCall,
  isNotification,
  isResponse,
  type ParsedBody,
} from './json/message.js';
import type { RpcMessage } from './json/rpcMessage.js';
import type { MethodRow } from './methods/methodRow.js';
import type { RpcMetrics } from './rpcMetrics.js';

/** go-ethereum answers 100 ms before its server's write timeout of 30 s cuts the connection. */
const CALL_TIMEOUT_MS = 29_900;

/** go-ethereum's `maxMethodNameLength`, in bytes. */
const MAX_METHOD_BYTES = 2048;

/** A longer body is read in so many turns of the event loop. */
const CHARS_PER_TURN = 64 * 1024;

/**
 * Batches of more elements are refused as go-ethereum does where a limit is set. More are not even calls: the body's
 * limit has no room for so many of 40 bytes, the least that a call with its comma takes.
 * Differs: op-node sets none.
 */
const MAX_BATCH_ELEMENTS = MAX_BODY_BYTES / 40;

/**
 * Bytes of answers, after which the rest of a batch is refused: what go-ethereum sets for its own node.
 * Differs: op-node sets none.
 */
const MAX_BATCH_ANSWER_BYTES = 25_000_000;

export interface DispatcherDeps {
  readonly methods: readonly MethodRow[];
  readonly metrics: RpcMetrics;
  /** Bodies and batches that are too long for one turn of the event loop wait here. */
  readonly turns: Turns;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What goes into the answer of one message; the ready result of a call, or its fault. */
type Outcome =
  | { readonly kind: 'result'; readonly result: string }
  | { readonly kind: 'fault'; readonly fault: RpcFault };

/** A call whose result has to be computed. */
interface Pending {
  readonly row: MethodRow;
  readonly args: readonly unknown[];
}

/** How the messages of a batch are answered, and until when. */
interface BatchAnswering {
  readonly signal: AbortSignal;
  readonly whenLate: Promise<'late'>;
  readonly begin: (message: RpcMessage) => string | Pending;
}

/** A batch's first message that is not there yet, or has to be computed; no more of it is begun. */
interface Unready {
  readonly message: RpcMessage | null | Promise<RpcMessage | null>;
  readonly begun: Pending | null;
}

type MaybeAsync<T> = T | Promise<T>;

/**
 * Turns a request body into an answer body, exactly as go-ethereum's JSON-RPC server (`rpc/handler.go`) does.
 * Runs no I/O of its own; one instance serves all connections.
 *
 * Calls that have to be computed go through `json-rpc-2.0`'s JSONRPCServer. Around it lies a thin layer of ours, for
 * what that library cannot do as go-ethereum does: ids and parameters as they were sent (the library knows only
 * parsed values: `1.50` would come back as `1.5`), kept results as ready JSON, the envelope's own faults, batches
 * that are worked off in order. Kept results are answered without it, synchronously.
 */
export class Dispatcher {
  private readonly deps: DispatcherDeps;
  private readonly rows: ReadonlyMap<string, MethodRow>;
  private readonly server: JSONRPCServer<AbortSignal>;

  constructor(deps: DispatcherDeps) {
    this.deps = deps;
    this.rows = new Map(deps.methods.map((row) => [row.name, row]));
    this.server = new JSONRPCServer<AbortSignal>({ errorListener: () => {} });
    this.server.mapErrorToJSONRPCErrorResponse = (id, error) => {
      const { fault, isCrash } = toFault(error);
      if (isCrash) deps.log.error('RPC method crashed', { err: error });
      return { jsonrpc: '2.0', id, error: { code: fault.code, message: fault.message } };
    };
    for (const row of deps.methods) {
      this.server.addMethod(row.name, (args, signal) => row.call(args, signal));
    }
  }

  /**
   * @param body a byte string (see `goString.ts`).
   * @returns the answer as a byte string, at once where nothing has to be waited for; empty when nothing is answered.
   *   Never rejects.
   */
  answer(body: string, caller: Caller): MaybeAsync<string> {
    const reader = new BodyReader(body);
    const parsed = reader.read(CHARS_PER_TURN);
    return parsed === null ? this.answerLong(reader, caller) : this.answerParsed(parsed, caller);
  }

  private async answerLong(reader: BodyReader, caller: Caller): Promise<string> {
    for (;;) {
      await this.deps.turns.next();
      if (caller.isGone) return '';
      const parsed = reader.read(CHARS_PER_TURN);
      if (parsed !== null) return this.answerParsed(parsed, caller);
    }
  }

  private answerParsed(parsed: ParsedBody, caller: Caller): MaybeAsync<string> {
    switch (parsed.kind) {
      case 'empty':
        return caller.malformed === 'parse error' ? '' : malformed(caller);
      case 'malformed':
        return malformed(caller);
      case 'single':
        return this.answerSingle(parsed.message, caller);
      case 'batch':
        return this.answerBatch(parsed, caller);
    }
  }

  private answerSingle(message: RpcMessage, caller: Caller): MaybeAsync<string> {
    if (isDropped(message)) return '';
    const begun = this.begin(message, caller);
    if (typeof begun === 'string') return line(begun);
    return this.withDeadline(caller, async (signal, whenLate) => {
      const answer = await Promise.race([this.finish(message, begun, signal), whenLate]);
      // An answer that comes too late has no line end in go-ethereum.
      return answer === 'late' ? encodeFault(message.id, TIMED_OUT) : line(answer);
    });
  }

  private answerBatch(
    { count, messages }: Extract<ParsedBody, { kind: 'batch' }>,
    caller: Caller,
  ): MaybeAsync<string> {
    if (count === 0) {
      return encodeFault(null, new RpcFault(RPC_CODES.invalidRequest, 'empty batch'));
    }
    const batch = new BatchRun(messages, this.deps.turns, caller);
    if (count > MAX_BATCH_ELEMENTS) return this.refuseBatch(batch);
    const begin = (message: RpcMessage): string | Pending =>
      isDropped(message) ? '' : this.begin(message, caller);
    const unready = answerReady(batch, begin);
    if (unready === null) return batch.answer('\n');
    return this.withDeadline(caller, (signal, whenLate) =>
      this.answerRest(batch, unready, { signal, whenLate, begin }),
    );
  }

  /** The one fault carries the id of the first call, for want of any better. */
  private async refuseBatch(batch: BatchRun): Promise<string> {
    const fault = new RpcFault(RPC_CODES.invalidRequest, 'batch too large');
    let message = await batch.next();
    while (message !== null && !isCall(message)) message = await batch.next();
    return `[${encodeFault(message?.id ?? null, fault)}]`;
  }

  private async answerRest(
    batch: BatchRun,
    unready: Unready,
    { signal, whenLate, begin }: BatchAnswering,
  ): Promise<string> {
    let message = await unready.message;
    let begun: string | Pending | null = unready.begun;
    for (;;) {
      if (batch.bytes > MAX_BATCH_ANSWER_BYTES) return refuseRest(batch, message, TOO_LARGE);
      if (message === null) return batch.answer('\n');
      begun ??= signal.aborted ? 'late' : begin(message);
      const answer =
        typeof begun === 'string'
          ? begun
          : await Promise.race([this.finish(message, begun, signal), whenLate]);
      if (answer === 'late') return refuseRest(batch, message, TIMED_OUT);
      batch.add(answer);
      message = await batch.next();
      begun = null;
    }
  }

  /** Runs `work` with a signal that fires at the deadline or at shutdown; `whenLate` settles with it. */
  private async withDeadline(
    { stopped }: Caller,
    work: (signal: AbortSignal, whenLate: Promise<'late'>) => Promise<string>,
  ): Promise<string> {
    const link = linkSignals(stopped);
    const cancelTimer = this.deps.clock.schedule(CALL_TIMEOUT_MS, () => link.abort());
    const whenLate = new Promise<'late'>((resolve) => {
      onAbort(link.signal, () => resolve('late'));
    });
    try {
      return await work(link.signal, whenLate);
    } finally {
      cancelTimer();
      link.dispose();
    }
  }

  /** The answer where nothing has to be computed: kept results, faults of envelope and arguments. Else what has to be. */
  private begin(message: RpcMessage, caller: Caller): string | Pending {
    const begun = this.outcomeOf(message, caller);
    if ('row' in begun) return begun;
    const { metrics } = this.deps;
    const { method, params } = message;
    if (isNotification(message)) metrics.notified(method);
    else metrics.answered(method, params?.length ?? 0, countOf(begun));
    return encode(message, begun);
  }

  private outcomeOf(message: RpcMessage, caller: Caller): Outcome | Pending {
    if (!isCall(message) && !isNotification(message)) {
      return fault(new RpcFault(RPC_CODES.invalidRequest, 'invalid request'));
    }
    try {
      const own = caller.own?.(message.method, message.params) ?? null;
      if (own !== null) return { kind: 'result', result: own };
      const row = this.rowOf(message);
      const args = row.parse(message.params);
      const result = row.kept(args);
      return result === null ? { row, args } : { kind: 'result', result };
    } catch (thrown) {
      return fault(this.faultOf(thrown));
    }
  }

  /** @throws RpcFault when no method of this server is meant. */
  private rowOf(message: RpcMessage): MethodRow {
    const { method } = message;
    const row = this.rows.get(method);
    if (row !== undefined) return row;
    if (method.endsWith('_subscribe')) {
      throw new RpcFault(RPC_CODES.methodNotFound, 'notifications not supported');
    }
    if (method.endsWith('_unsubscribe')) {
      parseArguments(message.params, [goString('rpc.ID')]);
      throw failed('subscription not found');
    }
    const bytes = Buffer.byteLength(method);
    if (bytes > MAX_METHOD_BYTES) {
      const text = `method name too long: ${bytes} > ${MAX_METHOD_BYTES}`;
      throw new RpcFault(RPC_CODES.invalidRequest, text);
    }
    const text = `the method ${method} does not exist/is not available`;
    throw new RpcFault(RPC_CODES.methodNotFound, text);
  }

  private async finish(message: RpcMessage, call: Pending, signal: AbortSignal): Promise<string> {
    const { method, params } = message;
    let done: RpcRecordDone | null = null;
    if (isNotification(message)) this.deps.metrics.notified(method);
    else done = this.deps.metrics.start(method, params?.length ?? 0);
    const request: JSONRPCRequest = {
      jsonrpc: '2.0',
      method: call.row.name,
      params: call.args,
      id: message.id,
    };
    const response = await this.server.receive(request, signal);
    const error = response?.error;
    const outcome: Outcome =
      error === undefined
        ? { kind: 'result', result: String(response?.result) }
        : fault(new RpcFault(error.code, error.message));
    done?.(countOf(outcome));
    return encode(message, outcome);
  }

  private faultOf(thrown: unknown): RpcFault {
    const { fault: told, isCrash } = toFault(thrown);
    if (isCrash) this.deps.log.error('RPC method crashed', { err: thrown });
    return told;
  }
}

function malformed(caller: Caller): string {
  return encodeFault(null, new RpcFault(RPC_CODES.parse, caller.malformed));
}

/** What is counted of an answer. */
function countOf(outcome: Outcome): RpcAnswer {
  return outcome.kind === 'fault'
    ? { errorCode: outcome.fault.code, bytes: 0 }
    : { errorCode: null, bytes: outcome.result.length };
}

/** The answer to a message; empty for a notification. */
function encode(message: RpcMessage, outcome: Outcome): string {
  if (isNotification(message)) return '';
  const id = hasValidId(message) ? message.id : null;
  return outcome.kind === 'fault'
    ? encodeFault(id, outcome.fault)
    : encodeResult(id ?? 'null', outcome.result);
}

function fault(told: RpcFault): Outcome {
  return { kind: 'fault', fault: told };
}

function line(answer: string): string {
  return answer === '' ? '' : `${answer}\n`;
}

/** Answers to requests that we never sent, and events of subscriptions that we do not have. */
function isDropped(message: RpcMessage): boolean {
  return (
    isResponse(message) || (isNotification(message) && message.method.endsWith('_subscription'))
  );
}

const TIMED_OUT = new RpcFault(RPC_CODES.timeout, 'request timed out');
const TOO_LARGE = new RpcFault(RPC_CODES.responseTooLarge, 'response too large');

/**
 * Answers the messages of a batch as long as nothing has to be waited for: most batches need no deadline at all.
 * @returns where that ends; null where all are answered.
 */
function answerReady(batch: BatchRun, begin: BatchAnswering['begin']): Unready | null {
  for (;;) {
    const message = batch.next();
    const isTooLarge = batch.bytes > MAX_BATCH_ANSWER_BYTES;
    if (message instanceof Promise || isTooLarge) return { message, begun: null };
    if (message === null) return null;
    const begun = begin(message);
    if (typeof begun !== 'string') return { message, begun };
    batch.add(begun);
  }
}

/** The answers so far, and the fault for each call that is left, `from` the first of them; no line end. */
async function refuseRest(
  batch: BatchRun,
  from: RpcMessage | null,
  fault: RpcFault,
): Promise<string> {
  for (let message = from; message !== null; message = await batch.next()) {
    const isAnswered = !isNotification(message) && !isDropped(message);
    if (isAnswered) batch.add(encodeFault(message.id, fault));
  }
  return batch.answer('');
}
