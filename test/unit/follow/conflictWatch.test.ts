import { describe, expect, it } from 'vitest';
import { ConflictWatch } from '../../../src/follow/followActor.js';
import type { PollResult } from '../../../src/follow/pollOutcome.js';

const MINUTE = 60_000;

describe('ConflictWatch', () => {
  it.each(['conflict', 'finalized_conflict'] as const)(
    'reports a %s of five minutes once',
    (result) => {
      const watch = new ConflictWatch();
      expect(watch.note(result, 0)).toBeNull();
      expect(watch.note(result, 5 * MINUTE - 1)).toBeNull();
      expect(watch.note(result, 5 * MINUTE)).toBe('began');
      expect(watch.note(result, 20 * MINUTE)).toBeNull();
    },
  );

  it.each<PollResult>([
    'error_fetch_status',
    'error_l1_lookup',
    'error_l1_mismatch',
    'error_invalid_state',
    'error_engine',
  ])('is not interrupted by %s, which says nothing about it', (result) => {
    const watch = new ConflictWatch();
    watch.note('conflict', 0);
    expect(watch.note(result, 2 * MINUTE)).toBeNull();
    expect(watch.note('conflict', 5 * MINUTE)).toBe('began');
  });

  it.each<PollResult>(['success', 'behind'])(
    'ends with %s, once, and starts anew after',
    (result) => {
      const watch = new ConflictWatch();
      watch.note('conflict', 0);
      expect(watch.note(result, 4 * MINUTE)).toBeNull();
      expect(watch.note('conflict', 6 * MINUTE)).toBeNull();
      expect(watch.note('conflict', 11 * MINUTE)).toBe('began');
      expect(watch.note(result, 12 * MINUTE)).toBe('ended');
      expect(watch.note(result, 13 * MINUTE)).toBeNull();
    },
  );
});
