import { describe, expect, it } from 'vitest';
import { AnswerParser } from '../../../src/transport/answerParser.js';

const LIMIT = 64;

function parser(): AnswerParser {
  return new AnswerParser((status) => (status === 200 ? LIMIT : 8));
}

/** Reads a text whole, and once more byte by byte: both must give the same. */
function read(text: string) {
  const [whole, slow] = [parser(), parser()];
  const isDone = whole.take(Buffer.from(text, 'latin1'));
  let isSlowDone = false;
  for (const byte of Buffer.from(text, 'latin1')) {
    if (isSlowDone) break;
    isSlowDone = slow.take(Buffer.from([byte]));
  }
  const facts = (of: AnswerParser) => {
    const { status, headers, body, isTooLarge } = of.answer;
    return { status, headers, body: body.toString('latin1'), isTooLarge };
  };
  expect(isSlowDone).toBe(isDone);
  if (!whole.answer.isTooLarge) expect(facts(slow)).toEqual(facts(whole));
  return { parser: whole, isDone, ...facts(whole) };
}

const lines = (...all: readonly string[]): string => `${all.join('\r\n')}\r\n\r\n`;

describe('AnswerParser', () => {
  it('reads a body of a known length', () => {
    const head = lines('HTTP/1.1 200 OK', 'Content-Type: a/b', 'CONTENT-LENGTH:5 ');
    const read200 = read(`${head}hello`);
    expect(read200).toMatchObject({ isDone: true, status: 200, body: 'hello', isTooLarge: false });
    expect(read200.headers).toEqual({ 'content-type': 'a/b', 'content-length': '5' });
    expect(read200.parser.isReusable).toBe(true);
    expect(read(`${head}hell`).isDone).toBe(false);
  });

  it('reads a body in chunks, with extensions and a trailer', () => {
    const head = lines('HTTP/1.1 200 OK', 'transfer-encoding: Chunked');
    const body = '3\r\nabc\r\nA;name="v"\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n';
    const answer = read(`${head}${body}`);
    expect(answer).toMatchObject({ isDone: true, body: 'abc0123456789' });
    expect(answer.parser.isReusable).toBe(true);
    expect(read(`${head}3\r\nabc\r\n0\r\n`).isDone).toBe(false);
  });

  it('reads a body without a length until the connection ends', () => {
    const answer = read(`${lines('HTTP/1.1 200 OK')}all that comes`);
    expect(answer.isDone).toBe(false);
    expect(answer.parser.end()).toBe(true);
    expect(answer.parser.answer.body.toString()).toBe('all that comes');
  });

  it('does not take the end of a connection for that of a body with a length, or in chunks', () => {
    expect(read(`${lines('HTTP/1.1 200 OK', 'content-length: 5')}hell`).parser.end()).toBe(false);
    const chunked = lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked');
    expect(read(`${chunked}3\r\nabc\r\n`).parser.end()).toBe(false);
    expect(parser().end()).toBe(false);
  });

  it('passes over what is said before the answer, and takes one without a body', () => {
    const answer = read(`${lines('HTTP/1.1 103 Early', 'link: x')}${lines('HTTP/1.1 204 Empty')}`);
    expect(answer).toMatchObject({ isDone: true, status: 204, headers: {}, body: '' });
  });

  it.each([
    ['of the older protocol', lines('HTTP/1.0 200 OK', 'content-length: 0'), false],
    [
      'of the older protocol that stays',
      lines('HTTP/1.0 200 OK', 'connection: keep-alive', 'content-length: 0'),
      true,
    ],
    [
      'of the older protocol in chunks, which that has not',
      `${lines('HTTP/1.0 200 OK', 'connection: keep-alive', 'transfer-encoding: chunked')}0\r\n\r\n`,
      false,
    ],
    [
      'that the server ends',
      lines('HTTP/1.1 200 OK', 'Connection: Close', 'content-length: 0'),
      false,
    ],
    ['that sent more than asked for', `${lines('HTTP/1.1 200 OK', 'content-length: 0')}x`, false],
    ['of a body that was too large', lines('HTTP/1.1 200 OK', 'content-length: 65'), false],
  ])('knows whether a connection can be used again: one %s', (_which, text, isReusable) => {
    const whole = parser();
    expect(whole.take(Buffer.from(text))).toBe(true);
    expect(whole.isReusable).toBe(isReusable);
  });

  it('knows whether anything has come', () => {
    const whole = parser();
    expect(whole.hasBegun).toBe(false);
    whole.take(Buffer.from('H'));
    expect(whole.hasBegun).toBe(true);
  });

  it('stops at the bound, which is that of the status', () => {
    const announced = read(lines('HTTP/1.1 500 No', 'content-length: 9'));
    expect(announced).toMatchObject({ isDone: true, status: 500, isTooLarge: true });
    const chunked = lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked');
    const counted = read(`${chunked}41\r\n${'x'.repeat(65)}`);
    expect(counted).toMatchObject({ isDone: true, isTooLarge: true, body: '' });
    expect(read(`${lines('HTTP/1.1 200 OK')}${'x'.repeat(65)}`).isTooLarge).toBe(true);
    expect(read(`${lines('HTTP/1.1 200 OK')}${'x'.repeat(64)}`).isTooLarge).toBe(false);
  });

  it.each([
    ['no HTTP', lines('hello')],
    ['another version', lines('HTTP/2 200 OK')],
    ['no status', lines('HTTP/1.1 OK')],
    ['a newline in the first line', lines('HTTP/1.1 200 OK\ncontent-length: 1')],
    ['a return in the first line', lines('HTTP/1.1 200 OK\rcontent-length: 1')],
    [
      'a return behind a chunk length',
      `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}1;a\rb\r\nx\r\n0\r\n\r\n`,
    ],
    [
      'a trailer that is no header',
      `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}0\r\nab\r\n\r\n`,
    ],
    ['a status that is none', lines('HTTP/1.1 042 What')],
    ['bare newlines alone, at once', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok'],
    ['a bare newline at the end of a head, at once', 'HTTP/1.1 200 OK\r\na: b\n\r\n'],
    ['a header with a control character', lines('HTTP/1.1 200 OK', 'a: b\u0001c')],
    ['more than a hundred answers before the real one', lines('HTTP/1.1 103 Early').repeat(101)],
    ['another protocol', lines('HTTP/1.1 101 Switching')],
    ['a header without a name', lines('HTTP/1.1 200 OK', ': x')],
    ['a blank before the colon', lines('HTTP/1.1 200 OK', 'content-length : 1')],
    ['a folded header', lines('HTTP/1.1 200 OK', 'a: b', ' c')],
    ['a bare newline in the head', lines('HTTP/1.1 200 OK', 'a: b\nc: d')],
    ['two lengths', lines('HTTP/1.1 200 OK', 'content-length: 1', 'content-length: 2')],
    [
      'a length and chunks',
      lines('HTTP/1.1 200 OK', 'content-length: 1', 'transfer-encoding: chunked'),
    ],
    ['a length that is no number', lines('HTTP/1.1 200 OK', 'content-length: +1')],
    ['a coding nobody asked for', lines('HTTP/1.1 200 OK', 'transfer-encoding: gzip, chunked')],
    ['a chunk of no length', `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}\r\n`],
    ['a chunk of a bad length', `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}0x3\r\n`],
    [
      'a bare newline after a chunk length',
      `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}3\n`,
    ],
    [
      'a chunk longer than it says',
      `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}1\r\nab\r\n`,
    ],
    ['a head without an end', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(17_000)}`],
    [
      'a line without an end',
      `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}1;${'x'.repeat(17_000)}`,
    ],
    [
      'a trailer without an end',
      `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}0\r\n${'a: b\r\n'.repeat(9_000)}`,
    ],
  ])('refuses %s', (_what, text) => {
    expect(() => parser().take(Buffer.from(text))).toThrow();
  });
});
