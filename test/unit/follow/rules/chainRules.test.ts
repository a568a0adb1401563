import { describe, expect, it } from 'vitest';
import type { ChainInput } from '../../../../src/follow/rules/chainRules.js';
import { judgeChain, ourHeights, theirNumbers } from '../../../../src/follow/rules/chainRules.js';
import type { FollowStatus } from '../../../../src/follow/rules/followStatus.js';
import type { BlocksByNumber, L2BlockRef } from '../../../../src/types/block.js';
import { ZERO_L2_REF } from '../../../../src/types/block.js';
import type { EngineHeads } from '../../../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../../../src/types/engineHeads.js';
import { at, refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 40);
/** Parts from CHAIN after block 12. */
const FORK = [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 28, 'fork')];
/** Parts after block 4, below our finalized head. */
const DEEP = [...CHAIN.slice(0, 4), ...refsOn(at(CHAIN, 4), 36, 'deep')];
/** Parts after block 22, above our safe head. */
const LATE = [...CHAIN.slice(0, 22), ...refsOn(at(CHAIN, 22), 18, 'late')];

const HEADS: EngineHeads = {
  ...UNKNOWN_HEADS,
  unsafe: at(CHAIN, 30),
  localSafe: at(CHAIN, 20),
  safe: at(CHAIN, 20),
  finalized: at(CHAIN, 8),
  isFinalizedProven: true,
};

function blocks(chain: readonly L2BlockRef[], numbers: readonly bigint[]): BlocksByNumber {
  return new Map(numbers.map((n) => [n, at(chain, Number(n))]));
}

const heightsOf = (refs: readonly L2BlockRef[]): readonly bigint[] =>
  refs.map(({ number }) => number);

/** Everything that would be looked up, looked up: our chain always, theirs where the source says. */
function input(
  status: FollowStatus,
  options: { heads?: EngineHeads; source?: L2BlockRef[] },
): ChainInput {
  const heads = options.heads ?? HEADS;
  const ours = blocks(CHAIN, heightsOf(ourHeights(status, heads)));
  const asked = theirNumbers({ status, heads, ours });
  const theirs = options.source === undefined ? new Map() : blocks(options.source, asked);
  return { status, heads, ours, theirs };
}

