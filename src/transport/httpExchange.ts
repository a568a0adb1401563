import type { Dispatcher } from 'undici';

/** A whole answer of a server. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Null when it was larger than allowed, then its connection was ended; and where an error page broke off. */
  readonly body: Buffer | null;
}

export interface HttpExchangeOptions {
  readonly request: Omit<Dispatcher.DispatchOptions, 'signal'>;
  /** How many bytes of the body are read at most. */
  readonly maxBytes: (status: number) => number;
  readonly signal: AbortSignal;
}

/** Below it a status tells of an answer that is still to come. */
const FIRST_FINAL_STATUS = 200;

/**
 * Sends a request and collects its answer. It goes below undici's `request`, whose stream, asynchronous iterator and
 * their listeners cost a small answer more than all the rest of it does.
 * @throws what undici or the socket throws; the signal's reason, at once.
 */
export function httpExchange(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  { request, maxBytes, signal }: HttpExchangeOptions,
): Promise<HttpAnswer> {
  return new Promise<HttpAnswer>((resolve, reject) => {
    const exchange = new Exchange(maxBytes, {
      resolve: (answer) => {
        signal.removeEventListener('abort', abort);
        resolve(answer);
      },
      reject: (error) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    });
    const abort = (): void => exchange.abort(reasonOf(signal));
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    dispatcher.dispatch(request, exchange);
  });
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** One request on its way; also through redirections, each of which starts it again. */
class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private aborted: Error | null = null;
  private status = 0;
  private headers: HttpAnswer['headers'] = {};
  private limit = 0;
  private size = 0;
  private chunks: Buffer[] = [];

  constructor(
    private readonly maxBytes: (status: number) => number,
    private readonly ends: {
      readonly resolve: (answer: HttpAnswer) => void;
      readonly reject: (error: Error) => void;
    },
  ) {}

  /** Ends it; also one that still waits for a connection. */
  abort(reason: Error): void {
    this.aborted = reason;
    this.controller?.abort(reason);
    this.ends.reject(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.aborted !== null) controller.abort(this.aborted);
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: HttpAnswer['headers'],
  ): void {
    if (status < FIRST_FINAL_STATUS) return;
    this.status = status;
    this.headers = headers;
    this.limit = this.maxBytes(status);
    // The announced length saves reading an answer that is too large anyway; the count holds for all others.
    if (Number(headers['content-length'] ?? 0) > this.limit) this.endAsTooLarge();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.limit) this.endAsTooLarge();
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.end(Buffer.concat(this.chunks, this.size));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.chunks = [];
    if (this.status > FIRST_FINAL_STATUS) this.end(null);
    else this.ends.reject(error);
  }

  private endAsTooLarge(): void {
    this.chunks = [];
    this.end(null);
    this.controller?.abort(new Error('answer too large'));
  }

  private end(body: Buffer | null): void {
    this.ends.resolve({ status: this.status, headers: this.headers, body });
  }
}
