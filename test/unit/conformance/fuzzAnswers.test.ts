import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { differenceKind } from '../../../conformance/fuzz/differenceKind.js';
import { documentedOf } from '../../../conformance/fuzz/documented.js';
import { readAnswers } from '../../../conformance/fuzz/httpAnswers.js';
import { neutralAnswers } from '../../../conformance/fuzz/neutralAnswers.js';
import { strictnessOf } from '../../../conformance/fuzz/strictRequests.js';

const VERSION = { whole: 'v1-meta', short: 'v1' };

describe('readAnswers', () => {
  it('reads answers one after the other, however they are framed', () => {
    const received = [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n',
      'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nrest',
    ].join('');
    const { answers, rest } = readAnswers(received, ['POST', 'HEAD', 'GET', 'GET'], true);
    expect(answers.map(({ body }) => body)).toEqual(['', 'ab', '', 'abc', 'rest']);
    expect(rest).toBe('');
  });

  it('leaves what is not whole', () => {
    const cut = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab';
    expect(readAnswers(cut, ['POST'], false)).toEqual({ answers: [], rest: cut });
  });
});

describe('neutralAnswers', () => {
  const heard = (status: string, headers: readonly string[], body: string) => ({
    answers: [{ status, headers, body }],
    rest: '',
    isClosed: false,
  });

  it('leaves out the time, the framing, the order of headers, the version and how it was packed', () => {
    const body = '{"result":"v1-meta","peerID":"16Uiu"}';
    const packed = gzipSync(body).toString('latin1');
    const named = body.replace('v1-meta', 'v2-x').replace('16Uiu', '16Uix');
    const one = heard('HTTP/1.1 200 OK', ['content-encoding: gzip', 'date: x', 'a: b'], packed);
    const other = heard(
      'HTTP/1.1 200 OK',
      ['a: b', 'content-length: 9', 'content-encoding: gzip'],
      gzipSync(named, { level: 1 }).toString('latin1'),
    );
    const neutral = neutralAnswers(one, VERSION);
    expect(neutralAnswers(other, { whole: 'v2-x', short: 'v2' })).toEqual(neutral);
    expect(differenceKind(neutral, neutral)).toBeNull();
  });

  it.each([
    ['["10.1.2.3","::1"]', '["::1","10.1.2.3"]'],
    [
      '[{"IP":"::1","Mask":"a"},{"IP":"1.2.3.4","Mask":"b"}]',
      '[{"IP":"1.2.3.4","Mask":"b"},{"IP":"::1","Mask":"a"}]',
    ],
  ])('takes a list of what is blocked in any order: %s', (one, other) => {
    const [first, second] = [one, other].map((body) =>
      neutralAnswers(heard('HTTP/1.1 200 OK', [], body), VERSION),
    );
    expect(first).toEqual(second);
  });

  it('keeps status, headers and body', () => {
    const base = neutralAnswers(heard('HTTP/1.1 200 OK', ['a: b'], 'x'), VERSION);
    for (const other of [
      heard('HTTP/1.1 201 OK', ['a: b'], 'x'),
      heard('HTTP/1.1 200 OK', ['a: c'], 'x'),
      heard('HTTP/1.1 200 OK', ['a: b'], 'y'),
      { ...heard('HTTP/1.1 200 OK', ['a: b'], 'x'), isClosed: true },
      { ...heard('HTTP/1.1 200 OK', ['a: b'], 'x'), rest: 'more' },
    ]) {
      expect(differenceKind(base, neutralAnswers(other, VERSION))).not.toBeNull();
    }
  });
});

