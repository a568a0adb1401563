import { describe, expect, it } from 'vitest';
import { HttpDate } from '../../../../src/rpc/http/fastLane.js';
import { makeHead, routeRequest } from '../../../../src/rpc/http/httpRules.js';
import { isJsonRpcContentType } from '../../../../src/rpc/http/mediaType.js';
import { parsePlainHead } from '../../../../src/rpc/http/plainHead.js';

const JSON_TYPE = 'application/json';
const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };

function route(
  method: string,
  target: string,
  headers: Readonly<Record<string, string | undefined>> = {},
) {
  const fields = Object.entries({ host: 'x', ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const head = makeHead({ method, target, version: '1.1' }, fields);
  const found = routeRequest(head, 'healthy');
  return found.kind === 'answer' ? found.answer : found;
}

describe('paths', () => {
  it.each(['GET', 'HEAD', 'POST'])('%s of /readyz asks whether the node is ready', (method) => {
    expect(route(method, '/readyz')).toEqual({ kind: 'readiness' });
  });

  it.each(['/', '/?a=1', 'http://x/', 'http://x/?b'])('%s is the RPC', (target) => {
    expect(route('POST', target, { 'content-type': JSON_TYPE })).toMatchObject({ kind: 'rpc' });
  });

  it.each([
    '/healthz',
    '/healthz/',
    '/%68ealthz',
    '/healthz?x',
    '/healthz%2f',
    'https://x/healthz',
  ])('%s is the health of the node, for any method', (target) => {
    const healthy = { status: 200, headers: { 'content-type': JSON_TYPE }, body: 'healthy' };
    for (const method of ['GET', 'POST', 'PUT']) expect(route(method, target)).toEqual(healthy);
  });

  it.each(['/x', '/ws', '/healthzz', '/healthz/x', '/%2f', '/healthZ', '/%2e'])(
    '%s is not found',
    (target) => {
      expect(route('POST', target)).toEqual({
        status: 404,
        headers: TEXT,
        body: '404 page not found\n',
      });
    },
  );

  it.each([
    ['//', '/'],
    ['/./', '/'],
    ['/x/..', '/'],
    ['/..', '/'],
    ['/healthz//', '/healthz/'],
    ['/a//b?q=1', '/a/b?q=1'],
    ['/a%20b//', '/a%2520b/'],
    ["/x'//", '/x%27/'],
    ['http://x', '/'],
  ])('%s is redirected to %s', (target, location) => {
    expect(route('POST', target)).toEqual({ status: 307, headers: { location }, body: '' });
    expect(route('GET', target)).toMatchObject({
      status: 307,
      headers: { location, 'content-type': 'text/html; charset=utf-8' },
      body: `<a href="${location}">Temporary Redirect</a>.\n\n`,
    });
  });

  it('answers the star form, broken escapes and bad hosts as Go does', () => {
    expect(route('OPTIONS', '*')).toMatchObject({ status: 200, body: '' });
    expect(route('POST', '*')).toMatchObject({ status: 400, body: '' });
    expect(route('POST', '/%zz')).toMatchObject({ status: 400, body: '400 Bad Request' });
    const host = (value: string | undefined) => route('POST', '/', { host: value });
    expect(host(undefined)).toMatchObject({
      body: '400 Bad Request: missing required Host header',
    });
    expect(host('a b')).toMatchObject({ body: '400 Bad Request: malformed Host header' });
    expect(host('evil.example:80')).toMatchObject({ status: 415 });
  });
});

describe('what no handler sees', () => {
  const text = 'text/plain; charset=utf-8';
  const judged = (version: string, more: readonly [string, string][]) => {
    const fields: [string, string][] = [['host', 'a'], ['content-type', JSON_TYPE], ...more];
    const head = makeHead({ method: 'POST', target: '/', version }, fields);
    const routed = routeRequest(head, '');
    return routed.kind === 'answer' ? routed.answer : routed.kind;
  };
  const closing = (status: number, reason: string, body = `${status} ${reason}`) => ({
    ...{ status, reason, body },
    headers: { 'content-type': text, connection: 'close' },
  });

  it('is told with the reason in the status line', () => {
    const head = makeHead({ method: 'POST', target: '/', version: '1.1' }, []);
    expect(routeRequest(head, '')).toEqual({
      kind: 'answer',
      answer: closing(400, 'Bad Request: missing required Host header'),
    });
  });

  it.each(['2.0', '0.9'])('is HTTP/%s', (version) => {
    const reason = 'HTTP Version Not Supported: unsupported protocol version';
    expect(judged(version, [])).toEqual(closing(505, reason));
  });

  it.each(['gzip', 'gzip, chunked', 'identity', ''])('is the coding %j', (coding) => {
    const fault = closing(501, 'Not Implemented', 'Unsupported transfer encoding');
    expect(judged('1.1', [['transfer-encoding', coding]])).toEqual(fault);
    expect(judged('1.0', [['transfer-encoding', coding]])).toEqual(closing(400, 'Bad Request'));
  });

  it('is a length that is none', () => {
    expect(judged('1.1', [['content-length', '9223372036854775808']])).toEqual(
      closing(400, 'Bad Request'),
    );
    expect(judged('1.1', [['content-length', '99999999']])).toMatchObject({ status: 413 });
    expect(judged('1.1', [['transfer-encoding', 'Chunked']])).toBe('rpc');
  });

  it.each([
    ['foo', 417],
    ['100-continued', 417],
    ['', 'rpc'],
    ['100-Continue', 'rpc'],
    ['x, 100-continue', 'rpc'],
  ])('is the expectation %j', (value, outcome) => {
    const got = judged('1.1', [['expect', value]]);
    if (outcome === 'rpc') expect(got).toBe('rpc');
    else expect(got).toEqual({ status: 417, headers: { connection: 'close' }, body: '' });
  });

  it.each(['x://h/', 'http://h/', 'A+b.c-1://h/'])('is not the host of %s', (target) => {
    const head = makeHead({ method: 'POST', target, version: '1.1' }, [
      ['host', 'a'],
      ['content-type', JSON_TYPE],
    ]);
    expect(routeRequest(head, '')).toMatchObject({ kind: 'rpc' });
  });
});

describe('methods, sizes and types', () => {
  it('lets empty GETs pass for health checks', () => {
    expect(route('GET', '/')).toEqual({ status: 200, headers: { vary: 'Origin' }, body: '' });
    expect(route('GET', '/?a=1')).toMatchObject({ status: 415 });
    expect(route('GET', '/', { 'content-length': '2', 'content-type': JSON_TYPE })).toMatchObject({
      kind: 'rpc',
    });
    expect(
      route('GET', '/', { 'transfer-encoding': 'chunked', 'content-type': JSON_TYPE }),
    ).toMatchObject({ kind: 'rpc' });
  });

  it('refuses in the order of method, size, type', () => {
    const tooLong = { 'content-length': '5242881' };
    expect(route('PUT', '/', tooLong)).toMatchObject({ status: 405, body: 'method not allowed\n' });
    expect(route('DELETE', '/')).toMatchObject({ status: 405 });
    expect(route('POST', '/', tooLong)).toEqual({
      status: 413,
      reason: 'Request Entity Too Large',
      headers: { vary: 'Origin', ...TEXT },
      body: 'content length too large (5242881>5242880)\n',
    });
    expect(route('POST', '/', { 'content-length': '9223372036854775008' })).toMatchObject({
      body: 'content length too large (9223372036854775008>5242880)\n',
    });
    expect(
      route('POST', '/', { 'content-length': '5242880', 'content-type': JSON_TYPE }),
    ).toMatchObject({ kind: 'rpc' });
    expect(route('HEAD', '/')).toMatchObject({
      status: 415,
      body: 'invalid content type, only application/json is supported\n',
    });
    expect(route('PATCH', '/', { 'content-type': JSON_TYPE })).toMatchObject({ kind: 'rpc' });
    expect(route('OPTIONS', '/')).toMatchObject({ kind: 'rpc' });
  });

  it('lets every origin in', () => {
    const typed = { 'content-type': JSON_TYPE, origin: 'http://a.b' };
    expect(route('POST', '/', typed)).toMatchObject({
      headers: { vary: 'Origin', 'access-control-allow-origin': '*', 'content-type': JSON_TYPE },
    });
    expect(route('PUT', '/', typed)).not.toHaveProperty('headers.access-control-allow-origin');
    const asks = { origin: 'http://a.b', 'access-control-request-method': 'POST' };
    const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
    expect(route('OPTIONS', '/', { ...asks, 'access-control-request-headers': 'x-a' })).toEqual({
      status: 204,
      headers: {
        vary,
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'x-a',
        'access-control-max-age': '600',
      },
      body: '',
    });
    for (const refused of [
      { ...asks, origin: '' },
      { ...asks, 'access-control-request-method': 'PUT' },
    ]) {
      expect(route('OPTIONS', '/', refused)).toEqual({ status: 204, headers: { vary }, body: '' });
    }
  });
});

describe('content types', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json-rpc',
    'application/jsonrequest',
    'application/json;',
    'application/json ; ',
    'application/json; charset=utf-8',
    'application/json;charset="utf-8"',
    'application/json; a="b\\"c"',
    'application/json; a=1; A=1',
    'application/json; a=""',
    'application/json;charset=utf-8;',
  ])('%j is JSON-RPC', (type) => {
    expect(isJsonRpcContentType(type)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'application',
    'application/',
    'application/ json',
    '\xa0application/json',
    'application/json, text/plain',
    'application/json; charset',
    'application/json; =x',
    'application/json; a=',
    'application/json; a="b',
    'application/json; a=b c=d',
    'application/json; a=1; A=2',
    'application/json;;',
    'application/json/x',
    '*/*',
  ])('%j is not', (type) => {
    expect(isJsonRpcContentType(type)).toBe(false);
  });
});

