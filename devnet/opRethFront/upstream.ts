import type { IncomingHttpHeaders } from 'node:http';

/** A JSON-RPC call without its id. */
export interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface CallError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** An answer without its id. */
export type Answer = { readonly result: unknown } | { readonly error: CallError };

/** Asks the execution client behind the front, with the credentials of who asked the front. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<Answer>;

/** What `Ask` throws where the execution client does not answer with JSON-RPC: who asked gets status and text. */
export class HttpAnswer extends Error {
  constructor(
    readonly status: number,
    readonly text: string,
  ) {
    super(`status ${status}`);
  }
}

/** @param headers of the request to the front; its authorization is passed on. */
export function askUpstream(url: string, headers: IncomingHttpHeaders): Ask {
  return async (method, params) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(headers.authorization !== undefined && { authorization: headers.authorization }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    if (response.status !== 200) throw new HttpAnswer(response.status, await response.text());
    const answer = (await response.json()) as Answer;
    return 'error' in answer ? { error: answer.error } : { result: answer.result };
  };
}

/** The result of a call that must have one. @throws Error */
export async function resultOf(answer: Promise<Answer>): Promise<unknown> {
  const got = await answer;
  if ('result' in got) return got.result;
  throw new Error(`the execution client answered ${JSON.stringify(got.error)}`);
}

export function failed(code: number, message: string, data?: unknown): Answer {
  return { error: { code, message, ...(data !== undefined && { data }) } };
}
