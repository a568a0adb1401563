import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headsAfterElSync } from '../../../src/engine/elSync.js';
import type { EngineState } from '../../../src/engine/engineState.js';
import {
  applyFollowed,
  dropPendingSafe,
  endElSync,
  finalizeVerdict,
  forkchoiceOf,
  giveUpSought,
  initialState,
  moveDerived,
  moveFinalized,
  moveUnsafe,
  replaceUnsafe,
  resetHeads,
  restoreBackup,
  sendAway,
  startElSync,
} from '../../../src/engine/engineState.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { isZeroRef, ZERO_HASH } from '../../../src/types/block.js';
import { GENESIS_REF, l1Block, makeChain } from '../../support/l2Chain.js';

const main = [GENESIS_REF, ...makeChain(GENESIS_REF, 40).map((b) => b.ref)];
const other = makeChain(main[10] as L2BlockRef, 30, 'other').map((b) => b.ref);
const at = (number: number): L2BlockRef => main[number] as L2BlockRef;

function started(
  heads: { unsafe?: number; safe?: number; finalized?: number } = {},
  isFollowing = false,
): EngineState {
  return resetHeads(initialState({ isFollowing, elSync: 'none' }), {
    unsafe: at(heads.unsafe ?? 20),
    safe: at(heads.safe ?? 10),
    finalized: at(heads.finalized ?? 5),
    isFinalizedProven: true,
  });
}

function isOrdered({ heads }: EngineState): boolean {
  const { finalized, safe, localSafe, pendingSafe, unsafe } = heads;
  return (
    finalized.number <= safe.number &&
    safe.number <= localSafe.number &&
    localSafe.number <= unsafe.number &&
    (isZeroRef(pendingSafe) || localSafe.number <= pendingSafe.number) &&
    pendingSafe.number <= unsafe.number
  );
}

const endedAt = (state: EngineState, tip: L2BlockRef, offset: L2BlockRef) =>
  endElSync(state, tip, headsAfterElSync(state, offset, null));

const anyRef = fc.constantFrom(...main, ...other);

type Move = readonly [name: string, run: (state: EngineState) => EngineState];

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  fc
    .tuple(anyRef, fc.boolean())
    .map(([ref, isCross]): Move => ['unsafe', (s) => moveUnsafe(s, ref, isCross)]),
  fc
    .tuple(anyRef, fc.boolean())
    .map(([ref, end]): Move => ['derived', (s) => moveDerived(replaceUnsafe(s, ref), ref, end)]),
  fc
    .tuple(anyRef, fc.boolean())
    .map(([ref, end]): Move => ['consolidated', (s) => moveDerived(s, ref, end)]),
  anyRef.map(
    (ref): Move => [
      'finalize',
      (s) => (finalizeVerdict(s, ref) === 'ok' ? moveFinalized(s, ref) : s),
    ],
  ),
  fc
    .tuple(anyRef, anyRef)
    .map(([tip, offset]): Move => ['elSync', (s) => endedAt(startElSync(s, 0), tip, offset)]),
  fc.constant<Move>(['drop', dropPendingSafe]),
  fc.constant<Move>(['backup', (s) => (isZeroRef(s.backupUnsafe) ? s : restoreBackup(s))]),
  fc.tuple(anyRef, anyRef, anyRef, anyRef, fc.boolean()).map(
    (refs): Move => [
      'follow',
      (s) =>
        applyFollowed(
          s,
          {
            unsafe: refs[0],
            localSafe: refs[1],
            safe: refs[2],
            finalized: refs[3],
            isFinalizedProven: refs[4],
            currentL1: l1Block(3n),
          },
          true,
        ),
    ],
  ),
);

const anyReset: fc.Arbitrary<Move> = fc.tuple(anyRef, anyRef, anyRef).map((refs): Move => {
  const [finalized, safe, unsafe] = [...refs].sort((a, b) => Number(a.number - b.number));
  const found = { finalized, safe, unsafe, isFinalizedProven: true } as Parameters<
    typeof resetHeads
  >[1];
  return ['reset', (s) => resetHeads(s, found)];
});

