import { isDeepStrictEqual } from 'node:util';
import type { GoldenLine, GoldenResponse } from './recorded.js';

/**
 * True when an answer is what the recorded line asks for:
 * `bytes` (the default) the same status, content type and body; `json` the same status and JSON value, keys in any
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
        want.status === got.status && want.contentType === got.contentType && want.body === got.body
      );
  }
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
