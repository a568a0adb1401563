import { type HttpRequest, hostOf } from './httpRequest.js';

/** Characters of a request target: what a URL leaves of it. */
const TARGET = /^[\x21-\x7e]+$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII with blanks: nothing that would end the line, or be read in two ways. */
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** True for what may stand in the first line of a request as it is. */
export function isPlainTarget(path: string): boolean {
  return TARGET.test(path);
}

/** What `requestText` says itself, and what makes another exchange of it. By lower-case name. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade'],
]);

/** True for what may stand in a line of a request as it is. @param header with its lower-case name. */
export function isPlainHeader([name, value]: readonly [string, string]): boolean {
  return HEADER_NAME.test(name) && HEADER_VALUE.test(value) && !NOT_PLAIN.has(name);
}

/** The whole request of HTTP/1.1. Target and headers must be plain. Spec: RFC 9112. */
export function requestText(request: HttpRequest): string {
  const { method, path, headers, body } = request;
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${hostOf(request)}\r\nconnection: keep-alive\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  if (body === null) return `${text}\r\n`;
  return `${text}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
