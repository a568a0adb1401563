import type { EngineL1Source } from '../../src/engine/ports.js';
import { SafeHeadRecords } from '../../src/engine/safeHeadRecords.js';
import type { ProvenDatabase } from '../../src/follow/verify/ports.js';
import type { BlockId } from '../../src/types/block.js';
import { FakeLogger } from './fakeLogger.js';
import type { MemorySafeHeads } from './memorySafeHeads.js';

/** The safe-head database of a verifier, in memory. */
export function provenDatabase(
  memory: MemorySafeHeads,
  { genesis, l1 }: { readonly genesis: BlockId; readonly l1: EngineL1Source },
): ProvenDatabase {
  const records = new SafeHeadRecords(genesis, { recorder: memory, l1, log: new FakeLogger() });
  return {
    reset: (safe, signal) => records.reset(safe, signal),
    settle: (signal) => records.settle(signal),
    moved: (before, safe, derivedFrom) => records.moved(before, safe, derivedFrom),
    lastEntry: () => memory.lastEntry(),
    l1AtSafeHead: (number) => memory.l1AtSafeHead(number),
  };
}
