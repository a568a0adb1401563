import { describe, expect, it } from 'vitest';
import { Readiness, type ReadinessDeps } from '../../../src/node/readiness.js';
import { ZERO_L1_REF, ZERO_L2_REF } from '../../../src/types/block.js';
import type { SyncStatus } from '../../../src/types/syncStatus.js';

const HASH = `0x${'11'.repeat(32)}` as const;
const l1 = (number: bigint) => ({ ...ZERO_L1_REF, hash: HASH, number });
const L2 = { ...ZERO_L2_REF, hash: HASH, number: 5n };

const AT_TIP = { currentL1: l1(100n), headL1: l1(101n), unsafeL2: L2, safeL2: L2 } as SyncStatus;

function missing(status: Partial<SyncStatus>, deps: Partial<ReadinessDeps> = {}) {
  const now = { ...AT_TIP, ...status };
  const readiness = new Readiness({
    status: { get: () => now },
    hasL1: true,
    statusAgeSec: null,
    l1Confs: 0n,
    ...deps,
  });
  return readiness.missing();
}

describe('a verifier', () => {
  it('is ready at the tip', () => {
    expect(missing({})).toEqual([]);
  });

  it('is not before it knows its heads, the L1 head, and where it derives', () => {
    expect(missing({ unsafeL2: ZERO_L2_REF, headL1: ZERO_L1_REF, currentL1: ZERO_L1_REF })).toEqual(
      [
        'the heads of the execution engine are not known yet',
        'the L1 head is not known yet',
        'derivation has not begun yet',
      ],
    );
  });

  it('is not while it catches up with L1, but for the distance that it was told to keep', () => {
    expect(missing({ headL1: l1(132n) })).toEqual([]);
    expect(missing({ headL1: l1(133n) })).toEqual(['derivation is 33 L1 blocks behind']);
    expect(missing({ headL1: l1(133n) }, { l1Confs: 1n })).toEqual([]);
  });
});

describe('a follower', () => {
  const follower = { statusAgeSec: () => 60 };

  it('is ready with a status that is not old, however far L1 is', () => {
    expect(missing({ headL1: l1(900n) }, follower)).toEqual([]);
    expect(missing({ headL1: ZERO_L1_REF }, { ...follower, hasL1: false })).toEqual([]);
  });

  it('is not before the first status, and not when the last one is old', () => {
    expect(missing({}, { statusAgeSec: () => null })).toEqual([
      'no status of a follow source was accepted yet',
    ]);
    expect(missing({}, { statusAgeSec: () => 61.5 })).toEqual([
      'no status of a follow source was accepted for 61 seconds',
    ]);
  });
});
