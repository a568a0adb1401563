import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { POLL_RESULTS } from '../../../src/follow/pollOutcome.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { ZERO_L1_REF, ZERO_L2_REF } from '../../../src/types/block.js';
import { statusJson } from '../../support/followStatusJson.js';
import { at, FollowWorld, refsOn, SOURCE_DOWN, statusOf } from '../../support/followWorld.js';
import { GENESIS_REF, hashOf, l1Block } from '../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 40);
const CHAINS = [
  CHAIN,
  [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 28, 'fork')],
  [...CHAIN.slice(0, 3), ...refsOn(at(CHAIN, 3), 37, 'deep')],
];
const REAL = new Set([GENESIS_REF, ...CHAINS.flat()].map((ref) => ref.hash));

/** Honest heads of some chain, as a start for lies. */
const honest = fc
  .tuple(fc.nat(2), fc.nat(40), fc.nat(40), fc.nat(40), fc.nat(60))
  .map(([chain, a, b, c, l1]) => {
    const [finalized = 0, safe = 0, localSafe = 0] = [a, b, c].sort((x, y) => x - y);
    const heads = { finalized, safe, localSafe, currentL1: l1Block(BigInt(l1)) };
    return statusJson(statusOf(CHAINS[chain] ?? CHAIN, heads));
  });

const ref = fc.oneof(
  fc.tuple(fc.nat(2), fc.nat(40)).map(([c, n]) => at(CHAINS[c] ?? CHAIN, n)),
  fc.constant(ZERO_L2_REF),
  fc.nat(60).map((n) => ({ ...GENESIS_REF, hash: hashOf(`unknown ${n}`), number: BigInt(n) })),
);

function refJson(value: L2BlockRef): unknown {
  const status = statusOf(CHAIN, { safe: 1 });
  return statusJson({ ...status, safe: value }).safe_l2;
}

const FIELDS = ['hash', 'number', 'parentHash', 'timestamp', 'l1origin', 'sequenceNumber'];

/** One change to a status: another ref, a wrong field, nonsense, or something missing. */
const lie = fc.record({
  label: fc.constantFrom('safe_l2', 'local_safe_l2', 'finalized_l2'),
  how: fc.oneof(
    ref.map((value) => () => refJson(value)),
    fc
      .tuple(fc.constantFrom(...FIELDS), fc.oneof(fc.nat(60), fc.jsonValue()))
      .map(([field, value]) => (old: unknown) => ({ ...(old as object), [field]: value })),
    fc.jsonValue().map((value) => () => value),
  ),
});

const answer = fc.oneof(
  { weight: 4, arbitrary: honest },
  {
    weight: 4,
    arbitrary: fc.tuple(honest, lie).map(([status, { label, how }]) => ({
      ...status,
      [label]: how(status[label]),
    })),
  },
  { weight: 1, arbitrary: fc.jsonValue() as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: fc.constant('down') as fc.Arbitrary<unknown> },
);

const step = fc.record({
  answer,
  /** L1 reorgs from this height before the poll; most polls have none. */
  reorg: fc.option(fc.record({ from: fc.nat(60), fork: fc.constantFrom('b', 'c') }), { freq: 6 }),
  isL1Down: fc.boolean(),
  tells: fc.option(fc.nat(2), { freq: 2 }),
});

interface Step {
  readonly answer: unknown;
  readonly reorg: { readonly from: number; readonly fork: string } | null;
  readonly isL1Down: boolean;
  readonly tells: number | null;
}

async function runs(steps: readonly Step[], world: FollowWorld): Promise<void> {
  let hasApplied = false;
  for (const [i, now] of steps.entries()) {
    const source = world.source(i % world.sources.length);
    const before = world.heads;
    if (now.reorg !== null) {
      world.l1.reorg(BigInt(now.reorg.from), now.reorg.fork);
      world.l1.forget();
    }
    world.l1.head = now.isL1Down && i % 5 === 0 ? 3n : 100n;
    for (const each of world.sources) {
      each.fault = now.answer === 'down' ? SOURCE_DOWN : null;
      each.chain = now.tells === null ? null : (CHAINS[now.tells] ?? null);
    }
    source.raw = now.answer;
    const successes = world.count('success');
    await world.poll();
    check(world, before);
    if (hasApplied) checkReplacement(world, before);
    const target = world.engine.targets.at(-1);
    const isApplied = target !== undefined && REAL.has(target.localSafe.hash);
    hasApplied ||= isApplied && world.count('success') > successes;
  }
  const counted = POLL_RESULTS.reduce((sum, result) => sum + world.count(result), 0);
  expect(counted).toBe(steps.length);
}

function check(world: FollowWorld, before: FollowWorld['heads']): void {
  const { unsafe, localSafe, safe, finalized, currentL1, isFinalizedProven } = world.heads;
  for (const head of [unsafe, localSafe, safe, finalized]) expect(REAL.has(head.hash)).toBe(true);
  expect(finalized.number <= safe.number).toBe(true);
  expect(safe.number <= localSafe.number).toBe(true);
  expect(localSafe.number <= unsafe.number).toBe(true);
  if (before.isFinalizedProven) {
    expect(isFinalizedProven).toBe(true);
    expect(finalized.number >= before.finalized.number).toBe(true);
    const held = at(chainOf(safe), Number(before.finalized.number));
    expect(held.hash).toBe(before.finalized.hash);
  }
  const isSafeBack = safe.number < before.safe.number;
  const isCurrentBack = currentL1.number < before.currentL1.number;
  const target = world.engine.targets.at(-1);
  if (isSafeBack) expect(target?.mayReplaceSafe).toBe(true);
  if (isCurrentBack) {
    expect(world.l1.canonical(before.currentL1.number).hash).not.toBe(before.currentL1.hash);
  }
  if (currentL1.hash !== before.currentL1.hash && currentL1.hash !== ZERO_L1_REF.hash) {
    expect(world.l1.canonical(currentL1.number).hash).toBe(currentL1.hash);
  }
}

/** After the first applied status, our safe block is replaced only when an L1 block that it rested on is gone. */
function checkReplacement(world: FollowWorld, before: FollowWorld['heads']): void {
  const { safe } = world.heads;
  const low = Math.min(Number(safe.number), Number(before.safe.number));
  const [now, then] = [safe, before.safe].map((head) => at(chainOf(head), low).hash);
  if (now === then) return;
  const isGone = [before.safe.l1Origin, before.currentL1].some(
    ({ hash, number }) => world.l1.canonical(number).hash !== hash,
  );
  expect(isGone).toBe(true);
}

function chainOf(ref: L2BlockRef): readonly L2BlockRef[] {
  return CHAINS.find((each) => at(each, Number(ref.number)).hash === ref.hash) ?? [];
}

describe('whatever the sources answer', () => {
  it.each([
    ['one source', { sources: 1 }],
    ['three sources', { sources: 3, options: { maxLagBlocks: 3 } }],
    ['a quorum of two', { sources: 3, options: { quorum: 2 } }],
  ])(
    'with %s, no head moves to something unchecked, finalized never goes back, and the follower goes on',
    async (_, options) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
          const world = new FollowWorld(options);
          world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 5), localSafe: at(CHAIN, 5) });
          world.engine.import(...CHAINS.flat());
          for (const source of world.sources) source.status = statusOf(CHAIN, { safe: 8 });
          await runs(steps, world);
        }),
        { seed: 7, numRuns: 60 },
      );
    },
  );
});
