import type { Dispatcher } from 'undici';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import redirect from 'undici/lib/interceptor/redirect.js';
import { yieldToEventLoop } from '../runtime/clock.js';
import type { HttpAnswer } from './httpAnswer.js';
import { readAnswer } from './readAnswer.js';
import type { TlsIdentity } from './rpcClientOptions.js';

/** As many as Go's client follows. */
const MAX_REDIRECTIONS = 10;

export interface UndiciHttpOptions {
  readonly maxConnections: number;
  readonly maxIdleMs: number;
  /** Asked for each connection. */
  readonly tls?: (() => TlsIdentity) | undefined;
}

/**
 * Requests by undici: over TLS, and where they are led elsewhere. Follows redirects as Go's client does, which leaves user and
 * token behind where they lead to another origin.
 */
export class UndiciHttp {
  private readonly agent: Agent;
  private readonly dispatcher: Dispatcher;

  constructor(options: UndiciHttpOptions) {
    // The caller's deadline is the only time limit: no second one inside the agent.
    this.agent = new Agent({
      connections: options.maxConnections,
      pipelining: 1,
      keepAliveTimeout: options.maxIdleMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(options.tls !== undefined && { connect: identifiedConnector(options.tls) }),
    });
    this.dispatcher = this.agent.compose(redirect({ maxRedirections: MAX_REDIRECTIONS }));
  }

  /** @throws what undici says of an endpoint that is not reached or breaks off; ABORTED. */
  async exchange(
    request: Dispatcher.DispatchOptions,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const answer = await readAnswer(this.dispatcher, request, maxBytes, signal);
    // The agent frees a connection one turn after its answer; a caller that asks on at once would get a new one.
    if (answer.status === 200 && !answer.isTooLarge) await yieldToEventLoop();
    return answer;
  }

  /** Ends all connections; requests in flight fail. */
  close(): Promise<void> {
    return this.agent.destroy();
  }
}

/** Connects with a client certificate, which is read anew each time. */
function identifiedConnector(tls: () => TlsIdentity): buildConnector.connector {
  return (options, callback) => {
    try {
      buildConnector({ ...tls(), minVersion: 'TLSv1.3' })(options, callback);
    } catch (thrown) {
      callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null);
    }
  };
}
