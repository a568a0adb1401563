/** Questions that one client asks again and again: three labels, or a status. */
const MAX_QUESTIONS = 8;
/** A longer answer is rarely the same twice, and would be kept for nothing. */
const MAX_BYTES = 64 * 1024;

interface Kept {
  /** The answer without its id. */
  readonly rest: Buffer;
  readonly result: unknown;
}

/**
 * Answers to questions that are polled: one that is the same as before to the byte, but for the id, is not parsed again. The
 * same object is its result then, by which those who asked see that nothing has changed.
 */
export class SameAnswers {
  private readonly kept = new Map<string, Kept>();

  /**
   * The answer as parsed JSON.
   * @param question method and params. @param id of the request. @param parse parses the body. @throws what it throws.
   */
  read(question: string, id: number, body: Buffer, parse: () => unknown): unknown {
    const rest = body.length > MAX_BYTES ? null : withoutId(body, id);
    if (rest === null) return parse();
    const before = this.kept.get(question);
    if (before?.rest.equals(rest)) return { jsonrpc: '2.0', id, result: before.result };
    const value = parse();
    this.kept.delete(question);
    if (isResultOf(id, value)) this.keep(question, { rest, result: value.result });
    return value;
  }

  private keep(question: string, answer: Kept): void {
    const [oldest] = this.kept.keys();
    if (this.kept.size >= MAX_QUESTIONS && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(question, answer);
  }
}

/** What stands behind an id that is where servers write it who write the fields in the order of the specification; else null. */
function withoutId(body: Buffer, id: number): Buffer | null {
  const start = `{"jsonrpc":"2.0","id":${id},"result":`;
  return body.toString('latin1', 0, start.length) === start ? body.subarray(start.length) : null;
}

/** A second id or version behind the result would be the one that counts. */
function isResultOf(id: number, value: unknown): value is { readonly result: unknown } {
  if (typeof value !== 'object' || value === null || 'error' in value) return false;
  const { jsonrpc, id: answered, result } = value as Readonly<Record<string, unknown>>;
  return jsonrpc === '2.0' && answered === id && result !== undefined;
}
