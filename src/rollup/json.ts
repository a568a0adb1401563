/** What `parseJson` gives: integers of any size are bigints, other numbers stay numbers. */
export type JsonValue =
  | null
  | boolean
  | string
  | bigint
  | number
  | readonly JsonValue[]
  | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Strings come first, so that digits inside of them are left alone. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;
/** A leading NUL character, as JSON writes it: no file that people write has it. */
const MARK = '\u0000int:';

/**
 * Parses JSON without losing digits: a uint64 above 2^53 comes back as it was written.
 * @throws SyntaxError, as JSON.parse.
 */
export function parseJson(text: string): JsonValue {
  JSON.parse(text);
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    INTEGER.test(token) ? `"\\u0000int:${token}"` : token,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  ) as JsonValue;
}

/** True for a JSON object; false for null, arrays and scalars. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as JSON text without white space, integers with all their digits. The reverse of `parseJson`. */
export function jsonText(value: JsonValue): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (!isJsonObject(value)) return `[${value.map(jsonText).join(',')}]`;
  const members = Object.entries(value).map(([key, v]) => `${JSON.stringify(key)}:${jsonText(v)}`);
  return `{${members.join(',')}}`;
}
