import type { NodeError } from '../errors/nodeError.js';
import { toNodeError } from '../errors/nodeError.js';
import { linkSignals } from '../runtime/abort.js';
import type { Clock, Random } from '../runtime/clock.js';
import { Semaphore } from '../runtime/semaphore.js';
import type { RpcRecorder } from '../telemetry/rpcMetrics.js';
import { withDeadline } from './deadline.js';
import type { EncodedCall } from './jsonRpcCodec.js';
import { decodeAnswer, decodeBatchAnswer, encodeCall, MalformedAnswer } from './jsonRpcCodec.js';
import type { RpcCall, RpcCallOptions, RpcOutcome } from './ports.js';
import { RpcError } from './ports.js';
import { RateLimiter } from './rateLimiter.js';
import { Retries } from './retries.js';
import type { ResolvedRpcClientOptions } from './rpcClientOptions.js';
import { transportMalformed, transportTimeout } from './transportErrors.js';

/** One JSON-RPC message to carry. */
export interface WireMessage {
  readonly json: string;
  /** Ids of the calls in it. */
  readonly ids: readonly number[];
  /** Largest accepted answer. */
  readonly maxBytes: number;
  /** Method and params of a call that is polled; null for any other message. */
  readonly question: string | null;
}

/** The parsed answer, not decoded further. */
export interface WireAnswer {
  readonly value: unknown;
  readonly bytes: number;
}

/** Carries a message to the endpoint and brings its answer back. Heeds the signal. @throws TRANSPORT_* */
export interface Wire {
  exchange(message: WireMessage, signal: AbortSignal): Promise<WireAnswer>;
}

export interface RpcCallerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly wire: Wire;
  readonly recorder?: RpcRecorder | undefined;
}

/** One request with what decides about its end. */
interface Sending {
  readonly calls: readonly EncodedCall[];
  readonly json: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Fires, beside `signal`, while the request waits for its turn. */
  readonly waitSignal: AbortSignal;
  readonly question: string | null;
  readonly wire: Wire;
}

/** A part of a split batch that failed. */
interface FailedPart {
  readonly error: NodeError;
}

/**
 * What HTTP and WebSocket clients share: ids, limits, deadline, decoding, records, retries. Waits for permits come first
 * and heed only the caller's signal; then the deadline starts, for each sending anew.
 */
export class RpcCaller {
  private readonly permits: Semaphore;
  private readonly rate: RateLimiter | null;
  private readonly retries: Retries;
  private lastId = 0;

  constructor(
    private readonly options: ResolvedRpcClientOptions,
    private readonly deps: RpcCallerDeps,
  ) {
    const { maxConcurrent, requestsPerSecond, maxBatchSize } = options;
    this.retries = new Retries(options, deps);
    this.permits = new Semaphore(maxConcurrent > 0 ? maxConcurrent : Number.POSITIVE_INFINITY);
    this.rate =
      requestsPerSecond > 0
        ? new RateLimiter({ requestsPerSecond, burst: Math.max(1, maxBatchSize) }, deps)
        : null;
  }

  /** As `RpcClient.request`. @param wire carries this one call instead of the usual wire. */
  async request(
    call: RpcCall,
    options: RpcCallOptions = {},
    wire: Wire = this.deps.wire,
  ): Promise<unknown> {
    const encoded = this.encode(call);
    const signal = options.signal ?? new AbortController().signal;
    const [outcome] = await this.send({
      calls: [encoded],
      json: encoded.json,
      timeoutMs: options.timeoutMs ?? this.options.timeoutMs,
      maxBytes: options.maxBytes ?? this.options.maxBytes,
      signal,
      waitSignal: signal,
      question: options.isPolled === true ? `${call.method} ${JSON.stringify(call.params)}` : null,
      wire,
    });
    if (outcome?.kind === 'ok') return outcome.result;
    throw outcome?.error;
  }