describe('strictnessOf', () => {
  const PLAIN = 'POST / HTTP/1.1\r\nHost: a\r\n';
  it.each([
    [`${PLAIN}Content-Length: 2\r\n\r\n[]`, 'whole'],
    [`${PLAIN}Content-Length: 2\r\n\r\n[]GET /x?y HTTP/1.0\r\n\r\n`, 'whole'],
    [`${PLAIN}Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n`, 'whole'],
    [`${PLAIN}Content-Length: 3\r\n\r\n[]`, 'cut'],
    [`${PLAIN}Transfer-Encoding: chunked\r\n\r\n2\r\n[`, 'cut'],
    [PLAIN, 'cut'],
    ['POS', 'cut'],
    [`${PLAIN}Content-Len`, 'cut'],
    [`${PLAIN}\r\n\r\n`, 'odd'],
    [`${PLAIN}Content-Length: 1\r\n\r\n[]`, 'odd'],
    [`${PLAIN}no colon\r\n\r\n`, 'odd'],
    [`${PLAIN}Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]`, 'odd'],
    [`${PLAIN}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'odd'],
    [`${PLAIN}Transfer-Encoding: chunked\r\n\r\n2\n[]`, 'odd'],
    ['POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'odd'],
    [`${PLAIN}Connection: close\r\n\r\n${PLAIN}\r\n`, 'odd'],
    ['POST / HTTP/1.1\nHost: a\n\n', 'odd'],
    ['FOO / HTTP/1.1\r\n\r\n', 'odd'],
    ['POST / HTTP/1.2\r\n\r\n', 'odd'],
  ])('%j is %s', (bytes, strictness) => {
    expect(strictnessOf(bytes)).toBe(strictness);
  });
});

describe('documentedOf', () => {
  const refused = {
    answers: [{ status: 'HTTP/1.1 400 Bad Request', headers: [], body: '400 Bad Request' }],
    end: 'closed',
  };
  const taken = { answers: [{ status: 'HTTP/1.1 200 OK', headers: [], body: '' }], end: 'open' };
  const sent = (bytes: string) => ({ bytes, methods: ['POST'], isWhole: true });

  it('knows what is no request, and takes no refusal of a right one for it', () => {
    const odd = sent('FOO / HTTP/1.1\r\nContent-Length: 1\r\n\r\n1');
    expect(documentedOf(odd, [taken, refused])).toBe('what is no request by RFC 9112 is refused');
    const right = sent('POST / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(documentedOf(right, [taken, refused])).toBeNull();
    expect(documentedOf(odd, [refused, taken])).toBeNull();
  });

  it.each(['POST  / HTTP/1.1', 'POST /healthz?x  HTTP/1.1'])('knows spaces in %j', (line) => {
    const request = sent(`${line}\r\nHost: a\r\n\r\n`);
    const name = 'several spaces in a request line are taken as one';
    expect(documentedOf(request, [refused, taken])).toBe(name);
    expect(documentedOf(sent('POST / HTTP/1.1\r\nHost: a\r\n\r\n'), [refused, taken])).toBeNull();
  });

  it('knows what comes behind a wish for another protocol, if nothing is answered to it', () => {
    const wish = sent(
      'POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    );
    const both = { ...taken, answers: [...taken.answers, ...taken.answers] };
    expect(documentedOf(wish, [both, taken])).toBe(
      'what comes with a wish for another protocol is not read',
    );
    expect(documentedOf(wish, [taken, both])).toBeNull();
    expect(documentedOf(sent('POST / HTTP/1.1\r\nHost: a\r\n\r\n'), [both, taken])).toBeNull();
  });

  const says = (body: string) => ({ ...taken, answers: [{ ...taken.answers[0], body }] }) as const;

  it.each([
    ['"::1","Mask":"//8AAA=="', 'a mask that is none is refused'],
    ['"10.0.0.1","Mask":"/w=="', 'a mask that is none is refused'],
    ['"10.0.0.1","Mask":"/wD/AA=="', 'a mask that is none is refused'],
    ['"10.0.0.1","Mask":"//8AAA=="', null],
  ])('of blocked networks passes over masks that are none: %s', (subnet, found) => {
    const right = '{"IP":"10.9.0.0","Mask":"//8AAA=="}';
    const [want, got] = [`[${right},{"IP":${subnet}}]`, `[${right}]`].map(says);
    expect(documentedOf(sent(''), [want as never, got as never])).toBe(found);
  });

  it('knows the hash without what op-node leaves out', () => {
    const hashOf = (hash: string) => says(`actual block hash is: 0x${hash}`) as never;
    const nothing = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
    const [one, other] = ['1f'.repeat(32), '2f'.repeat(32)];
    expect(documentedOf(sent(''), [hashOf(nothing), hashOf(one)])).toBe(
      'what op-node leaves out of a hash is in it',
    );
    expect(documentedOf(sent('{"transactions":["0x"]}'), [hashOf(other), hashOf(one)])).toBe(
      'what op-node leaves out of a hash is in it',
    );
    expect(documentedOf(sent(''), [hashOf(other), hashOf(one)])).toBeNull();
  });
});
