import { describe, expect, it } from 'vitest';
import { goldenMatches } from '../../../conformance/goldenMatch.js';
import type { GoldenLine, GoldenResponse } from '../../../conformance/recorded.js';

const answer = (body: string, status = 200): GoldenResponse => ({
  status,
  contentType: 'application/json',
  body,
});
const line = (match: NonNullable<GoldenLine['match']>, body: string): GoldenLine => ({
  name: 'x',
  http: {},
  match,
  response: answer(body),
});

describe('matching an answer with a recorded one', () => {
  it.each<[NonNullable<GoldenLine['match']>, string, string, boolean]>([
    ['bytes', '{"a":1}', '{"a":1}', true],
    ['bytes', '{"a":1}', '{"a": 1}', false],
    ['bytes', '{"rpc":"1.0","superroot":"1.0"}', '{"rpc":"1.0"}', true],
    ['bytes', '{"rpc":"1.0"}', '{"rpc":"1.0","superroot":"1.0"}', true],
    ['bytes', '{"rpc":"1.0"}', '{"rpc":"1.0","other":"1.0"}', false],
    ['bytes', 'not found', 'invalid argument 0: block number larger than int64', true],
    ['bytes', 'not found', 'invalid argument 0: block number', false],
    ['json', '{"a":1,"b":2}', '{"b":2,"a":1}', true],
    ['json', '{"a":1}', '{"a":2}', false],
    ['json', '', 'no json', false],
    ['error', '{"error":{"code":-32000,"message":"a"}}', '{"error":{"code":-32000}}', true],
    ['error', '{"error":{"code":-32000}}', '{"error":{"code":-32601}}', false],
    ['error', '{"error":{"code":-32000}}', '{"error":{"code":-32000},"result":1}', false],
    ['fault', 'crashed', '{"error":{"code":1}}', true],
    ['fault', 'crashed', '{"result":1}', false],
    ['shape', '{"a":"v1","b":[1,2]}', '{"b":[3],"a":"v2"}', true],
    ['shape', '{"a":"v1"}', '{"a":1}', false],
    ['shape', '{"a":"v1"}', '{"a":"v1","b":1}', false],
  ])('%s: %s against %s is %s', (match, want, got, holds) => {
    expect(goldenMatches(line(match, want), answer(got))).toBe(holds);
  });

  it('holds status and content type to be part of the bytes', () => {
    expect(goldenMatches(line('bytes', 'x'), answer('x', 404))).toBe(false);
    const other = { ...answer('x'), contentType: 'text/plain' };
    expect(goldenMatches(line('bytes', 'x'), other)).toBe(false);
  });
});
