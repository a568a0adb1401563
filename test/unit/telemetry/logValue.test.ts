import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { errorText, textOf, toLogValue } from '../../../src/telemetry/logValue.js';

const hash = `0x${'ab'.repeat(32)}`;
const text = (value: unknown, key = 'key') => textOf(toLogValue(key, value));

describe('toLogValue', () => {
  it('cuts a long text, redacted before', () => {
    const url = `http://host/${'k'.repeat(40)}`;
    const long = `${'x'.repeat(7_980)} ${url}${' y'.repeat(1_000)}`;
    const cut = `${'x'.repeat(7_980)} http://host/***${' y'.repeat(2)}… (cut, 9996 characters)`;
    expect(text(long)).toBe(cut);
    expect(errorText(new Error(long))).toBe(cut);
  });

  it.each<[unknown, string]>([
    ['plain', 'plain'],
    [12, '12'],
    [12n ** 30n, String(12n ** 30n)],
    [true, 'true'],
    [null, '<nil>'],
    [undefined, '<nil>'],
    [Symbol('s'), 'Symbol(s)'],
    [{ hash, number: 7n }, `${hash}:7`],
    [{ hash, number: 7n, parentHash: hash, timestamp: 1n }, `${hash}:7`],
    [{ hash: 1, number: 7n }, '{hash:1 number:7}'],
    [{ hash, number: 7 }, `{hash:${hash} number:7}`],
    [new Uint8Array([1, 255]), '0x01ff'],
    [['a', 1n], '[a 1]'],
    [{ a: 1, b: { c: [null] } }, '{a:1 b:{c:[<nil>]}}'],
    [new URL('http://u:p@host/x'), 'http://host/x'],
  ])('shows %o as %s', (value, shown) => {
    expect(text(value)).toBe(shown);
  });

  it('redacts URLs and tokens in strings, also inside lists and objects', () => {
    expect(text(['http://u:p@h/x', { url: 'ws://u:p@h' }])).toBe('[http://h/x {url:ws://h}]');
  });

  it.each(['jwtSecret', 'password', 'privateKey', 'private_key', 'Authorization', 'jwt', 'secret'])(
    'masks the value of %s at any depth',
    (key) => {
      expect(text('0xdeadbeef', key)).toBe('***');
      expect(text({ inner: { [key]: 'x' } })).toBe(`{inner:{${key}:***}}`);
    },
  );

  it('shows the path of a secret file, and that a secret is not set', () => {
    expect(text('/data/jwt.hex', 'jwtSecretPath')).toBe('/data/jwt.hex');
    expect(text(undefined, 'password')).toBe('<nil>');
  });

  it('ends at a depth, so a cycle ends too', () => {
    const cyclic: Record<string, unknown> = { n: 1 };
    cyclic.self = cyclic;
    expect(text(cyclic)).toBe('{n:1 self:{n:1 self:{n:1 self:{n:1 self:…}}}}');
  });
});

describe('errorText', () => {
  it('shows code, fields and all causes of a NodeError in one line', () => {
    const socket = new Error('connect ECONNREFUSED');
    const inner = new NodeError('TRANSPORT_FAILED', 'endpoint broke off', {
      severity: 'temporary',
      cause: socket,
      fields: { endpoint: 'http://h', block: { hash, number: 1n } },
    });
    const outer = new Error('start failed', { cause: inner });
    expect(errorText(outer)).toBe(
      `start failed: TRANSPORT_FAILED endpoint broke off (endpoint=http://h, block=${hash}:1): connect ECONNREFUSED`,
    );
  });

  it('lists the parts of an AggregateError', () => {
    const error = new AggregateError([new Error('a'), new Error('b')], 'two');
    expect(errorText(error)).toBe('two [a; b]');
  });

  it('takes causes that are no errors, and ends in a cycle of causes', () => {
    expect(errorText(new Error('x', { cause: 'why' }))).toBe('x: why');
    const cyclic = new Error('again');
    cyclic.cause = cyclic;
    expect(errorText(cyclic)).toBe(Array.from({ length: 8 }, () => 'again').join(': '));
  });

  it('redacts URLs and masks secret fields', () => {
    const error = new NodeError('UNEXPECTED', 'dial http://u:p@h', {
      severity: 'critical',
      fields: { jwt: 'x' },
    });
    expect(errorText(error)).toBe('UNEXPECTED dial http://h (jwt=***)');
  });
});
