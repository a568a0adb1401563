import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf, closeServer, listenOnLoopback, urlOf } from './loopback.js';

/** One Engine API call as it passed, with its answer. */
export interface TappedCall {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
  /** Unix milliseconds at which its answer came. */
  readonly answeredMs: number;
}

/** Passes JSON-RPC on to an execution client, headers and all, and keeps the Engine API calls in order of arrival. */
export class EngineTap {
  readonly calls: TappedCall[] = [];
  /** Each request waits so long before it is passed on. */
  delayMs = 0;
  /** While true requests are cut off, as if nobody listened. */
  isDown = false;
  /** The execution client's Engine API. */
  readonly upstream: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((incoming, answer) => {
    this.#pass(incoming, answer).catch(() => answer.destroy());
  });

  private constructor(upstream: string) {
    this.upstream = upstream;
  }

  static async start(upstream: string): Promise<EngineTap> {
    const tap = new EngineTap(upstream);
    await listenOnLoopback(tap.#server);
    return tap;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  async close(): Promise<void> {
    const closed = closeServer(this.#server);
    this.#agent.destroy();
    await closed;
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    if (this.delayMs > 0) await sleep(this.delayMs);
    if (this.isDown) throw new Error('down');
    const { host: _, ...headers } = incoming.headers;
    const upstream = request(this.upstream, {
      method: incoming.method,
      headers: { ...headers, 'accept-encoding': 'identity' },
      agent: this.#agent,
    });
    upstream.end(body);
    const [reply] = (await once(upstream, 'response')) as [IncomingMessage];
    const text = await bodyOf(reply);
    // Kept before it is answered: who sees the effect of a call finds it here.
    this.#keep(body.toString('utf8'), text.toString('utf8'));
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    answer.end(text);
  }

  #keep(question: string, reply: string): void {
    const asked = [JSON.parse(question)].flat() as (TappedCall & { id: unknown })[];
    const answers = [JSON.parse(reply)].flat() as (Partial<TappedCall> & { id: unknown })[];
    for (const { id, method, params } of asked) {
      if (!method.startsWith('engine_')) continue;
      const { result, error } = answers.find((candidate) => candidate.id === id) ?? {};
      const outcome = error === undefined ? { result } : { error };
      this.calls.push({ method, params, ...outcome, answeredMs: Date.now() });
    }
  }
}
