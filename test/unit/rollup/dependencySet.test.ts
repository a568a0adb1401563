import { describe, expect, it } from 'vitest';
import {
  dependencySet,
  dependencySetJson,
  parseDependencySet,
} from '../../../src/rollup/dependencySet.js';
import type { UnreadKey } from '../../../src/rollup/jsonFields.js';

describe('parseDependencySet', () => {
  it('reads chains and the expiry window', () => {
    const text = '{"dependencies":{"901":{},"10":{"x":1}},"overrideMessageExpiryWindow":15}';
    expect(parseDependencySet(text)).toEqual({ chainIds: [10n, 901n], messageExpiryWindow: 15n });
    expect(parseDependencySet('{}')).toEqual({ chainIds: [], messageExpiryWindow: null });
  });

  it('names the keys that nobody reads', () => {
    const unread: UnreadKey[] = [];
    const file = { dependencies: { 901: { chainIndex: 1 } }, messageExpiryWindow: 15 };
    parseDependencySet(JSON.stringify(file), unread);
    expect(unread.map(({ name }) => name)).toEqual(['messageExpiryWindow']);
  });

  it.each([
    ['nope', /^not JSON: /],
    ['[]', /^expected a JSON object$/],
    ['{"dependencies":[]}', /^dependencies: \[\]: expected an object$/],
    ['{"dependencies":{"0x1":{}}}', /^dependencies: "0x1": expected a decimal chain id$/],
    [
      '{"overrideMessageExpiryWindow":-1}',
      /^overrideMessageExpiryWindow: -1: expected a whole number/,
    ],
  ])('refuses %s', (text, message) => {
    expect(() => parseDependencySet(text)).toThrow(message);
  });
});

describe('dependencySetJson', () => {
  it('writes chains in the order of their text, as Go does, and the window only where it is set', () => {
    expect(dependencySetJson(dependencySet(['901', '10', '10'], null))).toBe(
      '{"dependencies":{"10":{},"901":{}}}',
    );
    expect(dependencySetJson(dependencySet(['9', '10'], 15n))).toBe(
      '{"dependencies":{"10":{},"9":{}},"overrideMessageExpiryWindow":15}',
    );
  });
});
