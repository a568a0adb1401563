import { createServer, type Server } from 'node:http';
import { bodyOf, listenOnLoopback, urlOf } from '../../conformance/loopback.js';

/** Results by method, as JSON text: large ones are put together from texts that are kept. Undefined: no such method. */
export type TextMethods = (method: string, params: readonly unknown[]) => string | undefined;

export interface TextServerOptions {
  readonly methods: TextMethods;
  /** The whole answer to a GET; undefined is a 404. */
  readonly get?: (url: URL) => string | undefined;
}

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** JSON-RPC and GETs on a loopback port, quick at large answers. @returns its address; it ends with the process. */
export async function serveTexts(options: TextServerOptions): Promise<string> {
  const server: Server = createServer((request, response) => {
    const send = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text);
    };
    const answer = async (): Promise<void> => {
      if (request.method === 'GET') {
        const text = options.get?.(new URL(request.url ?? '/', 'http://127.0.0.1'));
        return text === undefined
          ? send(404, '{"code":404,"message":"not found"}')
          : send(200, text);
      }
      const body = (await bodyOf(request)).toString('latin1');
      send(200, answerText(JSON.parse(body) as Call | readonly Call[], options.methods));
    };
    answer().catch(() => response.destroy());
  });
  await listenOnLoopback(server);
  return urlOf(server);
}

function answerText(called: Call | readonly Call[], methods: TextMethods): string {
  if (Array.isArray(called)) {
    return `[${called.map((call: Call) => answerText(call, methods)).join(',')}]`;
  }
  const { id, method, params = [] } = called as Call;
  const result = methods(method, params);
  const outcome =
    result === undefined
      ? `"error":{"code":-32601,"message":"the method ${method} does not exist/is not available"}`
      : `"result":${result}`;
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${outcome}}`;
}
