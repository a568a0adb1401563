import type { RpcMessage } from './rpcMessage.js';

/** Longer batches are read in turns. */
const MAX_CHARS = 32 * 1024;

/** A call as the libraries of Go and most others write it, with no parameter or a plain text, and what stands behind it. */
const CALL =
  /\{"jsonrpc":"2\.0","id":(0|[1-9]\d{0,15}),"method":"(\w{1,64})","params":(\[(?:"\w{0,128}")?\])\}([,\]])/y;

/**
 * The calls of a short batch that is written as most are: found by one expression each, at a seventh of what it costs to
 * read them member by member. They are what `BodyReader` would find.
 * @param body a byte string that begins with the batch's bracket.
 * @returns null for any other batch, whatever is the matter with it.
 */
export function usualBatch(body: string): readonly RpcMessage[] | null {
  if (body.length > MAX_CHARS) return null;
  const calls: RpcMessage[] = [];
  CALL.lastIndex = 1;
  for (let call = CALL.exec(body); call !== null; call = CALL.exec(body)) {
    const [, id = '', method = '', params = '', behind] = call;
    calls.push({ version: '2.0', id, method, params, hasOutcome: false });
    if (behind === ']') return CALL.lastIndex === body.length ? calls : null;
  }
  return null;
}