describe('judgeChain', () => {
  it.each([
    ['the same heads', statusOf(CHAIN, { safe: 20, finalized: 8 }), true],
    ['higher heads on our unsafe chain', statusOf(CHAIN, { safe: 25, finalized: 10 }), true],
    [
      'a local safe head above our unsafe head',
      statusOf(CHAIN, { safe: 20, localSafe: 35 }),
      false,
    ],
  ])('lets %s pass, descent proven', (_, status, isOnOurChain) => {
    expect(judgeChain(input(status, {}))).toEqual({
      ...{ kind: 'fits', forksUnsafe: false, isDescentShown: true, isOnOurChain },
    });
  });

  it('cannot prove descent where all heads are above our chain, unless the source shows its block at our safe height', () => {
    const status = statusOf(CHAIN, { safe: 33 });
    expect(judgeChain(input(status, {}))).toMatchObject({ kind: 'fits', isDescentShown: false });
    expect(judgeChain(input(status, { source: CHAIN }))).toMatchObject({ isDescentShown: true });
  });

  it('sees a fork of our unsafe chain above the safe head', () => {
    const verdict = judgeChain(input(statusOf(LATE, { safe: 25 }), { source: LATE }));
    expect(verdict).toEqual({
      ...{ kind: 'fits', forksUnsafe: true, isDescentShown: true, isOnOurChain: false },
    });
  });

  it.each([
    ['safe head', statusOf(FORK, { safe: 15, localSafe: 20 }), 20n],
    ['safe head at our safe height', statusOf(FORK, { safe: 20 }), 20n],
    ['local safe head', { ...statusOf(CHAIN, { safe: 10 }), localSafe: at(FORK, 18) }, 18n],
    ['finalized head', { ...statusOf(LATE, { safe: 25 }), finalized: at(FORK, 13) }, 13n],
  ])('calls another hash of the %s at or below our safe head a conflict', (_, status, number) => {
    const verdict = judgeChain(input(status, { source: CHAIN }));
    expect(verdict).toMatchObject({ kind: 'conflict', at: { number } });
  });

  it('calls a status above our chain a conflict when its source has another block at our safe height', () => {
    const verdict = judgeChain(input(statusOf(FORK, { safe: 33 }), { source: FORK }));
    expect(verdict).toEqual({
      kind: 'conflict',
      at: { number: 20n, ours: at(CHAIN, 20), theirs: at(FORK, 20) },
    });
  });

  it.each([
    ['a finalized head at its height', statusOf(DEEP, { safe: 33, finalized: 8 })],
    ['a finalized head below it', statusOf(DEEP, { safe: 33, finalized: 6 })],
    ['a safe head at its height', statusOf(DEEP, { safe: 8 })],
    ['a safe head that does not descend from it', statusOf(DEEP, { safe: 33 })],
    ['a conflicting safe head that does not descend from it', statusOf(DEEP, { safe: 15 })],
  ])('calls it a finalized conflict: %s', (_, status) => {
    expect(judgeChain(input(status, { source: DEEP })).kind).toBe('finalizedConflict');
  });

  it('does not let an unproven finalized head of ours bind anybody', () => {
    const heads = { ...HEADS, isFinalizedProven: false };
    const verdict = judgeChain(input(statusOf(DEEP, { safe: 8 }), { heads, source: DEEP }));
    expect(verdict.kind).toBe('conflict');
  });

  it.each([
    ['safe head', statusOf(CHAIN, { safe: 19, localSafe: 20 })],
    ['local safe head', statusOf(CHAIN, { safe: 19 })],
    ['all heads', statusOf(CHAIN, { safe: 3, finalized: 1 })],
    ['safe head, beside a higher local safe one,', statusOf(CHAIN, { safe: 15, localSafe: 25 })],
  ])('calls a lower %s on our chain behind', (_, status) => {
    expect(judgeChain(input(status, {})).kind).toBe('behind');
  });

  it('lets a local safe head above the safe one be replaced downward, but not merely lowered', () => {
    const heads = { ...HEADS, localSafe: at(CHAIN, 28) };
    const replaced = { ...statusOf(CHAIN, { safe: 20 }), localSafe: at(LATE, 24) };
    expect(judgeChain(input(replaced, { heads }))).toMatchObject({
      ...{ kind: 'fits', forksUnsafe: true, isDescentShown: true },
    });
    const lowered = statusOf(CHAIN, { safe: 20, localSafe: 24 });
    expect(judgeChain(input(lowered, { heads })).kind).toBe('behind');
  });

  it('lets a lower finalized head pass', () => {
    const verdict = judgeChain(input(statusOf(CHAIN, { safe: 21, finalized: 2 }), {}));
    expect(verdict.kind).toBe('fits');
  });

  it.each([
    ['number', { number: 26n }],
    ['parent', { parentHash: at(CHAIN, 3).hash }],
    ['time', { timestamp: 1n }],
    ['origin hash', { l1Origin: { ...at(CHAIN, 25).l1Origin, hash: at(CHAIN, 3).hash } }],
    ['origin number', { l1Origin: { ...at(CHAIN, 25).l1Origin, number: 2n } }],
    ['sequence number', { sequenceNumber: 77n }],
  ])('sees our own block with another %s', (what, lie) => {
    const status = statusOf(CHAIN, { safe: 25 });
    const ours = new Map([
      [25n, at(CHAIN, 25)],
      [26n, at(CHAIN, 25)],
    ]);
    const lied = { ...status, localSafe: { ...at(CHAIN, 25), ...lie } };
    const chain = { status: lied, heads: HEADS, ours, theirs: new Map() };
    expect(judgeChain(chain), what).toMatchObject({ kind: 'contradiction', label: 'localSafe' });
  });

  it('takes any sound status while our own heads are not known', () => {
    const heads = { ...UNKNOWN_HEADS, isFinalizedProven: true };
    expect(judgeChain(input(statusOf(CHAIN, { safe: 3 }), { heads }))).toMatchObject({
      ...{ kind: 'fits', isDescentShown: true },
    });
  });
});

describe('what has to be looked up', () => {
  it('is our chain at the heights of the status that we have, each once', () => {
    const status = statusOf(CHAIN, { safe: 25, localSafe: 35, finalized: 25 });
    expect(ourHeights(status, HEADS)).toEqual([at(CHAIN, 25)]);
    expect(heightsOf(ourHeights(statusOf(CHAIN, { safe: 25 }), HEADS))).toEqual([25n]);
  });

  it('is the source only where our chain and the status do not tell, and below its heads', () => {
    const asked = (status: FollowStatus): readonly bigint[] =>
      theirNumbers({
        ...{ status, heads: HEADS },
        ours: blocks(CHAIN, heightsOf(ourHeights(status, HEADS))),
      });
    expect(asked(statusOf(CHAIN, { safe: 25, finalized: 10 }))).toEqual([]);
    expect(asked(statusOf(CHAIN, { safe: 20, localSafe: 35 }))).toEqual([]);
    expect(asked(statusOf(CHAIN, { safe: 33 }))).toEqual([20n, 8n]);
    expect(asked(statusOf(FORK, { safe: 15 }))).toEqual([8n]);
    expect(asked(statusOf(DEEP, { safe: 5 }))).toEqual([]);
  });

  it('leaves out heads of ours that are not known', () => {
    const heads = { ...HEADS, finalized: ZERO_L2_REF };
    const status = statusOf(CHAIN, { safe: 33 });
    expect(theirNumbers({ status, heads, ours: new Map() })).toEqual([20n]);
  });
});
