/** Whether a request's content type is JSON-RPC's, decided as Go's `mime.ParseMediaType` and go-ethereum do. */

const ACCEPTED = new Set(['application/json', 'application/json-rpc', 'application/jsonrequest']);

const TOKEN_CHARS = /[0-9A-Za-z!#$%&'*+\-.^_`{|}~]*/y;
/** In a byte string the no-break space is part of another character. */
const NOT_ASCII = /[\x80-\xff]/;
const SPACE = /[ \t\v\f\r\n]*/y;
/** What a backslash can stand before; before any other character it stands for itself. */
const SPECIAL = '()<>@,;:\\"/[]?=';

/** True for the three media types that go-ethereum takes, with well-formed parameters. */
export function isJsonRpcContentType(header: string | undefined): boolean {
  if (header === undefined) return false;
  const semicolon = header.indexOf(';');
  const base = semicolon < 0 ? header : header.slice(0, semicolon);
  if (NOT_ASCII.test(base) || !ACCEPTED.has(base.trim().toLowerCase())) return false;
  return semicolon < 0 || areParameters(header, semicolon);
}

interface Parameter {
  readonly name: string;
  readonly value: string;
  readonly end: number;
}

/** A name may come twice only with the same value; one semicolon may be left over at the end. */
function areParameters(text: string, from: number): boolean {
  const seen = new Map<string, string>();
  for (let at = skip(SPACE, text, from); at < text.length; ) {
    const found = readParameter(text, at);
    if (found === null) return text.slice(at).trim() === ';';
    const earlier = seen.get(found.name);
    if (earlier !== undefined && earlier !== found.value) return false;
    seen.set(found.name, found.value);
    at = skip(SPACE, text, found.end);
  }
  return true;
}

function readParameter(text: string, from: number): Parameter | null {
  if (text[from] !== ';') return null;
  const start = skip(SPACE, text, from + 1);
  const end = skip(TOKEN_CHARS, text, start);
  const equals = skip(SPACE, text, end);
  if (end === start || text[equals] !== '=') return null;
  const value = skip(SPACE, text, equals + 1);
  const read = text[value] === '"' ? readQuoted(text, value) : readToken(text, value);
  return read === null ? null : { name: text.slice(start, end).toLowerCase(), ...read };
}

type Value = Pick<Parameter, 'value' | 'end'>;

function readToken(text: string, from: number): Value | null {
  const end = skip(TOKEN_CHARS, text, from);
  return end === from ? null : { value: text.slice(from, end), end };
}

function readQuoted(text: string, open: number): Value | null {
  let value = '';
  for (let at = open + 1; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '"') return { value, end: at + 1 };
    if (c === '\r' || c === '\n') return null;
    const next = text.charAt(at + 1);
    const isEscape = c === '\\' && next !== '' && SPECIAL.includes(next);
    value += isEscape ? next : c;
    if (isEscape) at += 1;
  }
  return null;
}

/** The position behind all that the sticky expression matches at `from`. */
function skip(expression: RegExp, text: string, from: number): number {
  expression.lastIndex = from;
  expression.test(text);
  return expression.lastIndex;
}
