/** One answer on a connection, as far as two servers may be held against each other. */
export interface HttpAnswer {
  /** The status line. */
  readonly status: string;
  /** `name: value` lines in the order sent, names in lower case. */
  readonly headers: readonly string[];
  /** A byte string, without its framing. */
  readonly body: string;
}

/** What came on a connection so far. */
export interface ReadAnswers {
  readonly answers: readonly HttpAnswer[];
  /** Bytes behind the last whole answer. */
  readonly rest: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * Reads the answers in what a server sent.
 * @param received a byte string.
 * @param methods those of the requests: an answer to HEAD has no body, whatever its length says.
 * @param isEnded whether the server has closed: a body without a length ends there.
 */
export function readAnswers(
  received: string,
  methods: readonly string[],
  isEnded: boolean,
): ReadAnswers {
  const answers: HttpAnswer[] = [];
  let finals = 0;
  for (let rest = received; ; ) {
    const headEnd = rest.indexOf(HEAD_END);
    if (headEnd < 0) return { answers, rest };
    const [status = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const headers = lines.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
    const isInterim = / 1\d\d /.test(`${status} `);
    const hasBody = !isInterim && methods[finals] !== 'HEAD' && !/ (204|304) /.test(`${status} `);
    const read = readBody(rest.slice(headEnd + HEAD_END.length), hasBody ? headers : null, isEnded);
    if (read === null) return { answers, rest };
    answers.push({ status, headers, body: read.body });
    if (!isInterim) finals += 1;
    rest = read.rest;
  }
}

/** The value of a header, null where there is none. */
export function headerOf(headers: readonly string[], name: string): string | null {
  const line = headers.find((text) => text.startsWith(`${name}:`));
  return line === undefined ? null : line.slice(name.length + 1).trim();
}

interface Body {
  readonly body: string;
  readonly rest: string;
}

/** @param headers null where the answer has no body. @returns null where it is not whole yet. */
function readBody(text: string, headers: readonly string[] | null, isEnded: boolean): Body | null {
  if (headers === null) return { body: '', rest: text };
  if (headerOf(headers, 'transfer-encoding') === 'chunked') return readChunks(text);
  const length = headerOf(headers, 'content-length');
  if (length === null) return isEnded ? { body: text, rest: '' } : null;
  const size = Number(length);
  return text.length < size ? null : { body: text.slice(0, size), rest: text.slice(size) };
}

function readChunks(text: string): Body | null {
  let body = '';
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const start = lineEnd + 2;
    if (Number.isNaN(size) || text.length < start + size + 2) return null;
    if (size === 0) return { body, rest: text.slice(start + 2) };
    body += text.slice(start, start + size);
    at = start + size + 2;
  }
}
