import { type JSONRPCRequest, JSONRPCServer } from 'json-rpc-2.0';
import { linkSignals, onAbort } from '../runtime/abort.js';
import { type Clock, yieldToEventLoop } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import { encodeFault, encodeResult, failed, RPC_CODES, RpcFault, toFault } from './errors.js';
import { goString, parseArguments } from './json/goDecode.js';
import {
  hasValidId,
  isCall,
  isNotification,
  isResponse,
  parseBody,
  type RpcMessage,
} from './json/message.js';
import type { MethodRow } from './methods/methodRow.js';
import type { RpcMetrics } from './rpcMetrics.js';

/** go-ethereum answers 100 ms before its server's write timeout of 30 s cuts the connection. */
const CALL_TIMEOUT_MS = 29_900;

/** go-ethereum's `maxMethodNameLength`, in bytes. */
const MAX_METHOD_BYTES = 2048;

/** A batch has no limit but the body's size: the rest of the node gets its turn between so many of its calls. */
const YIELD_EVERY = 64;

export interface DispatcherDeps {
  readonly methods: readonly MethodRow[];
  readonly metrics: RpcMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What goes into the answer of one message; the ready result of a call, or its fault. */
type Outcome =
  | { readonly kind: 'result'; readonly result: string }
  | { readonly kind: 'fault'; readonly fault: RpcFault };

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
  answer(body: string, stopped: AbortSignal): MaybeAsync<string> {
    const parsed = parseBody(body);
    switch (parsed.kind) {
      case 'empty':
        return '';
      case 'malformed':
        return encodeFault(null, new RpcFault(RPC_CODES.parse, 'parse error'));
      case 'single':
        return this.answerSingle(parsed.message, stopped);
      case 'batch':
        return this.answerBatch(parsed.messages, stopped);
    }
  }

  private answerSingle(message: RpcMessage, stopped: AbortSignal): MaybeAsync<string> {
    if (isDropped(message)) return '';
    const atOnce = this.answerAtOnce(message);
    if (atOnce !== null) return line(atOnce);
    const timeout = new RpcFault(RPC_CODES.timeout, 'request timed out');
    return this.withDeadline(stopped, async (signal, whenLate) => {
      const answer = await Promise.race([this.answerCall(message, signal), whenLate]);
      // An answer that comes too late has no line end in go-ethereum.
      return answer === 'late' ? encodeFault(message.id, timeout) : line(answer);
    });
  }

  private answerBatch(messages: readonly RpcMessage[], stopped: AbortSignal): MaybeAsync<string> {
    if (messages.length === 0) {
      return encodeFault(null, new RpcFault(RPC_CODES.invalidRequest, 'empty batch'));
    }
    const left = messages.filter((message) => !isDropped(message));
    return this.withDeadline(stopped, (signal, whenLate) => this.answerAll(left, signal, whenLate));
  }

  private async answerAll(
    messages: readonly RpcMessage[],
    signal: AbortSignal,
    whenLate: Promise<'late'>,
  ): Promise<string> {
    const answers: string[] = [];
    for (const [index, message] of messages.entries()) {
      if (index % YIELD_EVERY === YIELD_EVERY - 1) await yieldToEventLoop();
      if (signal.aborted) return lateBatch(answers, messages.slice(index));
      const atOnce = this.answerAtOnce(message);
      const answer = atOnce ?? (await Promise.race([this.answerCall(message, signal), whenLate]));
      if (answer === 'late') return lateBatch(answers, messages.slice(index));
      if (answer !== '') answers.push(answer);
    }
    return answers.length === 0 ? '' : `[${answers.join(',')}]\n`;
  }

  /** Runs `work` with a signal that fires at the deadline or at shutdown; `whenLate` settles with it. */
  private async withDeadline(
    stopped: AbortSignal,
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

  /** The answer where nothing has to be computed: kept results, faults of envelope and arguments. Else null. */
  private answerAtOnce(message: RpcMessage): string | null {
    const outcome = this.outcomeAtOnce(message);
    return outcome === null ? null : this.record(message)(outcome);
  }

  private outcomeAtOnce(message: RpcMessage): Outcome | null {
    if (!isCall(message) && !isNotification(message)) {
      return fault(new RpcFault(RPC_CODES.invalidRequest, 'invalid request'));
    }
    try {
      const row = this.rowOf(message);
      const result = row.kept(row.parse(message.params));
      return result === null ? null : { kind: 'result', result };
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

  private async answerCall(message: RpcMessage, signal: AbortSignal): Promise<string> {
    const finish = this.record(message);
    const request: JSONRPCRequest = {
      jsonrpc: '2.0',
      method: message.method,
      params: this.rowOf(message).parse(message.params),
      id: message.id,
    };
    const response = await this.server.receive(request, signal);
    const error = response?.error;
    const outcome: Outcome =
      error === undefined
        ? { kind: 'result', result: String(response?.result) }
        : fault(new RpcFault(error.code, error.message));
    return finish(outcome);
  }

  /** Counts the message; the returned function ends the record and writes the answer, empty for a notification. */
  private record(message: RpcMessage): (outcome: Outcome) => string {
    const { method, params } = message;
    if (isNotification(message)) {
      this.deps.metrics.notified(method);
      return () => '';
    }
    const done = this.deps.metrics.start(method, params?.length ?? 0);
    const id = hasValidId(message) ? message.id : null;
    return (outcome) => {
      if (outcome.kind === 'fault') {
        done({ errorCode: outcome.fault.code, bytes: 0 });
        return encodeFault(id, outcome.fault);
      }
      done({ errorCode: null, bytes: outcome.result.length });
      return encodeResult(id ?? 'null', outcome.result);
    };
  }

  private faultOf(thrown: unknown): RpcFault {
    const { fault: told, isCrash } = toFault(thrown);
    if (isCrash) this.deps.log.error('RPC method crashed', { err: thrown });
    return told;
  }
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

/** What is there when the time is up: the answers so far, and a fault for each call that is left; no line end. */
function lateBatch(answers: readonly string[], left: readonly RpcMessage[]): string {
  const timeout = new RpcFault(RPC_CODES.timeout, 'request timed out');
  const late = left
    .filter((message) => !isNotification(message))
    .map((message) => encodeFault(message.id, timeout));
  const all = [...answers, ...late];
  return all.length === 0 ? '' : `[${all.join(',')}]`;
}
