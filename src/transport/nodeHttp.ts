import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http';
import { type AgentOptions, Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { abortable, type Deferred } from '../runtime/abort.js';
import { Semaphore } from '../runtime/semaphore.js';
import { GrownBytes } from './grownBytes.js';
import type { HttpAnswer } from './httpAnswer.js';
import type { HttpRequest } from './httpRequest.js';
import type { TlsIdentity } from './rpcClientOptions.js';

/** A connection that a middlebox forgot is found out. */
const PROBE_AFTER_MS = 60_000;

export interface NodeHttpOptions {
  readonly maxConnections: number;
  /** A connection that was not used for so long is closed; sooner where the server says so. */
  readonly maxIdleMs: number;
  /** Asked for each connection. */
  readonly tls?: (() => TlsIdentity) | undefined;
}

/** Requests to any server over kept connections, by Node.js' own client. The caller's signal is the only time limit. */
export class NodeHttp {
  private readonly plain: PlainAgent;
  private readonly tls: TlsAgent;
  private readonly connections: Semaphore;
  private readonly underWay = new Set<ClientRequest>();
  private isClosed = false;

  constructor({ maxConnections, maxIdleMs, tls }: NodeHttpOptions) {
    const options = { keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS, timeout: maxIdleMs };
    // Not the agent's own bound: who waits there and is stopped has a connection opened all the same.
    this.connections = new Semaphore(maxConnections);
    this.plain = new PlainAgent(options);
    this.tls = tls === undefined ? new TlsAgent(options) : new IdentifiedAgent(options, tls);
  }

  /**
   * @param maxBytes what may be read of a body, by the answer's status.
   * @throws Error when the server is not reached, breaks off, or sends no HTTP; ABORTED, which ends its connection.
   */
  async exchange(
    request: HttpRequest,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const free = await this.connections.acquire(signal);
    try {
      if (this.isClosed) throw closed();
      return await this.answerTo(request, maxBytes, signal);
    } finally {
      free();
    }
  }

  /** Ends all connections; requests under way and all later ones fail. */
  close(): void {
    this.isClosed = true;
    const why = closed();
    for (const request of this.underWay) request.destroy(why);
    this.plain.destroy();
    this.tls.destroy();
  }

  private answerTo(
    request: HttpRequest,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    return abortable<HttpAnswer>(signal, (settle) => {
      try {
        const sent = this.send(request, settle);
        sent.on('response', (response) => readAnswer(response, maxBytes, settle));
        return () => sent.destroy();
      } catch (unsendable) {
        settle.reject(unsendable);
        return () => undefined;
      }
    });
  }

  /** @throws Error where path or headers are none. */
  private send(
    { isTls, host, port, path, method, headers, body }: HttpRequest,
    { reject }: Deferred<HttpAnswer>,
  ): ClientRequest {
    const target = { host, port, path, method, headers };
    const sent = isTls
      ? tlsRequest({ ...target, agent: this.tls })
      : plainRequest({ ...target, agent: this.plain });
    this.underWay.add(sent);
    sent.on('error', reject);
    sent.on('close', () => {
      this.underWay.delete(sent);
      // Nothing at all where the answer is no answer, but another protocol; nobody waits any more where it was one.
      reject(new Error('other side closed'));
    });
    sent.end(body ?? undefined);
    return sent;
  }
}

/** Connects with a client certificate, which is read anew each time. */
class IdentifiedAgent extends TlsAgent {
  constructor(
    options: AgentOptions,
    private readonly identity: () => TlsIdentity,
  ) {
    super(options);
  }

  override createConnection(
    ...[options, callback]: Parameters<TlsAgent['createConnection']>
  ): Duplex | null | undefined {
    return super.createConnection(
      { ...options, ...this.identity(), minVersion: 'TLSv1.3' },
      callback,
    );
  }
}

function readAnswer(
  response: IncomingMessage,
  maxBytes: (status: number) => number,
  { resolve, reject }: Deferred<HttpAnswer>,
): void {
  const { statusCode: status = 0, headers } = response;
  const most = maxBytes(status);
  const body = new GrownBytes();
  const finish = (isTooLarge: boolean): void => {
    resolve({ status, headers, body: body.bytes, isTooLarge });
    if (isTooLarge) response.destroy();
  };
  response.on('error', reject);
  // The announced length saves reading an answer that is too large anyway; the count holds for all others.
  if (Number(headers['content-length'] ?? 0) > most) {
    finish(true);
    return;
  }
  response.on('data', (chunk: Buffer) => {
    if (body.size + chunk.length > most) finish(true);
    else body.add(chunk);
  });
  response.on('end', () => finish(false));
}

function closed(): Error {
  return new Error('client is closed');
}
