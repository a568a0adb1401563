import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http';
import { type AgentOptions, Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { abortable, type Deferred } from '../runtime/abort.js';
import { ADDRESS_ATTEMPTS } from './addressAttempts.js';
import { GrownBytes } from './grownBytes.js';
import type { HttpAnswer } from './httpAnswer.js';
import type { HttpRequest } from './httpRequest.js';
import {
  brokenOff,
  clientClosed,
  type HttpWay,
  MAX_INTERIM_ANSWERS,
  PROBE_AFTER_MS,
  StaleConnection,
} from './httpWay.js';
import type { TlsIdentity } from './rpcClientOptions.js';

/** What an error names where the connection has ended, and the server has said nothing that is wrong. */
const ENDED: readonly string[] = ['ECONNRESET', 'EPIPE'];

export interface NodeHttpOptions {
  /** A connection that was not used for so long is closed; sooner where the server says so. */
  readonly maxIdleMs: number;
  /** Asked for each connection. */
  readonly tls?: (() => TlsIdentity) | undefined;
}

/** Requests to any server over kept connections, by Node.js' own client. The caller's signal is the only time limit. */
export class NodeHttp implements HttpWay {
  private readonly plain: PlainAgent;
  private readonly tls: TlsAgent;
  private readonly underWay = new Set<ClientRequest>();
  private isClosed = false;

  constructor({ maxIdleMs, tls }: NodeHttpOptions) {
    const options = {
      keepAlive: true,
      keepAliveMsecs: PROBE_AFTER_MS,
      ...ADDRESS_ATTEMPTS,
      timeout: maxIdleMs,
    };
    this.plain = new PlainAgent(options);
    this.tls = tls === undefined ? new TlsAgent(options) : new IdentifiedAgent(options, tls);
  }

  exchange(
    request: HttpRequest,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    return abortable<HttpAnswer>(signal, (settle) => {
      try {
        if (this.isClosed) throw clientClosed();
        const sent = this.send(request);
        awaitAnswer(sent, maxBytes, settle);
        return () => sent.destroy();
      } catch (unsendable) {
        settle.reject(unsendable);
        return () => undefined;
      }
    });
  }

  leaveIdle(): void {
    for (const { freeSockets } of [this.plain, this.tls]) {
      for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
    }
  }

  close(): void {
    this.isClosed = true;
    const why = clientClosed();
    for (const request of this.underWay) request.destroy(why);
    this.plain.destroy();
    this.tls.destroy();
  }

  /** @throws Error where path or headers are none. */
  private send({ isTls, host, port, path, method, headers, body }: HttpRequest): ClientRequest {
    const target = { host, port, path, method, headers };
    const sent = isTls
      ? tlsRequest({ ...target, agent: this.tls })
      : plainRequest({ ...target, agent: this.plain });
    this.underWay.add(sent);
    sent.on('close', () => this.underWay.delete(sent));
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

function awaitAnswer(
  sent: ClientRequest,
  maxBytes: (status: number) => number,
  settle: Deferred<HttpAnswer>,
): void {
  let interimAnswers = 0;
  let isStale = true;
  sent.on('information', () => {
    if (++interimAnswers > MAX_INTERIM_ANSWERS) sent.destroy(new Error('answer does not begin'));
  });
  sent.on('response', (response) => {
    isStale = false;
    readAnswer(response, maxBytes, settle);
    // Who answers before all of the request is there may never read the rest of it.
    response.on('end', () => {
      if (!sent.writableFinished) sent.destroy();
    });
  });
  sent.on('error', (error: NodeJS.ErrnoException) => {
    isStale &&= sent.reusedSocket && ENDED.includes(error.code ?? '');
    settle.reject(isStale ? new StaleConnection(error) : error);
  });
  // Nothing at all comes before where the answer is no answer, but another protocol; nobody waits any more where it was one.
  sent.on('close', () => settle.reject(brokenOff()));
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
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > most) {
    finish(true);
    return;
  }
  body.expect(announced);
  response.on('data', (chunk: Buffer) => {
    if (body.size + chunk.length > most) finish(true);
    else body.add(chunk);
  });
  response.on('end', () => finish(false));
}
