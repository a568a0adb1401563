import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { withNodeSignal } from '../../../src/runtime/nodeSignal.js';
import { StopSignal } from '../../../src/runtime/stopSignal.js';

describe('withNodeSignal', () => {
  it("gives a signal of Node.js' own that fires with the other, for the same reason", async () => {
    const stop = new StopSignal();
    const reason = new Error('enough');
    const fired = withNodeSignal(stop, async (signal) => {
      // As a library does that takes no other.
      const any = AbortSignal.any([signal]);
      stop.stop(reason);
      return any.reason;
    });
    expect(await fired).toBe(reason);
  });

  it('leaves no listener behind, however the work ends', async () => {
    const { signal } = new AbortController();
    expect(await withNodeSignal(signal, async () => 1)).toBe(1);
    await expect(withNodeSignal(signal, () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
