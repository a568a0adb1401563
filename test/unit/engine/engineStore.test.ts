import { beforeEach, describe, expect, it } from 'vitest';
import { EngineMetrics } from '../../../src/engine/engineMetrics.js';
import type { EngineState } from '../../../src/engine/engineState.js';
import { forkchoiceOf, initialState, resetHeads } from '../../../src/engine/engineState.js';
import { EngineStore } from '../../../src/engine/engineStore.js';
import { RefMetrics } from '../../../src/telemetry/refMetrics.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import type { EngineHeads } from '../../../src/types/engineHeads.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { FakeMetrics } from '../../support/fakeMetrics.js';
import { GENESIS_REF, makeChain } from '../../support/l2Chain.js';

const chain = [GENESIS_REF, ...makeChain(GENESIS_REF, 20).map((b) => b.ref)];
const at = (number: number): L2BlockRef => chain[number] as L2BlockRef;
const START = resetHeads(initialState({ isFollowing: false, elSync: 'none' }), {
  ...{ unsafe: at(10), safe: at(5), finalized: at(2) },
  isFinalizedProven: true,
});

let log: FakeLogger;
let store: EngineStore;
const seen: bigint[] = [];
beforeEach(() => {
  const registry = new FakeMetrics();
  log = new FakeLogger();
  const refs = new RefMetrics({ registry, clock: new FakeClock() });
  seen.length = 0;
  const forks = { seen: ({ number }: L2BlockRef) => void seen.push(number) };
  store = new EngineStore(START, { log, metrics: new EngineMetrics(registry, refs), forks });
});

function accept(heads: Partial<EngineHeads>, more: Partial<EngineState> = {}): void {
  const next = { ...store.state, ...more, heads: { ...store.heads, ...heads } };
  store.commitForkchoice(next, forkchoiceOf(next.heads));
}

const reasons = (): unknown[] => log.find('Sync progress').map((line) => line.fields.reason);

describe('engine store', () => {
  it('publishes heads only where one of them changed', () => {
    store.commit({ ...START, heads: { ...START.heads } });
    expect(store.published.get()).toBe(START.heads);
    store.commit({ ...START, heads: { ...START.heads, unsafe: at(11) } });
    expect(store.published.get().unsafe).toEqual(at(11));
  });

  it('tells of each unsafe head once', () => {
    accept({ unsafe: at(11) });
    accept({ safe: at(6) });
    store.commit({ ...store.state, heads: { ...store.heads, unsafe: at(9) } });
    expect(seen).toEqual([11n, 9n]);
  });

  it('names the first head that moved as the reason of progress', () => {
    accept({ unsafe: at(11) });
    accept({ unsafe: at(12), safe: at(6), localSafe: at(6), pendingSafe: at(6) });
    accept({ finalized: at(3) });
    accept({ safe: at(12), localSafe: at(12), pendingSafe: at(12) });
    const all = { unsafe: at(13), safe: at(13), localSafe: at(13), pendingSafe: at(13) };
    accept(all);
    expect(reasons()).toEqual([
      'new chain head block',
      'consolidated block with L1',
      'finalized block',
      'consolidated block with L1',
      'derived safe block from L1',
    ]);
  });

  it('tells of no progress where none was made', () => {
    accept({});
    accept({ unsafe: at(11) });
    accept({ currentL1: { ...store.heads.currentL1, number: 7n } });
    expect(reasons()).toEqual(['new chain head block']);
  });

  it('keeps the backup unsafe head until safe, pending safe and unsafe are one block', () => {
    const backup = { backupUnsafe: at(9) };
    accept({ unsafe: at(6), pendingSafe: at(6) }, backup);
    expect(store.state.backupUnsafe).toEqual(at(9));
    accept({ unsafe: at(7), pendingSafe: at(6), safe: at(6), localSafe: at(6) });
    expect(store.state.backupUnsafe).toEqual(at(9));
    accept({ pendingSafe: at(7), safe: at(7), localSafe: at(7) });
    expect(store.state.backupUnsafe.number).toBe(0n);
  });

  it('publishes what the follower leads to, and no state that was made before undoes it', () => {
    const made = { ...store.state, heads: { ...store.heads, unsafe: at(11) } };
    store.noteMove(at(12));
    const told = store.published.get();
    expect(told).toMatchObject({ unsafe: at(10), movingTo: at(12) });
    store.noteMove({ ...at(12) });
    expect(store.published.get()).toBe(told);
    store.commit(made);
    expect(store.published.get()).toMatchObject({ unsafe: at(11), movingTo: at(12) });
    store.noteMove(null);
    expect(store.published.get()).toMatchObject({ unsafe: at(11), movingTo: null });
  });
});
