import { expect, it } from 'vitest';
import { ProvenStatus } from '../../../src/node/provenStatus.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import { ZERO_L1_REF, ZERO_L2_REF } from '../../../src/types/block.js';
import type { Proven } from '../../../src/types/proven.js';
import { NOTHING_PROVEN } from '../../../src/types/proven.js';
import type { SyncStatus } from '../../../src/types/syncStatus.js';
import { l1Block, l2Block } from '../../support/deriveFakes.js';

const followed: SyncStatus = {
  currentL1: l1Block(30),
  currentL1Finalized: l1Block(20),
  headL1: l1Block(31),
  safeL1: l1Block(25),
  finalizedL1: l1Block(20),
  unsafeL2: l2Block(12),
  safeL2: l2Block(9),
  finalizedL2: l2Block(4),
  pendingSafeL2: ZERO_L2_REF,
  crossUnsafeL2: l2Block(12),
  localSafeL2: l2Block(10),
};

it('limits a followed status to what is proven', () => {
  const status = new WatchCell(followed);
  const proven = new WatchCell<Proven>(NOTHING_PROVEN);
  const joined = new ProvenStatus({ status, proven });
  expect(joined.get()).toMatchObject({
    ...{ currentL1: ZERO_L1_REF, safeL2: ZERO_L2_REF },
    ...{ localSafeL2: ZERO_L2_REF, finalizedL2: ZERO_L2_REF, unsafeL2: l2Block(12) },
  });
  proven.set({ currentL1: l1Block(22), safe: l2Block(6) });
  const limited = joined.get();
  expect(limited).toEqual({
    ...followed,
    currentL1: l1Block(22),
    safeL2: l2Block(6),
    localSafeL2: l2Block(6),
    finalizedL2: l2Block(4),
  });
  expect(joined.get()).toBe(limited);
  proven.set({ currentL1: l1Block(40), safe: l2Block(11) });
  expect(joined.get()).toEqual({ ...followed, currentL1: l1Block(40) });
});
