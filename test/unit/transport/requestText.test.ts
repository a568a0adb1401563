import { describe, expect, it } from 'vitest';
import { isPlainHeader, isPlainTarget, requestText } from '../../../src/transport/requestText.js';

const ORIGIN = { isTls: false, host: 'h', port: 1 };

describe('requestText', () => {
  it('writes a request with a body of more bytes than characters', () => {
    const headers = { accept: 'a/b', 'x-key': '1' };
    expect(requestText({ ...ORIGIN, method: 'POST', path: '/a?b', headers, body: '"ü"' })).toBe(
      'POST /a?b HTTP/1.1\r\nhost: h:1\r\nconnection: keep-alive\r\naccept: a/b\r\nx-key: 1\r\ncontent-length: 4\r\n\r\n"ü"',
    );
  });

  it('writes a request without a body', () => {
    expect(
      requestText({
        ...{ ...ORIGIN, port: 80, method: 'GET', path: '/', headers: {}, body: null },
      }),
    ).toBe('GET / HTTP/1.1\r\nhost: h\r\nconnection: keep-alive\r\n\r\n');
  });

  it.each([
    ['a', 'b\r\nc: d'],
    ['a', 'b\nc'],
    ['a', '\0'],
    ['a', 'ü'],
    ['a b', 'c'],
    ['a:', 'b'],
    ['', 'b'],
    ['host', 'h'],
    ['connection', 'close'],
    ['content-length', '1'],
    ['transfer-encoding', 'chunked'],
    ['expect', '100-continue'],
    ['upgrade', 'h2c'],
  ])('takes the header %j of %j for none that goes out as it is', (name, value) => {
    expect(isPlainHeader([name, value])).toBe(false);
  });

  it('takes usual headers and targets', () => {
    expect(isPlainHeader(['authorization', 'Bearer a.b-c_d='])).toBe(true);
    expect(isPlainTarget('/v3/key?a=b&c=%20')).toBe(true);
    expect(isPlainTarget('/a b')).toBe(false);
    expect(isPlainTarget('/a\r\nb')).toBe(false);
    expect(isPlainTarget('')).toBe(false);
  });
});
