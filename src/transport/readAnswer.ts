import type { Dispatcher } from 'undici';
import { abortable } from '../runtime/abort.js';
import type { HttpAnswer } from './httpAnswer.js';

/**
 * Sends a request and reads its answer, without the stream that undici would put the body into: for answers of a few
 * kilobytes that stream takes more time than all the rest.
 * @param maxBytes what may be read of a body, by the answer's status.
 * @throws what undici says of an endpoint that is not reached or breaks off; ABORTED.
 */
export function readAnswer(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: Dispatcher.DispatchOptions,
  maxBytes: (status: number) => number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  return abortable<HttpAnswer>(signal, (settle) => {
    const reader = new AnswerReader(maxBytes, settle);
    dispatcher.dispatch(request, reader);
    return () => reader.stop(new Error('request was stopped'));
  });
}

interface Settle {
  resolve(answer: HttpAnswer): void;
  reject(error: unknown): void;
}

/** Takes one answer as its parts come in. */
class AnswerReader implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private stopped: Error | null = null;
  private status = 0;
  private headers: HttpAnswer['headers'] = {};
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly maxBytes: (status: number) => number,
    private readonly settle: Settle,
  ) {}

  /** Ends the request: now, or as soon as it has a connection. */
  stop(why: Error): void {
    this.stopped = why;
    this.controller?.abort(why);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.stopped !== null) controller.abort(this.stopped);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: HttpAnswer['headers'],
  ): void {
    // Of 1xx answers only the last, real one counts.
    this.status = status;
    this.headers = headers;
    // The announced length saves reading an answer that is too large anyway; the count holds for all others.
    if (Number(headers['content-length'] ?? 0) > this.maxBytes(status)) this.tooLarge();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.maxBytes(this.status)) this.tooLarge();
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.finish(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.settle.reject(error);
  }

  private tooLarge(): void {
    this.finish(true);
    this.stop(new Error('answer is too large'));
  }

  private finish(isTooLarge: boolean): void {
    const { status, headers, chunks } = this;
    const [first] = chunks;
    const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    this.settle.resolve({ status, headers, body, isTooLarge });
  }
}
