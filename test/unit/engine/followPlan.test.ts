import { describe, expect, it } from 'vitest';
import type { EngineState } from '../../../src/engine/engineState.js';
import { initialState, resetHeads } from '../../../src/engine/engineState.js';
import {
  planFollow,
  refuseByNumbers,
  refuseReplacedByNumbers,
} from '../../../src/engine/followPlan.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { ZERO_L2_REF } from '../../../src/types/block.js';
import { followTarget } from '../../support/engineHarness.js';
import { GENESIS_REF, makeChain } from '../../support/l2Chain.js';

const main = [GENESIS_REF, ...makeChain(GENESIS_REF, 30).map((b) => b.ref)];
const fork = [
  ...main.slice(0, 4),
  ...makeChain(main[3] as L2BlockRef, 20, 'other').map((b) => b.ref),
];
const at = (number: number): L2BlockRef => main[number] as L2BlockRef;
const beside = (number: number): L2BlockRef => fork[number] as L2BlockRef;

/** Unsafe 20, local safe and safe 10, finalized 5. */
function state(more: { isProven?: boolean; isConfirmed?: boolean } = {}): EngineState {
  const found = { unsafe: at(20), safe: at(10), finalized: at(5) };
  const start = resetHeads(initialState({ isFollowing: true, elSync: 'none' }), {
    ...found,
    isFinalizedProven: more.isProven ?? true,
  });
  return { ...start, isSafeConfirmed: more.isConfirmed ?? true };
}

describe('refuseByNumbers', () => {
  const { heads } = state();
  const unproven = state({ isProven: false }).heads;
  it.each([
    ['all heads at our finalized block', followTarget(at(5), { finalized: at(5) }), heads],
    ['heads in order', followTarget(at(9), { localSafe: at(12), finalized: at(6) }), heads],
    ['a finalized head below ours', followTarget(at(9), { finalized: at(4) }), heads],
    ['a safe head below an unproven finalized one', followTarget(at(4)), unproven],
    ['a block beside an unproven finalized one', followTarget(beside(5)), unproven],
  ])('has nothing against %s', (_, target, ours) => {
    expect(refuseByNumbers(target, ours)).toBeNull();
  });

  it.each([
    ['a safe head above local safe', followTarget(at(9), { localSafe: at(8) }), 'not_one_chain'],
    [
      'a safe head beside local safe',
      followTarget(at(9), { localSafe: beside(9) }),
      'not_one_chain',
    ],
    ['finalized above safe', followTarget(at(9), { finalized: at(10) }), 'not_one_chain'],
    ['finalized beside safe', followTarget(at(9), { finalized: beside(9) }), 'not_one_chain'],
    [
      'a finalized head beside ours',
      followTarget(at(9), { finalized: beside(5) }),
      'finalized_conflict',
    ],
    ['a safe head beside our finalized one', followTarget(beside(5)), 'finalized_conflict'],
    ['a safe head below our finalized one', followTarget(at(4)), 'safe_conflict'],
  ])('refuses %s', (_, target, cause) => {
    expect(refuseByNumbers(target, heads)).toMatchObject({ kind: 'refused', cause });
  });
});

describe('refuseReplacedByNumbers', () => {
  const lower = followTarget(at(9));
  it.each([
    ['the same safe head', followTarget(at(10)), state()],
    ['a higher one', followTarget(at(11)), state()],
    ['a lower one with leave', { ...lower, mayReplaceSafe: true }, state()],
    ['a lower one than what no source has confirmed', lower, state({ isConfirmed: false })],
  ])('has nothing against %s', (_, target, ours) => {
    expect(refuseReplacedByNumbers(target, ours)).toBeNull();
  });

  it.each([
    ['a lower safe head', followTarget(at(9), { localSafe: at(12) })],
    ['a lower local safe head', lower],
    ['another block at our safe head', followTarget(beside(10), { localSafe: beside(12) })],
    ['another block at our local safe head', followTarget(beside(10))],
  ])('refuses %s', (_, target) => {
    expect(refuseReplacedByNumbers(target, state())).toMatchObject({ cause: 'safe_conflict' });
  });
});

describe('planFollow', () => {
  const plan = (
    target: Parameters<typeof planFollow>[0],
    ours: EngineState,
    chain: readonly L2BlockRef[],
    genesis: L2BlockRef | null = GENESIS_REF,
  ) =>
    planFollow(target, ours, {
      ancestor: async (number) => (number === 0n ? genesis : (chain[Number(number)] ?? null)),
      position: 'newHead',
      genesisNumber: 0n,
    });
  const target = followTarget(beside(15), { mayReplaceSafe: true });

  it('goes back to genesis as finalized where an unproven one is not on the chain', async () => {
    expect(await plan(target, state({ isProven: false }), fork)).toMatchObject({
      kind: 'take',
      heads: { finalized: GENESIS_REF, isFinalizedProven: true, safe: beside(15) },
      isReorg: true,
      isSafeReplaced: true,
    });
  });

  it('refuses a chain without genesis', async () => {
    expect(await plan(target, state({ isProven: false }), fork, null)).toMatchObject({
      kind: 'refused',
      cause: 'not_one_chain',
    });
  });

  it('refuses a chain without our proven finalized block, leave or not', async () => {
    expect(await plan(target, state(), fork)).toMatchObject({ cause: 'finalized_conflict' });
  });

  it('keeps an unknown finalized head unknown', async () => {
    const ours = state({ isProven: false });
    const unknown = { ...ours, heads: { ...ours.heads, finalized: ZERO_L2_REF } };
    expect(await plan(target, unknown, fork)).toMatchObject({
      heads: { finalized: ZERO_L2_REF, isFinalizedProven: false },
    });
  });

  it('takes the higher of both finalized heads, not above safe', async () => {
    const finalizedOf = async (theirs: L2BlockRef | null, safe: number) =>
      plan(followTarget(at(safe), { finalized: theirs, mayReplaceSafe: true }), state(), main).then(
        (made) => made.kind === 'take' && made.heads.finalized,
      );
    expect(await finalizedOf(at(7), 12)).toEqual(at(7));
    expect(await finalizedOf(at(5), 12)).toEqual(at(5));
    expect(await finalizedOf(at(3), 12)).toEqual(at(5));
    expect(await finalizedOf(null, 12)).toEqual(at(5));
    expect(await finalizedOf(null, 5)).toEqual(at(5));
  });
});
