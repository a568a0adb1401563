import { isDeepStrictEqual } from 'node:util';
import type { GoldenLine, GoldenResponse } from './recorded.js';

/**
 * Texts that tell which release of op-node, or which execution client behind it, a world was recorded with, and what
 * stands for them in the comparison of bytes.
 */
const VARIANTS: readonly (readonly [text: string, neutral: string])[] = [
  // A namespace in `rpc_modules` that op-node has from v1.19.1 on.
  [',"superroot":"1.0"', ''],
  // What op-geth says to a height that no block can have; op-reth just does not find it.
  ['invalid argument 0: block number larger than int64', 'not found'],
];

/**
 * True when an answer is what the recorded line asks for:
 * `bytes` (the default) the same status, content type and body, but for `VARIANTS`; `json` the same status and JSON value, keys in any
 * order; `error` the same JSON-RPC error code and no result; `fault` some JSON-RPC error and no result; `shape` the
 * same status, keys and types of values at every depth.
 */
export function goldenMatches(line: GoldenLine, got: GoldenResponse): boolean {
  const want = line.response;
  const wanted = parse(want.body);
  const value = parse(got.body);
  switch (line.match ?? 'bytes') {
    case 'json':
      return want.status === got.status && value !== undefined && isDeepStrictEqual(wanted, value);
    case 'shape':
      return (
        want.status === got.status &&
        value !== undefined &&
        isDeepStrictEqual(shapeOf(wanted ?? null), shapeOf(value))
      );
    case 'fault':
      return errorOf(value) !== undefined && !hasResult(value);
    case 'error': {
      const code = errorOf(wanted)?.code;
      return code !== undefined && code === errorOf(value)?.code && !hasResult(value);
    }
    default:
      return (
        want.status === got.status &&
        want.contentType === got.contentType &&
        neutral(want.body) === neutral(got.body)
      );
  }
}

function neutral(body: string): string {
  return VARIANTS.reduce((text, [variant, put]) => text.replaceAll(variant, put), body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(value: unknown): { readonly code?: unknown } | undefined {
  return (value as { error?: { code?: unknown } } | null | undefined)?.error;
}

function hasResult(value: unknown): boolean {
  return (value as { result?: unknown } | null | undefined)?.result !== undefined;
}

/** Types of values in place of values; of a list, its first element stands for all. */
function shapeOf(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length > 0 ? [shapeOf(value[0])] : [];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}
