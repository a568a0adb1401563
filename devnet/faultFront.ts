import { FaultBox } from '../conformance/faults.js';
import { type HttpCall, type HttpReply, LoopbackServer } from '../conformance/loopbackServer.js';

/** A call that was passed on or answered from the cache, with what was answered. */
export interface FrontedCall {
  readonly call: HttpCall;
  readonly reply: HttpReply;
  /** Unix milliseconds. */
  readonly answeredMs: number;
}

/** Stands before an HTTP JSON-RPC endpoint and passes everything on, until it is told to go wrong. */
export class FaultFront {
  readonly faults = new FaultBox();
  /** What was answered rightly, in order. */
  readonly answered: FrontedCall[] = [];
  /** True answers from what was answered before, as a cache that nobody empties. */
  isFrozen = false;
  readonly #upstream: string;
  readonly #kept = new Map<string, HttpReply>();
  readonly #server: LoopbackServer;

  private constructor(upstream: string) {
    this.#upstream = upstream;
    this.#server = new LoopbackServer({
      faults: this.faults,
      answer: (call) => this.#answer(call),
      control: () => undefined,
    });
  }

  static async start(upstream: string): Promise<FaultFront> {
    const front = new FaultFront(upstream);
    await front.listen();
    return front;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Calls so far, answered or not. */
  get requests(): number {
    return this.#server.requests;
  }

  /** Comes (back) up, on the same port as before. */
  async listen(): Promise<void> {
    await this.#server.listen();
  }

  /** Goes down; `listen` brings it back. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  async #answer(call: HttpCall): Promise<HttpReply> {
    const reply = await this.#replyTo(call);
    this.answered.push({ call, reply, answeredMs: Date.now() });
    return reply;
  }

  async #replyTo({ method, body }: HttpCall): Promise<HttpReply> {
    const key = questionOf(body);
    const kept = this.#kept.get(key);
    if (this.isFrozen && kept !== undefined) return withIdOf(body, kept);
    const response = await fetch(this.#upstream, {
      ...{ method, body },
      headers: { 'content-type': 'application/json' },
    });
    const reply = { status: response.status, value: await response.json() };
    this.#kept.set(key, reply);
    return reply;
  }
}

/** What is asked for, whatever the id. */
function questionOf(body: string): string {
  const { method, params } = JSON.parse(body) as { method?: unknown; params?: unknown };
  return JSON.stringify([method, params]);
}

function withIdOf(body: string, { status, value }: HttpReply): HttpReply {
  const { id } = JSON.parse(body) as { id?: unknown };
  return { status, value: { ...(value as object), id } };
}
