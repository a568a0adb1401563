const TIMEOUT_MS = 15_000;

/** A JSON-RPC error answer of the remote. */
class RpcAnswerError extends Error {
  override readonly name = 'RpcAnswerError';
  constructor(
    readonly method: string,
    readonly code: number,
    message: string,
  ) {
    super(`${method}: ${message} (${code})`);
  }
}

/**
 * A JSON-RPC call over HTTP. The result has the type that the caller claims for it.
 * @throws RpcAnswerError for an error answer, Error when the transport fails or nothing comes in 15 seconds.
 */
export async function rpc<T>(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = (await response.json()) as RpcAnswer<T>;
  if (answer.error) throw new RpcAnswerError(method, answer.error.code, answer.error.message);
  return answer.result as T;
}

interface RpcAnswer<T> {
  readonly result?: T;
  readonly error?: { readonly code: number; readonly message: string };
}
