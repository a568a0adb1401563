import { describe, expect, it } from 'vitest';
import { redactText, redactUrl } from '../../../src/telemetry/redact.js';

describe('redactUrl', () => {
  it.each([
    ['http://127.0.0.1:8545', 'http://127.0.0.1:8545'],
    ['http://localhost:8545/', 'http://localhost:8545'],
    ['https://user:pw@host/path', 'https://host/path'],
    ['wss://host/v3/abcdef0123456789abcdef0123456789', 'wss://host/v3/***'],
    ['https://host/rpc?apikey=abc', 'https://host/rpc?***'],
    ['https://host/eth/v1/beacon/genesis', 'https://host/eth/v1/beacon/genesis'],
    ['no url at all', '***'],
  ])('shows %s as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

describe('redactText', () => {
  it('redacts every URL inside a text', () => {
    const text = 'dial ws://a:b@host/x failed, "http://c:d@other?k=v" too';
    expect(redactText(text)).toBe('dial ws://host/x failed, "http://other?***" too');
  });

  it('masks JSON web tokens', () => {
    expect(redactText('Bearer eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjF9.c2ln bad')).toBe('Bearer *** bad');
  });

  it('masks what may be a token to the end of its run', () => {
    expect(redactText('-eyJa.b.c.d, eyJ.eyJa.b.c')).toBe('-***, ***');
    expect(redactText('eyJab.c xeyJa.b.c eyJ')).toBe('eyJab.c xeyJa.b.c eyJ');
  });

  it('leaves other text alone, hashes too', () => {
    const text = `block 0x${'ab'.repeat(32)} a:b@c`;
    expect(redactText(text)).toBe(text);
  });
});