  /**
   * As `RpcClient.batch`. Parts of a split batch go out together. After a failure those that still wait for their turn
   * fail with it, so that an endpoint that is down costs no more than one time limit; those under way may still succeed.
   */
  async batch(calls: readonly RpcCall[], options: RpcCallOptions = {}): Promise<RpcOutcome[]> {
    const signal = options.signal ?? new AbortController().signal;
    const waiting = linkSignals(signal);
    let failed: FailedPart | null = null;
    const run = async (part: readonly RpcCall[]): Promise<readonly RpcOutcome[]> => {
      try {
        return await this.sendBatch(part, { ...options, signal, waitSignal: waiting.signal });
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        failed ??= { error: toNodeError(thrown) };
        waiting.abort();
        return part.map(() => ({ kind: 'error', error: (failed as FailedPart).error }));
      }
    };
    try {
      const outcomes = await Promise.all(chunk(calls, this.options.maxBatchSize).map(run));
      throwIfAllFailed(outcomes.flat(), failed);
      return outcomes.flat();
    } finally {
      waiting.dispose();
    }
  }

  private sendBatch(
    calls: readonly RpcCall[],
    options: RpcCallOptions & Pick<Sending, 'signal' | 'waitSignal'>,
  ): Promise<readonly RpcOutcome[]> {
    const encoded = calls.map((call) => this.encode(call));
    return this.send({
      calls: encoded,
      json: `[${encoded.map((call) => call.json).join(',')}]`,
      timeoutMs: options.timeoutMs ?? this.options.batchTimeoutMs,
      maxBytes: options.maxBytes ?? this.options.maxBytes,
      signal: options.signal,
      waitSignal: options.waitSignal,
      question: null,
      wire: this.deps.wire,
    });
  }

  private encode(call: RpcCall): EncodedCall {
    this.lastId += 1;
    return encodeCall(this.lastId, call);
  }

  private send(sending: Sending): Promise<readonly RpcOutcome[]> {
    return this.retries.run(() => this.sendOnce(sending), sending.waitSignal);
  }

  private async sendOnce(sending: Sending): Promise<readonly RpcOutcome[]> {
    await this.rate?.take(sending.calls.length, sending.waitSignal);
    const release = await this.permits.acquire(sending.waitSignal);
    try {
      return await this.recorded(sending);
    } finally {
      release();
    }
  }

  private async recorded(sending: Sending): Promise<readonly RpcOutcome[]> {
    const { recorder } = this.deps;
    const records = sending.calls.map((call) => recorder?.start(call.method, call.paramsBytes));
    try {
      const { outcomes, bytes } = await this.exchange(sending);
      records.forEach((done, at) => {
        const outcome = outcomes[at];
        const error = outcome?.kind === 'error' ? outcome.error : null;
        const errorCode = error instanceof RpcError ? error.rpcCode : null;
        // The answers of a batch share its bytes equally: what each one took is not worth a second encoding.
        done?.({ errorCode, bytes: Math.round(bytes / records.length) });
      });
      return outcomes;
    } catch (thrown) {
      for (const done of records) done?.(null);
      throw thrown;
    }
  }

  private async exchange(
    sending: Sending,
  ): Promise<{ readonly outcomes: readonly RpcOutcome[]; readonly bytes: number }> {
    const { calls, json, timeoutMs, maxBytes, signal, question } = sending;
    const timeoutError = (): NodeError => transportTimeout(this.options.url, timeoutMs);
    const message = { json, ids: calls.map((call) => call.id), maxBytes, question };
    const answer = await withDeadline(
      { clock: this.deps.clock, timeoutMs, signal, timeoutError },
      (limited) => sending.wire.exchange(message, limited),
    );
    return { outcomes: this.decode(sending, answer.value), bytes: answer.bytes };
  }

  private decode({ calls, json }: Sending, value: unknown): readonly RpcOutcome[] {
    const [first] = calls;
    try {
      const isBatch = json.startsWith('[');
      if (isBatch || first === undefined) return decodeBatchAnswer(value, calls);
      return [decodeAnswer(value, first)];
    } catch (thrown) {
      if (!(thrown instanceof MalformedAnswer)) throw thrown;
      throw transportMalformed(this.options.url, thrown.message);
    }
  }
}

/** @throws the failure where it is the outcome of every call. */
function throwIfAllFailed(outcomes: readonly RpcOutcome[], failed: FailedPart | null): void {
  if (failed === null) return;
  const { error } = failed;
  if (outcomes.every((one) => one.kind === 'error' && one.error === error)) throw error;
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  if (size <= 0) return items.length > 0 ? [[...items]] : [];
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
