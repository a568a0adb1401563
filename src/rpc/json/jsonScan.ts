/**
 * JSON syntax exactly as Go's `encoding/json` accepts it: no control characters in strings, no leading zeros, at most
 * 10,000 levels; bytes that are not UTF-8 pass. Works on byte strings (see `goString.ts`); nothing but a list of what is
 * open is allocated.
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
  if (c !== OPEN_BRACE && c !== OPEN_BRACKET) return skipScalar(text, from);
  return new ValueScan(text, from, depth).run(Number.POSITIVE_INFINITY) ?? -1;
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
export class ValueScan {
  private readonly text: string;
  private readonly depth: number;
  private readonly closers: number[] = [];
  private at: number;
  private commas = 0;
  private isEmpty = false;

  /** @param depth how many arrays and objects are already open around the value at `from`. */
  constructor(text: string, from: number, depth: number) {
    this.text = text;
    this.depth = depth;
    this.at = from;
  }

  /** Elements or members of the outermost array or object; known when its end was found. */
  get count(): number {
    return this.isEmpty ? 0 : this.commas + 1;
  }

  /**
   * Goes on with the value, to its end or to about `limit`.
   * @returns the position after the value; -1 when it is not valid; null when there is more of it.
   */
  run(limit: number): number | null {
    const { text, closers } = this;
    while (this.at < limit) {
      const c = text.charCodeAt(this.at);
      if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        if (this.depth + closers.length >= MAX_DEPTH) return -1;
        this.at = this.enter(c);
      } else {
        const end = skipScalar(text, this.at);
        this.at = end < 0 || closers.length === 0 ? end : this.skipClosers(end);
      }
      if (this.at < 0 || closers.length === 0) return this.at;
    }
    return null;
  }

  /** From an opening bracket to the first value inside, or to what follows where there is none. */
  private enter(open: number): number {
    const { text, closers } = this;
    const closer = open + 2;
    closers.push(closer);
    const at = skipSpace(text, this.at + 1);
    if (text.charCodeAt(at) === closer) {
      this.isEmpty = closers.length === 1;
      return this.skipClosers(at);
    }
    return open === OPEN_BRACE ? skipKey(text, at) : at;
  }

  /** Behind a finished value: closes what closes here, then goes on to the next value (or ends with no closer left). */
  private skipClosers(from: number): number {
    const { text, closers } = this;
    for (let at = skipSpace(text, from); ; at = skipSpace(text, at)) {
      const c = text.charCodeAt(at);
      if (c === closers[closers.length - 1]) {
        closers.pop();
        at += 1;
        if (closers.length === 0) return at;
      } else if (c === COMMA) {
        if (closers.length === 1) this.commas += 1;
        const next = skipSpace(text, at + 1);
        return closers[closers.length - 1] === CLOSE_BRACE ? skipKey(text, next) : next;
      } else {
        return -1;
      }
    }
  }
}

/** From a key to the start of its value. */
function skipKey(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1;
  const end = skipString(text, from);
  return end < 0 ? -1 : skipColon(text, end);
}

/** From the end of a key to the start of its value; -1 where no colon is between them. */
export function skipColon(text: string, keyEnd: number): number {
  const colon = skipSpace(text, keyEnd);
  return text.charCodeAt(colon) === COLON ? skipSpace(text, colon + 1) : -1;
}

/** As `skipValue`, of anything but an array or object. */
export function skipScalar(text: string, from: number): number {
  return text.charCodeAt(from) === QUOTE ? skipString(text, from) : skipLiteral(text, from);
}

/** From the quote of a string to behind its end; -1 when it is not valid. */
export function skipString(text: string, from: number): number {
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
