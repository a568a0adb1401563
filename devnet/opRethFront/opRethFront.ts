import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bodyOf, closeServer, listenOnLoopback, urlOf } from '../../conformance/loopback.js';
import { Forkchoice } from './forkchoice.js';
import { PayloadJobs } from './payloadJobs.js';
import type { Answer, Ask, Call } from './upstream.js';
import { askUpstream, failed, HttpAnswer, resultOf } from './upstream.js';

export interface OpRethFrontOptions {
  /** Engine API of an op-geth that was asked nothing yet. */
  readonly upstream: string;
  /** L2 time of Karst; infinite where it never comes. */
  readonly karstTime: number;
}

/** What op-reth 2.3.2 lists; it gives them in another order each time. */
const CAPABILITIES = [
  ...['V1', 'V2', 'V3'].map((version) => `engine_forkchoiceUpdated${version}`),
  ...['V2', 'V3', 'V4'].map((version) => `engine_newPayload${version}`),
  ...['V2', 'V3', 'V4', 'V5'].map((version) => `engine_getPayload${version}`),
  ...['engine_getPayloadBodiesByHashV1', 'engine_getPayloadBodiesByRangeV1'],
  'engine_getClientVersionV1',
];
const VERSION = { code: 'RH', name: 'OP-Reth', version: '2.3.0', commit: '1f5e4ebd' };
/** Letters of a client that it takes; others are refused. */
const KNOWN_CODES = 'BU EJ EG GE GR LH LS NM NB TE TK PM RH'.split(' ');
const INVALID_PARAMS = -32602;
const METHOD_NOT_FOUND = -32601;

interface Request extends Call {
  readonly id: unknown;
}

/**
 * op-geth's Engine API as op-reth would answer it, where the two were seen to differ: methods and their versions by fork,
 * attributes that cannot be built, labels, error texts. What they have in common is op-geth's. HTTP only.
 */
export class OpRethFront {
  /** Blocks below the head that proofs are made of. */
  proofWindowBlocks = 100_000n;
  /** Engine API of the op-geth behind it, also after a restart of that. */
  upstream: string;
  readonly #forkchoice: Forkchoice;
  readonly #jobs: PayloadJobs;
  readonly #server = createServer((incoming, answer) => {
    this.#serve(incoming, answer).catch(() => answer.destroy());
  });

  private constructor({ upstream, karstTime }: OpRethFrontOptions) {
    this.upstream = upstream;
    this.#jobs = new PayloadJobs(karstTime);
    this.#forkchoice = new Forkchoice(this.#jobs);
  }

  static async start(options: OpRethFrontOptions): Promise<OpRethFront> {
    const front = new OpRethFront(options);
    await listenOnLoopback(front.#server);
    return front;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  async close(): Promise<void> {
    await closeServer(this.#server);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await bodyOf(incoming)).toString('utf8')) as
      | Request
      | readonly Request[];
    const ask = askUpstream(this.upstream, incoming.headers);
    const one = async ({ id, ...call }: Request) => ({
      jsonrpc: '2.0',
      id,
      ...inItsWords(await this.#answer(ask, call)),
    });
    try {
      const answer = Array.isArray(body)
        ? await Promise.all((body as readonly Request[]).map(one))
        : await one(body as Request);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    } catch (thrown) {
      if (!(thrown instanceof HttpAnswer)) throw thrown;
      response.writeHead(thrown.status);
      response.end(thrown.text);
    }
  }

  async #answer(ask: Ask, { method, params }: Call): Promise<Answer> {
    if (method.startsWith('engine_forkchoiceUpdated')) {
      return this.#forkchoice.update(ask, method, params);
    }
    if (method.startsWith('engine_') && !CAPABILITIES.includes(method)) {
      if (method !== 'engine_exchangeCapabilities') return failed(METHOD_NOT_FOUND, '');
    }
    if (method.startsWith('engine_getPayloadV')) {
      return this.#jobs.take(ask, method, String(params[0]));
    }
    switch (method) {
      case 'engine_exchangeCapabilities':
        // Whoever may ask for them: wrong credentials are refused all the same.
        await resultOf(ask('eth_chainId', []));
        return { result: CAPABILITIES.toReversed() };
      case 'engine_getClientVersionV1':
        return clientVersion(params);
      case 'eth_getBlockByNumber':
        return this.#forkchoice.block(ask, params);
      case 'eth_getProof':
        return this.#proof(ask, params);
      default:
        return ask(method, params);
    }
  }

  async #proof(ask: Ask, params: readonly unknown[]): Promise<Answer> {
    const block = (await resultOf(ask('eth_getBlockByHash', [params[2], false]))) as {
      readonly number: string;
    } | null;
    const latest = BigInt(String(await resultOf(ask('eth_blockNumber', []))));
    const isFar = block !== null && BigInt(block.number) + this.proofWindowBlocks < latest;
    if (!isFar) return ask('eth_getProof', params);
    return failed(-32602, 'distance to target block exceeds maximum proof window');
  }
}

/** An error of the call itself says no more than its kind. */
function inItsWords(answer: Answer): Answer {
  if ('result' in answer) return answer;
  const { code, message, data } = answer.error;
  if (code === METHOD_NOT_FOUND) return failed(code, 'Method not found');
  const isFromGeth = code === INVALID_PARAMS && /^invalid argument|^missing value/.test(message);
  return isFromGeth ? failed(code, 'Invalid params', message) : failed(code, message, data);
}

function clientVersion([asks]: readonly unknown[]): Answer {
  const { code } = asks as { readonly code: string };
  if (KNOWN_CODES.includes(code)) return { result: [VERSION] };
  return failed(INVALID_PARAMS, 'Invalid params', `unknown variant \`${code}\``);
}
