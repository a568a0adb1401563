/** What the bytes of a connection are by RFC 9112, read without any leniency. */
export type Strictness =
  /** Requests, each whole. */
  | 'whole'
  /** Requests, the last of which goes on. */
  | 'cut'
  /** Something else from some point on. */
  | 'odd';

/** A request line of a usual method in origin or star form. */
const LINE =
  /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|PATCH) (?:\/[!-~]*|\*|https?:\/\/[!-~]+) HTTP\/1\.[01]\r\n/;
const FIELD = /^[0-9A-Za-z!#$%&'*+\-.^_`|~]+:[\t -~\x80-\xff]*\r\n/;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'];
const CUT_LINE = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|PATCH) [!-~]*(?: [HTP/1.0]*)?\r?$/;
/** The beginning of a field, or of the empty line. */
const CUT_FIELD = /^(?:[0-9A-Za-z!#$%&'*+\-.^_`|~]+(?::[\t -~\x80-\xff]*)?)?\r?$/;
const CUT_CHUNK = /^[0-9a-fA-F]{0,8}\r?$/;
const CHUNK = /^[0-9a-fA-F]{1,8}\r\n/;

/** Looks at all requests that a byte string holds. */
export function strictnessOf(bytes: string): Strictness {
  for (let rest = bytes; rest !== ''; ) {
    const head = readHead(rest);
    if (head === null) return isStillHead(rest) ? 'cut' : 'odd';
    const end = bodyEnd(rest, head);
    if (typeof end === 'string') return end;
    rest = rest.slice(end);
    if (head.isLast && rest !== '') return 'odd';
  }
  return 'whole';
}

interface Head {
  /** Where the body begins. */
  readonly end: number;
  readonly lengths: readonly string[];
  readonly codings: readonly string[];
  readonly is10: boolean;
  /** Nothing may follow: RFC 9112, section 9.6. */
  readonly isLast: boolean;
}

function readHead(text: string): Head | null {
  let at = LINE.exec(text)?.[0].length ?? -1;
  const lengths: string[] = [];
  const codings: string[] = [];
  let isLast = false;
  while (at >= 0 && !text.startsWith('\r\n', at)) {
    const field = FIELD.exec(text.slice(at))?.[0];
    if (field === undefined) return null;
    const [name, value] = [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)];
    if (name.toLowerCase() === 'content-length') lengths.push(value.trim());
    if (name.toLowerCase() === 'transfer-encoding') codings.push(value.trim());
    isLast ||= /^connection:[\t ]*close\b/i.test(field);
    at += field.length;
  }
  const is10 = text.slice(0, text.indexOf('\r')).endsWith('1.0');
  return at < 0 ? null : { end: at + 2, lengths, codings, is10, isLast };
}

/** True for the beginning of a head: whole lines, and a last one without its end. */
function isStillHead(text: string): boolean {
  const lineEnd = text.lastIndexOf('\r\n');
  if (lineEnd < 0) return CUT_LINE.test(text) || METHODS.some((name) => name.startsWith(text));
  const last = text.slice(lineEnd + 2);
  return CUT_FIELD.test(last) && readHead(`${text.slice(0, lineEnd)}\r\n\r\n`) !== null;
}

function bodyEnd(text: string, { end, lengths, codings, is10 }: Head): number | Strictness {
  if (lengths.length + codings.length > 1 || (is10 && codings.length > 0)) return 'odd';
  const [length = '0'] = lengths;
  if (!/^\d{1,15}$/.test(length)) return 'odd';
  if (codings.length === 0) {
    return end + Number(length) > text.length ? 'cut' : end + Number(length);
  }
  return codings[0]?.toLowerCase() === 'chunked' ? chunksEnd(text, end) : 'odd';
}

function chunksEnd(text: string, start: number): number | Strictness {
  for (let at = start; ; ) {
    const line = CHUNK.exec(text.slice(at, at + 10))?.[0];
    if (line === undefined) return CUT_CHUNK.test(text.slice(at)) ? 'cut' : 'odd';
    const end = at + line.length + Number.parseInt(line, 16);
    if (end + 2 > text.length) return 'cut';
    if (text.slice(end, end + 2) !== '\r\n') return 'odd';
    if (end === at + line.length) return end + 2;
    at = end + 2;
  }
}
