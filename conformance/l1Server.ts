import { beaconAnswer } from './beaconApi.js';
import { type Fault, FaultBox } from './faults.js';
import { serveWebSocket } from './headSubscriptions.js';
import { answerBody, type Methods } from './jsonRpc.js';
import { L1Chain, type L1Labels } from './l1Chain.js';
import { l1Methods } from './l1Methods.js';
import { type HttpCall, type HttpReply, LoopbackServer } from './loopbackServer.js';
import type { World } from './world.js';

export interface L1ServerOptions {
  readonly world: World;
  /** First head; the recorded one at rest unless given. */
  readonly head?: number;
  readonly port?: number;
}

/** A command by HTTP: `POST /control`. Each key is optional. */
export interface L1Control extends Partial<L1Labels> {
  /** Serve the world's fork of this name from block `at` up. */
  readonly fork?: string;
  readonly at?: number;
  readonly fault?: Fault | null;
  /** Move the head one block on each so many milliseconds; 0 ends that. */
  readonly auto?: number;
}

/**
 * Serves a recorded L1: JSON-RPC over HTTP and WebSocket, and the beacon blob API, on one port. The head moves as
 * told, in this process by `chain` or from outside by `/control`.
 */
export class L1Server {
  readonly chain: L1Chain;
  readonly faults = new FaultBox();
  /** Requests so far, by JSON-RPC method or by path without its last number. */
  readonly counts = new Map<string, number>();
  readonly #world: World;
  readonly #methods: Methods;
  readonly #server: LoopbackServer;
  #ticker: NodeJS.Timeout | undefined;

  private constructor(options: L1ServerOptions) {
    this.#world = options.world;
    this.chain = new L1Chain(options.world, options.head);
    this.#methods = l1Methods(this.chain, options.world.facts);
    this.#server = new LoopbackServer({
      faults: this.faults,
      answer: (call) => this.#answer(call),
      control: (command) => this.#control(command as L1Control | undefined),
    });
  }

  static async start(options: L1ServerOptions): Promise<L1Server> {
    const server = new L1Server(options);
    await server.listen(options.port);
    return server;
  }

  get url(): string {
    return this.#server.url;
  }

  get wsUrl(): string {
    return this.url.replace('http', 'ws');
  }

  /** Comes (back) up, on the same port as before. */
  async listen(port?: number): Promise<void> {
    await this.#server.listen(port);
    serveWebSocket(this.#server.http, this.chain, this.#methods, (method) => this.#count(method));
  }

  /** Goes down; `listen` brings it back. */
  async close(): Promise<void> {
    this.auto(0);
    await this.#server.close();
  }

  /** Moves the head one block on each `ms` until the recording ends; 0 stops. */
  auto(ms: number): void {
    clearInterval(this.#ticker);
    if (ms > 0) this.#ticker = setInterval(() => this.chain.advance(), ms).unref();
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #answer({ method, url, body }: HttpCall): HttpReply {
    if (method !== 'GET') {
      return { status: 200, value: answerBody(body, this.#methods, (name) => this.#count(name)) };
    }
    this.#count(url.pathname.replace(/\d+$/, 'N'));
    const value = beaconAnswer(this.chain, this.#world.facts, url);
    return value === undefined
      ? { status: 404, value: { code: 404, message: 'not found' } }
      : { status: 200, value };
  }

  #control(command: L1Control | undefined): unknown {
    if (command) {
      const { fork, at, fault, auto, ...labels } = command;
      if (fork !== undefined) this.chain.reorg(fork, at, labels.head);
      this.chain.move(labels);
      if (fault !== undefined) this.faults.arm(fault);
      if (auto !== undefined) this.auto(auto);
    }
    return {
      ...this.chain.labels,
      last: this.chain.last,
      fault: this.faults.armed,
      counts: Object.fromEntries(this.counts),
    };
  }
}