/** An illegal move throws the typed error and nothing else; the state before it stands. */
function tryMove(state: EngineState, [, run]: Move): EngineState {
  try {
    return run(state);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(NodeError);
    expect((thrown as NodeError).code).toBe('ENGINE_HEADS_INVALID');
    return state;
  }
}

describe('engine state', () => {
  it('keeps finalized <= safe <= local safe <= unsafe through any moves', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.oneof({ weight: 9, arbitrary: anyMove }, { weight: 1, arbitrary: anyReset }), {
          maxLength: 60,
        }),
        (isFollowing, moves) => {
          let state = started({}, isFollowing);
          for (const move of moves) {
            state = tryMove(state, move);
            expect(isOrdered(state), move[0]).toBe(true);
          }
        },
      ),
      { seed: 7, numRuns: 1_000 },
    );
  });

  it('never lowers or replaces a proven finalized head without a reset', () => {
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 60 }), (moves) => {
        let state = started();
        for (const move of moves) {
          const next = tryMove(state, move);
          const [before, after] = [state.heads.finalized, next.heads.finalized];
          const isKept = after.number > before.number || after.hash === before.hash;
          expect(isKept || !state.heads.isFinalizedProven, move[0]).toBe(true);
          state = next;
        }
      }),
      { seed: 11, numRuns: 1_000 },
    );
  });

  it('keeps a proven finalized head through resets while the chain is that high', () => {
    fc.assert(
      fc.property(fc.array(anyReset, { minLength: 1, maxLength: 20 }), (resets) => {
        let state = started();
        for (const move of resets) {
          const next = tryMove(state, move);
          const isHeld = next.heads.unsafe.number >= state.heads.finalized.number;
          const isLower = next.heads.finalized.number < state.heads.finalized.number;
          expect(isHeld && isLower).toBe(false);
          state = next;
        }
      }),
      { seed: 13, numRuns: 500 },
    );
  });

  it('keeps the pending safe head all-zero while following, through every move', () => {
    fc.assert(
      fc.property(
        fc.array(
          anyMove.filter(([name]) => name !== 'derived' && name !== 'consolidated'),
          {
            maxLength: 40,
          },
        ),
        (moves) => {
          let state = started({}, true);
          for (const move of moves) state = tryMove(state, move);
          expect(isZeroRef(state.heads.pendingSafe)).toBe(true);
        },
      ),
      { seed: 17, numRuns: 300 },
    );
  });

  it('makes a derived block safe only when it is the last of its batch', () => {
    const pending = moveDerived(started(), at(11), false);
    expect([pending.heads.pendingSafe, pending.heads.safe]).toEqual([at(11), at(10)]);
    const last = moveDerived(pending, at(12), true);
    expect([last.heads.pendingSafe, last.heads.localSafe, last.heads.safe]).toEqual([
      at(12),
      at(12),
      at(12),
    ]);
    expect(moveDerived(last, at(11), true).heads).toEqual(last.heads);
    expect(moveDerived(last, other[1] as L2BlockRef, true).heads).toEqual(last.heads);
  });

  it('keeps the replaced unsafe head as backup, and makes it due when the batch is dropped', () => {
    const derived = other[0] as L2BlockRef;
    const replaced = moveDerived(replaceUnsafe(started(), derived), derived, false);
    expect(replaced.backupUnsafe).toEqual(at(20));
    expect(replaced.isBackupDue).toBe(false);
    const dropped = dropPendingSafe(replaced);
    expect(dropped.isBackupDue).toBe(true);
    expect(dropped.heads.pendingSafe).toEqual(at(10));
    const back = restoreBackup(dropped);
    expect(back.heads.unsafe).toEqual(at(20));
    expect([back.isBackupDue, isZeroRef(back.backupUnsafe)]).toEqual([false, true]);
    expect(dropPendingSafe(started()).isBackupDue).toBe(false);
  });

  it('says the zero hash as finalized while the first chain sync runs', () => {
    const idle = started();
    expect(forkchoiceOf(idle.heads).finalizedBlockHash).toBe(at(5).hash);
    expect(forkchoiceOf(startElSync(idle, 0).heads).finalizedBlockHash).toBe(ZERO_HASH);
  });

  it('ends chain sync at the offset, never behind what was safe or finalized before', () => {
    const ended = endedAt(started(), at(30), at(20));
    expect([ended.heads.safe, ended.heads.finalized]).toEqual([at(20), at(20)]);
    expect(ended.heads.isFinalizedProven).toBe(false);
    const kept = endedAt(started(), at(30), at(3));
    expect([kept.heads.safe, kept.heads.finalized]).toEqual([at(10), at(5)]);
    expect(kept.heads.isFinalizedProven).toBe(true);
  });

  it('goes on from a recorded safe head after the sync, finalized not above it', () => {
    for (const [recorded, finalized] of [
      [25, 5],
      [3, 3],
    ] as const) {
      const ends = headsAfterElSync(started(), at(20), at(recorded));
      const { heads } = endElSync(started(), at(30), ends);
      expect([heads.safe, heads.finalized]).toEqual([at(recorded), at(finalized)]);
      expect(heads.isFinalizedProven).toBe(finalized === 5);
    }
  });

  it('counts resets, and clears current L1 only where derivation starts over', () => {
    const found = { unsafe: at(20), safe: at(10), finalized: at(5), isFinalizedProven: true };
    for (const isFollowing of [true, false]) {
      const state = started({}, isFollowing);
      const withL1 = { ...state, heads: { ...state.heads, currentL1: l1Block(4n) } };
      const reset = resetHeads(withL1, found);
      expect(reset.heads.resetEpoch).toBe(2);
      expect(isZeroRef(reset.heads.currentL1)).toBe(!isFollowing);
    }
  });

  it('seeks a block in execution-layer mode only, until a reset or a head as high', () => {
    const inMode = (elSync: 'none' | 'finished') => {
      const state = started();
      return sendAway({ ...state, heads: { ...state.heads, elSync } }, at(30), 1);
    };
    expect(isZeroRef(inMode('none').heads.sought)).toBe(true);
    const state = inMode('finished');
    expect(state.heads.sought).toEqual(at(30));
    expect(moveUnsafe(state, at(29), true).heads.sought).toEqual(at(30));
    const found = { unsafe: at(20), safe: at(10), finalized: at(5), isFinalizedProven: true };
    for (const end of [
      moveUnsafe(state, at(30), true),
      giveUpSought(state),
      resetHeads(state, found),
    ])
      expect(isZeroRef(end.heads.sought)).toBe(true);
  });

  it('takes no other block of the same height for a proven finalized head', () => {
    const state = started({ unsafe: 20, safe: 14, finalized: 12 }, true);
    const next = {
      ...{ unsafe: at(20), localSafe: at(14), safe: at(14), finalized: other[1] as L2BlockRef },
      ...{ isFinalizedProven: true, currentL1: null },
    };
    expect(() => applyFollowed(state, next, true)).toThrow('proven finalized head would be lost');
    expect(applyFollowed(state, { ...next, finalized: at(12) }, true).heads.finalized).toEqual(
      at(12),
    );
  });

  it('finalizes forward and up to the safe head only', () => {
    const state = started({ unsafe: 20, safe: 14, finalized: 12 });
    expect(finalizeVerdict(state, at(13))).toBe('ok');
    expect(finalizeVerdict(state, at(12))).toBe('ok');
    expect(finalizeVerdict(state, other[1] as L2BlockRef)).toBe('behind');
    expect(finalizeVerdict(state, at(11))).toBe('behind');
    expect(finalizeVerdict(state, at(15))).toBe('notSafe');
  });

  it('raises cross-unsafe with safe only, where the followed chain has interop', () => {
    const state = started({ unsafe: 20 }, true);
    const inserted = moveUnsafe(state, at(25), false);
    expect(inserted.heads.crossUnsafe).toEqual(at(20));
    const next = {
      unsafe: at(25),
      localSafe: at(24),
      safe: at(22),
      finalized: at(5),
      isFinalizedProven: true,
      currentL1: null,
    };
    expect(applyFollowed(inserted, next, false).heads.crossUnsafe).toEqual(at(22));
    expect(applyFollowed(inserted, next, true).heads.crossUnsafe).toEqual(at(25));
  });
});
