/**
 * Strings as Go's `encoding/json` reads and writes them. Request and response bodies are handled as byte strings:
 * JavaScript strings whose every character is one byte (latin1). So ids and parameters can be cut out and echoed
 * exactly as sent, valid UTF-8 or not, and a ready body is written to the socket without another encoding.
 */

const REPLACEMENT = '\ufffd';

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * The text of a JSON string literal, given with its quotes as a byte string that passed the syntax check.
 * Like Go: a lone surrogate escape and each byte that is not UTF-8 become U+FFFD.
 */
export function unquoteGo(literal: string): string {
  const inner = literal.slice(1, -1);
  if (isPlain(inner)) return inner;
  return inner
    .split(/((?:\\u[0-9a-fA-F]{4})+|\\.)/)
    .map((part, i) => (i % 2 === 0 ? decodeUtf8(part) : resolveEscapes(part)))
    .join('');
}

/** A JSON string literal with its quotes, escaped as Go's encoder does with HTML escaping on, as a byte string. */
export function quoteGo(text: string): string {
  const escaped = text.replace(UNSAFE, escapeOne);
  return `"${isPlain(escaped) ? escaped : encodeUtf8(escaped)}"`;
}

/** Escapes what Go's encoder escapes in JSON that it copies (a raw message): `<`, `>`, `&`, U+2028 and U+2029. */
export function escapeRawGo(json: string): string {
  if (!/[<>&\xe2]/.test(json)) return json;
  return json
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\xe2\x80\xa8', '\\u2028')
    .replaceAll('\xe2\x80\xa9', '\\u2029');
}

/** The UTF-8 bytes of a text as a byte string; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of UTF-8 bytes given as a byte string; each byte that cannot be decoded becomes one U+FFFD, as in Go. */
export function decodeUtf8(bytes: string): string {
  const isAscii = !/[\x80-\xff]/.test(bytes);
  return isAscii ? bytes : bytes.replace(UTF8_RUNE, decodeRune);
}

/** One well-formed sequence, or any other non-ASCII byte; Unicode, table 3-7. */
const UTF8_RUNE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

function decodeRune(bytes: string): string {
  return bytes.length === 1 ? REPLACEMENT : Buffer.from(bytes, 'latin1').toString('utf8');
}

function isPlain(text: string): boolean {
  return /^[\x20-\x5b\x5d-\x7e]*$/.test(text);
}

/** One short escape, or a run of `\uXXXX` whose lone surrogates are replaced. */
function resolveEscapes(part: string): string {
  const kind = part.charAt(1);
  if (kind !== 'u') return SHORT_ESCAPES[kind] ?? kind;
  const units = part.split('\\u').slice(1);
  const text = units.map((unit) => String.fromCharCode(Number.parseInt(unit, 16))).join('');
  return text.replace(LONE_SURROGATE, REPLACEMENT);
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are escaped.
const UNSAFE = /["\\<>&\u0000-\u001f\u2028\u2029]/g;

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escapeOne(character: string): string {
  return SHORT_NAMES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
