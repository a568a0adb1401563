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

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;
/** A leading NUL character, as JSON writes it: no file that people write has it. */
const MARK = '\u0000int:';

/**
 * Parses JSON without losing digits: a uint64 above 2^53 comes back as it was written.
 * @throws SyntaxError, as JSON.parse.
 */
export function parseJson(text: string): JsonValue {
  JSON.parse(text);
  return JSON.parse(markIntegers(text), (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  ) as JsonValue;
}

/** Puts the mark to every integer of a valid JSON text; digits inside of strings are left alone. */
function markIntegers(text: string): string {
  let marked = '';
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    const next = quote < 0 ? text.length : stringEnd(text, quote);
    marked += text.slice(at, end).replace(NUMBER, markInteger) + text.slice(end, next);
    at = next;
  }
  return marked;
}

function markInteger(number: string): string {
  return INTEGER.test(number) ? `"\\u0000int:${number}"` : number;
}

/** The position behind the string literal that opens at `quote`. */
function stringEnd(text: string, quote: number): number {
  let at = quote + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
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
