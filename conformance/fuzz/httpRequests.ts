import fc from 'fast-check';
import { bodies } from './rpcBodies.js';

/** What is sent on one connection, and how much of it is known to be whole. */
export interface FuzzCase {
  /** A byte string. */
  readonly bytes: string;
  /** Method of each request that was meant, in order. */
  readonly methods: readonly string[];
  /** False where requests may not end where they were meant to. */
  readonly isWhole: boolean;
}

interface Request {
  readonly method: string;
  readonly text: string;
  readonly isWhole: boolean;
}

const PLAIN: readonly string[] = ['Host: a', 'Content-Type: application/json'];

const HEADERS: readonly string[] = [
  ...['Host: b:1', 'Host: u@h', 'Host: a b', 'Host:', 'Host: [::1]:8545', 'host: ~!$&()*+,;=%41'],
  ...['Content-Type: text/plain', 'content-type: application/json; charset=utf-8', 'Content-Type:'],
  ...['Content-Type: application/json;;', 'Content-Type: APPLICATION/JSON', 'Content-Type: a, b'],
  ...['Content-Type: application/json-rpc', 'Content-Type: application/jsonrequest; a="b\\"c"'],
  ...['Content-Type: application/json; a=1; a=1', 'Content-Type: application/json; a=1; a=2'],
  ...['Content-Type: application/json; a', "Content-Type: application/json; a*=utf-8''b", '(x): y'],
  ...['Content-Type: "application/json"', 'Content-Type: application/json ,', 'Content-Type: */*'],
  ...['Accept-Encoding: gzip', 'Accept-Encoding: identity', 'accept-encoding: br, gzip;q=0'],
  ...[
    'Accept-Encoding: x-gzip',
    'Accept-Encoding: GZIP',
    'Accept-Encoding: *',
    'Accept: text/html',
  ],
  ...['Connection: keep-alive', 'Connection: close', 'Connection: Close, x', 'Connection: upgrade'],
  ...['Upgrade: websocket', 'Upgrade: h2c', 'TE: trailers', 'Trailer: x', 'Keep-Alive: timeout=5'],
  ...['Origin: http://x', 'Origin: null', 'Origin:', 'Access-Control-Request-Method: POST'],
  ...['Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: X-A, y'],
  ...['Expect: 100-continue', 'Expect: 100-Continue', 'Expect: foo', 'Expect:', 'Range: bytes=0-1'],
  ...['X-A: \xe9', 'X-B:\t"a, b"  ', 'X-C:', 'x_d: 1', 'User-Agent: x', 'X-E: a\tb', 'Cookie: a=b'],
  ...[
    'Authorization: Bearer x',
    'If-None-Match: *',
    'X-Forwarded-For: 1.2.3.4',
    'Content-Encoding: gzip',
  ],
  ...[
    'Bad Name: x',
    'X-F: \x01',
    'no colon',
    ' folded',
    'X-G: a\x7fb',
    ': empty',
    'X-H : a',
    '\xe9: a',
  ],
];
const METHODS: readonly string[] = [
  ...['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND', 'QUERY'],
  ...['post', 'FOO', 'PRI', 'M-SEARCH', 'P(', ''],
];
const TARGETS: readonly string[] = [
  ...[
    '//',
    '/x',
    '/?a=1',
    '/?',
    '/healthz',
    '/healthz/',
    '/healthz?x',
    '/%68ealthz',
    '/./',
    '/a/../',
  ],
  ...[
    '/..',
    '/%2e',
    '/%',
    '/%zz',
    '/a b',
    '*',
    '',
    'a',
    '?a',
    '/#f',
    '/\xe9',
    '/a\\b',
    '/<>"',
    '/;a',
  ],
  ...[
    'http://h/',
    'http://h',
    'HTTP://h/healthz',
    'https://h:1/x',
    'http:/x',
    'x://h/',
    '/a//b?c=//d',
  ],
  ...[
    '/metrics',
    '/ws',
    '/healthz%2f',
    '/%2Fhealthz',
    "/!'()*",
    '/[x]',
    '/|',
    '/`',
    '/\x7f',
    '/\x01',
  ],
];
const VERSIONS: readonly string[] = [
  ...[
    'HTTP/1.0',
    'HTTP/1.2',
    'HTTP/2.0',
    'HTTP/0.9',
    'HTTP/1',
    'http/1.1',
    'HTTP/1.10',
    'HTTPS/1.1',
  ],
  ...['HTTP/11', 'HTTP/3.0', '', 'HTTP/1.1 '],
];