describe('a plain head', () => {
  const plain = [
    'POST / HTTP/1.1',
    'Host: a:1',
    'Content-Type: application/json',
    'Content-Length: 12',
  ];

  it('tells the length of the body, whatever harmless headers come along', () => {
    const head = { contentLength: 12, isGzipWanted: false };
    expect(parsePlainHead(plain.join('\r\n'))).toEqual(head);
    const more = [
      'connection: keep-alive',
      'User-Agent: x',
      'accept-encoding: identity',
      'X-Any: "a, b"',
    ];
    expect(parsePlainHead([...plain, ...more].join('\r\n'))).toEqual(head);
  });

  it('tells whether compression is wanted', () => {
    const head = [...plain, 'Accept-Encoding: deflate, gzip'].join('\r\n');
    expect(parsePlainHead(head)).toEqual({ contentLength: 12, isGzipWanted: true });
  });

  it.each([
    'Transfer-Encoding: chunked',
    'Connection: close',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Expect: 100-continue',
    'Origin: http://a.b',
    'Content-Length: 12',
    'Host: b',
    'Content-Type: application/json',
    ' folded',
    'no colon',
    'Bad Name: x',
    'X: \x01',
    'X: a\nb',
  ])('has no %j', (line) => {
    expect(parsePlainHead([...plain, line].join('\r\n'))).toBeNull();
  });

  it('has a host, a length and a type, and asks for the root', () => {
    for (let missing = 1; missing < plain.length; missing++) {
      expect(parsePlainHead(plain.filter((_, i) => i !== missing).join('\r\n'))).toBeNull();
    }
    for (const line of [
      'GET / HTTP/1.1',
      'POST /x HTTP/1.1',
      'POST / HTTP/1.0',
      'POST  / HTTP/1.1',
    ]) {
      expect(parsePlainHead([line, ...plain.slice(1)].join('\r\n'))).toBeNull();
    }
    for (const length of ['-1', '+1', '1 2', '0x1', '12345678']) {
      expect(
        parsePlainHead([...plain.slice(0, 3), `Content-Length: ${length}`].join('\r\n')),
      ).toBeNull();
    }
  });
});

describe('the Date header', () => {
  it('is the time in the form of HTTP, the same within a second', () => {
    const date = new HttpDate();
    expect(date.at(0)).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
    expect(date.at(1_709_251_199_000)).toBe('Thu, 29 Feb 2024 23:59:59 GMT');
    expect(date.at(1_709_251_199_999)).toBe('Thu, 29 Feb 2024 23:59:59 GMT');
    expect(date.at(1_709_251_200_000)).toBe('Fri, 01 Mar 2024 00:00:00 GMT');
  });
});
