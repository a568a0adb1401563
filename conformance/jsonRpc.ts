/** Handlers by method name. A throw becomes an error answer with the message. */
export type Methods = Readonly<Record<string, (params: readonly unknown[]) => unknown>>;

interface RpcRequest {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: readonly unknown[];
}

/** An error answer with a code other than -32000. */
export class MethodError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Answers a JSON-RPC body, single or batch. `count` is told each method called. */
export function answerBody(
  body: string,
  methods: Methods,
  count: (method: string) => void,
): unknown {
  let parsed: RpcRequest | readonly RpcRequest[];
  try {
    parsed = JSON.parse(body) as RpcRequest | readonly RpcRequest[];
  } catch {
    return { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'parse error' } };
  }
  const one = (request: RpcRequest) => answer(request, methods, count);
  return Array.isArray(parsed) ? parsed.map(one) : one(parsed as RpcRequest);
}

/** The id of a single request, null where there is none. */
export function idOf(body: string): unknown {
  try {
    return (JSON.parse(body) as RpcRequest).id ?? null;
  } catch {
    return null;
  }
}

function answer(request: RpcRequest, methods: Methods, count: (method: string) => void): unknown {
  const name = String(request.method);
  count(name);
  const base = { jsonrpc: '2.0', id: request.id ?? null };
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) {
    const message = `the method ${name} does not exist/is not available`;
    return { ...base, error: { code: -32601, message } };
  }
  try {
    return { ...base, result: method(request.params ?? []) };
  } catch (thrown) {
    const code = thrown instanceof MethodError ? thrown.code : -32000;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { ...base, error: { code, message } };
  }
}