/** Mostly the usual one. */
function mostly(usual: string, others: readonly string[], weight = 14): fc.Arbitrary<string> {
  return fc.oneof(
    { weight, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

interface Framed {
  readonly headers: readonly string[];
  readonly sent: string;
  readonly isWhole: boolean;
}

const LENGTHS: readonly string[] = [
  ...[
    '-1',
    '+5',
    '',
    'x',
    '0x5',
    '5 5',
    '5,5',
    '1e1',
    '18446744073709551616',
    '9223372036854775808',
  ],
  ...['99999999', '5242881', '0', '007'],
];

/** How a body is announced and sent. */
const framings: fc.Arbitrary<(body: string) => Framed> = fc.oneof(
  { weight: 40, arbitrary: fc.constant(withLength) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 3, 1_000).map((size) => (body: string) => ({
      headers: ['Transfer-Encoding: chunked'],
      sent: chunked(body, size),
      isWhole: true,
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        ...['2;x=y\r\n{}\r\n0\r\n\r\n', '2\r\n{}\r\n0\r\nX: y\r\n\r\n', '02\r\n{}\r\n00\r\n\r\n'],
        ...[
          '2\n{}\n0\n\n',
          '2 \r\n{}\r\n0\r\n\r\n',
          'x\r\n{}\r\n',
          '3\r\n{}\r\n0\r\n\r\n',
          '2\r\n{}',
        ],
        ...[
          '1\r\n{}\r\n0\r\n\r\n',
          '-2\r\n{}\r\n',
          'ffffffffffffffffff\r\n{}',
          '2\r\n{}\r\n0\r\n',
          '0\r\n\r\n',
        ],
        ...['2;\r\n{}\r\n0;a="b"\r\n\r\n', '2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n', '\r\n', ''],
      )
      .map((sent) => () => ({ headers: ['Transfer-Encoding: chunked'], sent, isWhole: false })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        'gzip',
        'gzip, chunked',
        'Chunked',
        'identity',
        'chunked, chunked',
        ' chunked ',
        '',
      )
      .map((coding) => (body: string) => ({
        headers: [`Transfer-Encoding: ${coding}`],
        sent: chunked(body, 1_000),
        isWhole: false,
      })),
  },
  {
    weight: 1,
    arbitrary: fc.constant((body: string) => ({
      headers: [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
      sent: chunked(body, 1_000),
      isWhole: false,
    })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...LENGTHS).map((length) => (body: string) => ({
      headers: [`Content-Length: ${length}`],
      sent: body,
      isWhole: false,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: -3, max: 3 }).map((more) => (body: string) => ({
      headers: [`Content-Length: ${Math.max(0, body.length + more)}`],
      sent: body,
      isWhole: false,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 1 }).map((more) => (body: string) => ({
      headers: [`Content-Length: ${body.length}`, `Content-Length: ${body.length + more}`],
      sent: body,
      isWhole: false,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant((body: string) => ({ headers: [], sent: body, isWhole: body === '' })),
  },
);

function withLength(body: string): Framed {
  return { headers: [`Content-Length: ${body.length}`], sent: body, isWhole: true };
}

function chunked(body: string, size: number): string {
  const parts: string[] = [];
  for (let at = 0; at < body.length && parts.length < 2_000; at += size) {
    const isLast = parts.length === 1_999;
    const part = isLast ? body.slice(at) : body.slice(at, at + size);
    parts.push(`${part.length.toString(16)}\r\n${part}\r\n`);
  }
  return `${parts.join('')}0\r\n\r\n`;
}

/** Requests whose every part may be odd. */
const oddRequests: fc.Arbitrary<Request> = fc
  .record({
    method: mostly('POST', METHODS, 4),
    target: mostly('/', TARGETS, 4),
    version: mostly('HTTP/1.1', VERSIONS, 12),
    plain: fc.oneof(
      { weight: 6, arbitrary: fc.constant(PLAIN) },
      { weight: 1, arbitrary: fc.subarray([...PLAIN]) },
    ),
    odd: fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }),
    order: fc.array(fc.nat({ max: 3 }), { maxLength: 7 }),
    body: fc.oneof({ weight: 4, arbitrary: bodies }, { weight: 1, arbitrary: fc.constant('') }),
    framing: framings,
    lineEnd: mostly('\r\n', ['\n', '\r', '\r\r\n'], 40),
    before: mostly('', ['\r\n', '\n', '\r\n\r\n\r\n', ' ', '\x00'], 40),
  })
  .map(({ method, target, version, plain, odd, order, body, framing, lineEnd, before }) => {
    const { headers, sent, isWhole } = framing(body);
    const lines = [...plain, ...odd, ...headers]
      .map((text, i) => ({ text, at: order[i] ?? 0 }))
      .sort((a, b) => a.at - b.at)
      .map(({ text }) => text);
    const head = [`${method} ${target} ${version}`.trimEnd(), ...lines, '', ''].join(lineEnd);
    return { method, text: `${before}${head}${sent}`, isWhole };
  });

const plainRequests: fc.Arbitrary<Request> = bodies.map((body) => {
  const { headers, sent } = withLength(body);
  const head = ['POST / HTTP/1.1', ...PLAIN, ...headers, '', ''].join('\r\n');
  return { method: 'POST', text: `${head}${sent}`, isWhole: true };
});

/** One request or several at once on a connection, nothing cut or flipped yet. */
export const exchanges: fc.Arbitrary<FuzzCase> = fc.oneof(
  { weight: 10, arbitrary: plainRequests.map((one) => caseOf([one])) },
  { weight: 5, arbitrary: oddRequests.map((one) => caseOf([one])) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.oneof(plainRequests, oddRequests), { minLength: 2, maxLength: 4 })
      .map(caseOf),
  },
);

function caseOf(requests: readonly Request[]): FuzzCase {
  return {
    bytes: requests.map(({ text }) => text).join(''),
    methods: requests.map(({ method }) => method),
    isWhole: requests.every(({ isWhole }) => isWhole),
  };
}
