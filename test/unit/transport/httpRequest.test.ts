import { describe, expect, it } from 'vitest';
import { type HttpRequest, ledElsewhere, originOf } from '../../../src/transport/httpRequest.js';

const POST: HttpRequest = {
  ...{ isTls: false, host: 'a.example', port: 80, method: 'POST', path: '/old?x=1' },
  headers: { authorization: 'secret', 'content-type': 'application/json', accept: '*/*' },
  body: '{}',
};

function led(status: number, location: string | undefined, request = POST): HttpRequest | null {
  const headers = location === undefined ? {} : { location };
  return ledElsewhere(request, { status, headers, body: Buffer.alloc(0), isTooLarge: false });
}

describe('originOf', () => {
  it.each([
    ['http://a.example/x', { isTls: false, host: 'a.example', port: 80 }],
    ['https://a.example/x', { isTls: true, host: 'a.example', port: 443 }],
    ['http://[::1]:8545', { isTls: false, host: '::1', port: 8545 }],
  ])('reads %s', (url, origin) => {
    expect(originOf(new URL(url))).toEqual(origin);
  });
});

describe('a redirect', () => {
  it.each([307, 308])('of status %i asks the same again', (status) => {
    expect(led(status, '/new')).toEqual({ ...POST, path: '/new' });
  });

  it.each([301, 302, 303])('of status %i asks by GET, without the body', (status) => {
    const { 'content-type': _, ...headers } = POST.headers;
    const asked = { ...POST, method: 'GET', path: '/new', headers, body: null };
    expect(led(status, 'http://a.example/new')).toEqual(asked);
  });

  it('leaves HEAD what it is', () => {
    expect(led(302, '/new', { ...POST, method: 'HEAD' })?.method).toBe('HEAD');
  });

  it.each([
    ['https://a.example/new', { isTls: true, host: 'a.example', port: 443 }],
    ['//b.example:81/new', { isTls: false, host: 'b.example', port: 81 }],
    ['http://a.example:8080/new', { isTls: false, host: 'a.example', port: 8080 }],
  ])('to %s leaves the token behind', (location, origin) => {
    const { authorization: _, ...headers } = POST.headers;
    expect(led(307, location)).toEqual({ ...POST, ...origin, path: '/new', headers });
  });

  it('is found relative to an IPv6 address', () => {
    const request = { ...POST, host: '::1', port: 8545 };
    expect(led(308, 'new?y=2', request)).toEqual({ ...request, path: '/new?y=2' });
  });

  it('is none without a place, or with another status', () => {
    expect(led(307, undefined)).toBeNull();
    expect(led(300, '/new')).toBeNull();
    expect(led(304, '/new')).toBeNull();
    expect(led(200, '/new')).toBeNull();
  });

  it.each(['ftp://a.example/', 'http://', 'file:///etc/passwd'])('to %s fails', (location) => {
    expect(() => led(307, location)).toThrow();
  });
});
