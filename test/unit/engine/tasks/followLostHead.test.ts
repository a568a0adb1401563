import { afterEach, describe, expect, it } from 'vitest';
import type { Settled } from '../../../../src/runtime/laneQueue.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import type { FollowResult, FollowTarget } from '../../../../src/types/followTarget.js';
import { EngineHarness, followTarget } from '../../../support/engineHarness.js';
import { SYNCING } from '../../../support/fakeEngine.js';
import type { MadeBlock } from '../../../support/l2Chain.js';
import { GENESIS_REF, hashOf, makeChain } from '../../../support/l2Chain.js';

const chain = makeChain(GENESIS_REF, 25);
const at = (number: number): L2BlockRef => (chain[number - 1] as MadeBlock).ref;
const LOST = { kind: 'failed', error: { code: 'ENGINE_HEAD_LOST', severity: 'reset' } };

let h: EngineHarness;
afterEach(() => h.stop.abort());

/** Follows block 10 with blocks up to 20 in the execution layer, above which it holds five more. */
async function started(): Promise<void> {
  h = new EngineHarness();
  h.engine.importAsHead(...chain.slice(0, 20).map(({ envelope }) => envelope));
  h.engine.safeHash = at(10).hash;
  h.engine.finalizedHash = at(5).hash;
  await h.start();
  await follow(followTarget(at(10)));
}

function follow(target: FollowTarget): Promise<Settled<FollowResult>> {
  return h.actor.follow(target, h.signal);
}

describe('an execution layer that lost unsafe blocks above what is followed', () => {
  it('gets them back before anything is followed', async () => {
    await started();
    for (const { ref, envelope } of chain.slice(18, 20))
      h.engine.remembered.set(ref.hash, envelope);
    h.engine.rewind(18n);
    expect(await follow(followTarget(at(12)))).toMatchObject(LOST);
    await h.settle();
    expect([h.heads.unsafe, h.heads.safe]).toEqual([at(20), at(10)]);
    expect(await follow(followTarget(at(12)))).toMatchObject({
      value: { kind: 'applied', reorged: false },
    });
    expect([h.heads.unsafe, h.heads.safe]).toEqual([at(20), at(12)]);
  });

  it('keeps what it still has where they are not remembered', async () => {
    await started();
    h.engine.rewind(18n);
    await follow(followTarget(at(12)));
    await h.settle();
    expect(h.heads.unsafe).toEqual(at(18));
  });

  it('is found out by its answer, too', async () => {
    await started();
    h.engine.answerNext('forkchoiceUpdated', SYNCING);
    const byNumber = h.engine.l2BlockRefByNumber.bind(h.engine);
    let reads = 0;
    h.engine.l2BlockRefByNumber = async (number, signal) => {
      if (number === 20n && ++reads === 2) h.engine.rewind(18n);
      return byNumber(number, signal);
    };
    expect(await follow(followTarget(at(12)))).toMatchObject(LOST);
  });
});

it('an execution layer that cannot show its head by number is taken as it is after one reset', async () => {
  await started();
  const byNumber = h.engine.l2BlockRefByNumber.bind(h.engine);
  h.engine.rewind(19n);
  h.engine.import(...chain.slice(19, 20).map(({ envelope }) => envelope));
  h.engine.l2BlockRefByNumber = async (number, signal) =>
    number === 20n ? null : byNumber(number, signal);
  expect(await follow(followTarget(at(12)))).toMatchObject(LOST);
  await h.settle();
  expect(h.heads.unsafe).toEqual(at(20));
  h.engine.l2BlockRefByNumber = byNumber;
  expect(await follow(followTarget(at(12)))).toMatchObject({ value: { kind: 'applied' } });
});

describe('a target that names a block and says other things of it', () => {
  it.each<readonly [string, Partial<L2BlockRef>]>([
    ['its number of blocks in the epoch', { sequenceNumber: 99n }],
    ['its time', { timestamp: 7n }],
    ['its parent', { parentHash: hashOf('other parent') }],
    ['its L1 origin', { l1Origin: { hash: hashOf('other origin'), number: 3n } }],
    ['the height of its L1 origin', { l1Origin: { ...at(22).l1Origin, number: 77n } }],
  ])('is refused: %s', async (_, lie) => {
    await started();
    h.engine.import(...chain.slice(20).map(({ envelope }) => envelope));
    const said = { ...at(22), ...lie };
    const result = { kind: 'refused', cause: 'contents' };
    expect(await follow(followTarget(said))).toMatchObject({ value: result });
    const aboveSafe = followTarget(at(24), { safe: said });
    expect(await follow(aboveSafe)).toMatchObject({ value: result });
    const finalized = followTarget(at(24), { finalized: said });
    expect(await follow(finalized)).toMatchObject({ value: result });
    expect([h.heads.unsafe, h.heads.safe]).toEqual([at(20), at(10)]);
    expect(await follow(followTarget(at(22)))).toMatchObject({ value: { kind: 'applied' } });
  });
});

it.each<readonly [string, Partial<L2BlockRef>]>([
  ['its time', { timestamp: 7n }],
  ['its height', { number: 1_000_000n }],
])(
  'the first sync of an execution layer ends with what its head is, not with %s as said',
  async (_, lie) => {
    h = await new EngineHarness({ syncMode: 'execution-layer' }).start();
    h.engine.serve(...chain.map(({ envelope }) => envelope));
    const said = { ...at(20), ...lie };
    await follow(followTarget(said));
    h.engine.completeSync();
    await h.clock.advance(31_000);
    await follow(followTarget(said));
    await h.settle();
    expect([h.heads.elSync, h.heads.unsafe]).toEqual(['finished', at(20)]);
    h.engine.import(...chain.slice(20).map(({ envelope }) => envelope));
    expect(await follow(followTarget(at(22)))).toMatchObject({ value: { kind: 'applied' } });
  },
);
