/**
 * JSON syntax exactly as Go's `encoding/json` accepts it: no control characters in strings, no leading zeros, at most
 * 10,000 levels; bytes that are not UTF-8 pass. Works on byte strings (see `goString.ts`) and allocates nothing.
 */

/** Go's `maxNestingDepth`. */
const MAX_DEPTH = 10_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_E = 0x65;
const UPPER_E = 0x45;

/** Position of the next character that is not JSON white space; the text's length when there is none. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
  }
  return at;
}

/**
 * End of the value that starts at `from` (white space before it is not skipped).
 * @param depth how many arrays and objects are already open around it.
 * @returns the position after the value, or -1 when there is no valid value.
 */
export function skipValue(text: string, from: number, depth: number): number {
  const c = text.charCodeAt(from);
  if (c === QUOTE) return skipString(text, from);
  if (c === OPEN_BRACE || c === OPEN_BRACKET) return skipContainer(text, from, depth);
  return skipLiteral(text, from);
}

/** Calls `visit` for each element of a valid array; `visit` returns the position after the element or -1 to give up. */
export function walkArray(
  text: string,
  open: number,
  visit: (at: number, index: number) => number,
): number {
  let at = skipSpace(text, open + 1);
  if (text.charCodeAt(at) === CLOSE_BRACKET) return at + 1;
  for (let index = 0; ; index++) {
    const end = visit(at, index);
    if (end < 0) return -1;
    at = skipSpace(text, end);
    const c = text.charCodeAt(at);
    if (c === CLOSE_BRACKET) return at + 1;
    if (c !== COMMA) return -1;
    at = skipSpace(text, at + 1);
  }
}

/** Calls `visit` for each member of a valid object; `visit` returns the position after the value or -1 to give up. */
export function walkObject(
  text: string,
  open: number,
  visit: (keyStart: number, keyEnd: number, valueStart: number) => number,
): number {
  let at = skipSpace(text, open + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return at + 1;
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return -1;
    const keyEnd = skipString(text, at);
    if (keyEnd < 0) return -1;
    const colon = skipSpace(text, keyEnd);
    if (text.charCodeAt(colon) !== COLON) return -1;
    const end = visit(at, keyEnd, skipSpace(text, colon + 1));
    if (end < 0) return -1;
    at = skipSpace(text, end);
    const c = text.charCodeAt(at);
    if (c === CLOSE_BRACE) return at + 1;
    if (c !== COMMA) return -1;
    at = skipSpace(text, at + 1);
  }
}

/** Without recursion, so that deep nesting cannot exhaust the stack. */
function skipContainer(text: string, from: number, depth: number): number {
  const closers: number[] = [];
  let at = from;
  for (;;) {
    const c = text.charCodeAt(at);
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (depth + closers.length >= MAX_DEPTH) return -1;
      at = enter(text, at, closers);
    } else {
      const end = skipValue(text, at, depth);
      at = end < 0 ? -1 : skipClosers(text, end, closers);
    }
    if (at < 0 || closers.length === 0) return at;
  }
}

/** From an opening bracket to the first value inside, or to what follows where there is none. */
function enter(text: string, from: number, closers: number[]): number {
  const c = text.charCodeAt(from);
  const closer = c + 2;
  closers.push(closer);
  const at = skipSpace(text, from + 1);
  if (text.charCodeAt(at) === closer) return skipClosers(text, at, closers);
  return c === OPEN_BRACE ? skipKey(text, at) : at;
}

/** Behind a finished value: closes what closes here, then goes on to the next value (or ends with no closer left). */
function skipClosers(text: string, from: number, closers: number[]): number {
  for (let at = skipSpace(text, from); ; at = skipSpace(text, at)) {
    const c = text.charCodeAt(at);
    if (c === closers[closers.length - 1]) {
      closers.pop();
      at += 1;
      if (closers.length === 0) return at;
    } else if (c === COMMA) {
      const next = skipSpace(text, at + 1);
      return closers[closers.length - 1] === CLOSE_BRACE ? skipKey(text, next) : next;
    } else {
      return -1;
    }
  }
}

/** From a key to the start of its value. */
function skipKey(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1;
  const end = skipString(text, from);
  if (end < 0) return -1;
  const colon = skipSpace(text, end);
  return text.charCodeAt(colon) === COLON ? skipSpace(text, colon + 1) : -1;
}

function skipString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === QUOTE) return at + 1;
    if (c < 0x20) return -1;
    if (c !== BACKSLASH) continue;
    at += 1;
    const kind = text.charAt(at);
    if (kind === 'u') {
      if (!HEX4.test(text.slice(at + 1, at + 5))) return -1;
      at += 4;
    } else if (kind === '' || !'"\\/bfnrt'.includes(kind)) {
      return -1;
    }
  }
  return -1;
}

const HEX4 = /^[0-9a-fA-F]{4}$/;

/** Numbers, `true`, `false`, `null`. What follows is the caller's: a digit after a leading 0 fails there. */
function skipLiteral(text: string, from: number): number {
  switch (text.charCodeAt(from)) {
    case 0x74:
      return text.startsWith('true', from) ? from + 4 : -1;
    case 0x66:
      return text.startsWith('false', from) ? from + 5 : -1;
    case 0x6e:
      return text.startsWith('null', from) ? from + 4 : -1;
    default:
      return skipNumber(text, from);
  }
}

function skipNumber(text: string, from: number): number {
  const first = text.charCodeAt(from) === MINUS ? from + 1 : from;
  let end = text.charCodeAt(first) === ZERO ? first + 1 : skipDigits(text, first);
  if (end > 0 && text.charCodeAt(end) === POINT) end = skipDigits(text, end + 1);
  if (end < 0) return -1;
  const c = text.charCodeAt(end);
  if (c !== LOWER_E && c !== UPPER_E) return end;
  const sign = text.charCodeAt(end + 1);
  return skipDigits(text, end + (sign === PLUS || sign === MINUS ? 2 : 1));
}

/** -1 where there is no digit at all. */
function skipDigits(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c < ZERO || c > NINE) break;
  }
  return at === from ? -1 : at;
}
