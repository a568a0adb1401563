import { isUtf8 } from 'node:buffer';

/**
 * Strings as Go's `encoding/json` reads and writes them. Request and response bodies are handled as byte strings:
 * JavaScript strings whose every character is one byte (latin1). So ids and parameters can be cut out and echoed
 * exactly as sent, valid UTF-8 or not, and a ready body is written to the socket without another encoding.
 */

/**
 * The text of a JSON string literal, given with its quotes as a byte string that passed the syntax check.
 * Like Go: a lone surrogate escape and each byte that is not UTF-8 become U+FFFD.
 */
export function unquoteGo(literal: string): string {
  const inner = literal.slice(1, -1);
  return isPlain(inner) ? inner : String(JSON.parse(decodeUtf8(literal))).toWellFormed();
}

/** A JSON string literal with its quotes, escaped as Go's encoder does with HTML escaping on, as a byte string. */
export function quoteGo(text: string): string {
  const quoted = JSON.stringify(text.toWellFormed());
  return encodeUtf8(UNSAFE.test(quoted) ? escapeUnsafe(quoted) : quoted);
}

const UNSAFE = /[<>&\u2028\u2029]/;

function escapeUnsafe(quoted: string): string {
  return quoted
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
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
  return isPlain(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of UTF-8 bytes given as a byte string; each byte that cannot be decoded becomes one U+FFFD, as in Go. */
export function decodeUtf8(bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  const raw = Buffer.from(bytes, 'latin1');
  return (isUtf8(raw) ? raw : mended(raw)).toString('utf8');
}

/** U+FFFD in UTF-8. */
const REPLACEMENT = [0xef, 0xbf, 0xbd];

/** The bytes with the replacement character for each that belongs to no well-formed sequence. */
function mended(raw: Buffer): Buffer {
  const out = Buffer.allocUnsafe(raw.length * REPLACEMENT.length);
  let end = 0;
  for (let at = 0; at < raw.length; ) {
    const length = sequenceLength(raw, at);
    if (length === 0) {
      for (const byte of REPLACEMENT) out[end++] = byte;
    } else {
      for (let i = 0; i < length; i++) out[end++] = raw[at + i] ?? 0;
    }
    at += Math.max(1, length);
  }
  return out.subarray(0, end);
}

/** Bytes of the well-formed sequence at the position, 0 where there is none; Unicode, table 3-7. */
function sequenceLength(raw: Buffer, at: number): number {
  const lead = raw[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const [low, high] = SECOND_BYTES[lead] ?? [0x80, 0xbf];
  const second = raw[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) {
    if (((raw[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** The second byte's range where it is narrower than 80 to BF. */
const SECOND_BYTES: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};

function isPlain(text: string): boolean {
  return /^[\x20-\x5b\x5d-\x7e]*$/.test(text);
}
