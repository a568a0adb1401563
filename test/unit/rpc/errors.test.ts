import { describe, expect, it } from 'vitest';
import { failed } from '../../../src/rpc/errors.js';

describe('a fault', () => {
  it('does not note where it was thrown, and other errors do as before', () => {
    const { stackTraceLimit } = Error;
    expect(failed('not found').stack).toBe('RpcFault: not found');
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    expect(new Error('other').stack).toContain('errors.test');
  });
});
