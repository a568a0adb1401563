import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Hex } from 'viem';
import { type Fault, FaultBox, type FaultKind } from '../../conformance/faults.js';
import { bodyOf, closeServer, listenOnLoopback, urlOf } from '../../conformance/loopback.js';
import { genericCommitment, keccakCommitment } from './commitment.js';

/** A command by HTTP: `POST /control`. Each key is optional. */
export interface DaControl {
  readonly fault?: Fault | null;
  /** A commitment whose input is gone from now on. */
  readonly forget?: Hex;
}

interface Reply {
  readonly status: number;
  readonly body: Uint8Array | string;
}

const HUGE_BYTES = 64 * 1024 * 1024;
const NOT_FOUND: Reply = { status: 404, body: '' };
const BAD_REQUEST: Reply = { status: 400, body: '' };

/**
 * A DA server in memory, as op-node and op-batcher speak with one: `/put`, `/put/COMMITMENT` and `/get/COMMITMENT`.
 * Puts without a commitment get the kind that the server was started for. Answers to `/get` go wrong on demand.
 */
export class DaServer {
  /** Inputs by commitment, type byte first, in the order in which they came. */
  readonly inputs = new Map<Hex, Uint8Array>();
  readonly faults = new FaultBox();
  readonly #isGeneric: boolean;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });

  private constructor(commitment: 'keccak' | 'generic') {
    this.#isGeneric = commitment === 'generic';
  }

  /** Listens on a free port of 127.0.0.1. @param inputs that it has from the start, by commitment. */
  static async start(
    commitment: 'keccak' | 'generic',
    inputs: ReadonlyMap<Hex, Uint8Array> = new Map(),
  ): Promise<DaServer> {
    const server = new DaServer(commitment);
    for (const [key, input] of inputs) server.inputs.set(key, input);
    await listenOnLoopback(server.#server);
    return server;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = request.url ?? '/';
    const key = path.split('/').at(2) ?? '';
    if (path === '/control') return send(response, this.#control(body.toString('utf8')));
    if (/^\/put\/?$/.test(path)) return send(response, this.#put(body, null));
    if (!/^0x(?:[0-9a-f]{2})+$/.test(key)) return send(response, BAD_REQUEST);
    if (path === `/put/${key}`) return send(response, this.#put(body, key as Hex));
    if (path !== `/get/${key}`) return send(response, BAD_REQUEST);
    const fault = this.faults.take(path);
    const reply = () => send(response, this.#get(key as Hex));
    if (fault === null) reply();
    else misbehave({ ...fault, response, reply, input: this.inputs.get(key as Hex) ?? body });
  }

  #put(input: Uint8Array, given: Hex | null): Reply {
    const made = this.#isGeneric ? genericCommitment() : keccakCommitment(input);
    const commitment = given ?? made;
    this.inputs.set(commitment, Uint8Array.from(input));
    return { status: 200, body: given === null ? Buffer.from(made.slice(2), 'hex') : '' };
  }

  #get(commitment: Hex): Reply {
    const input = this.inputs.get(commitment);
    return input === undefined ? NOT_FOUND : { status: 200, body: input };
  }

  #control(text: string): Reply {
    const { fault, forget } = JSON.parse(text || '{}') as DaControl;
    if (fault !== undefined) this.faults.arm(fault);
    if (forget !== undefined) this.inputs.delete(forget);
    const state = { fault: this.faults.armed, commitments: [...this.inputs.keys()] };
    return { status: 200, body: JSON.stringify(state) };
  }
}

function send(response: ServerResponse, { status, body }: Reply): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

interface Misbehaviour {
  readonly kind: FaultKind;
  readonly ms: number;
  readonly response: ServerResponse;
  readonly input: Uint8Array;
  readonly reply: () => void;
}

function misbehave({ kind, ms, response, input, reply }: Misbehaviour): void {
  const say = (status: number, body: Reply['body']) => () => send(response, { status, body });
  const actions: Readonly<Record<FaultKind, () => void>> = {
    http404: say(404, ''),
    http500: say(500, 'injected'),
    rpcError: say(500, 'injected'),
    noData: say(200, ''),
    garbage: say(
      200,
      Uint8Array.from(input, (byte) => byte ^ 0xff),
    ),
    slow: () => void setTimeout(reply, ms).unref(),
    hang: () => void setTimeout(() => response.destroy(), ms).unref(),
    close: () => void response.destroy(),
    // Half of what the length says, then the end of the connection.
    truncated: () => {
      response.writeHead(200, { 'content-length': input.length });
      response.write(input.subarray(0, input.length >> 1), () => response.destroy());
    },
    trickle: () => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('\0'), ms).unref();
      response.once('close', () => clearInterval(timer));
    },
    huge: () => send(response, { status: 200, body: Buffer.alloc(HUGE_BYTES, 1) }),
  };
  actions[kind]();
}
