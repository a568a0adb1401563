import { afterEach, describe, expect, it } from 'vitest';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import { isZeroRef, ZERO_HASH } from '../../../../src/types/block.js';
import type { FollowResult, FollowTarget } from '../../../../src/types/followTarget.js';
import { EngineHarness, followTarget } from '../../../support/engineHarness.js';
import type { MadeBlock } from '../../../support/l2Chain.js';
import { GENESIS_REF, l1Block, makeChain, TEST_ROLLUP } from '../../../support/l2Chain.js';
import { refsAt } from '../../../support/refsAt.js';

let h: EngineHarness;
afterEach(() => h.stop.abort());

const chain = makeChain(GENESIS_REF, 30);
const ref = (blocks: readonly MadeBlock[], number: number): L2BlockRef => {
  const block = blocks.find((b) => b.ref.number === BigInt(number));
  if (block === undefined) throw new Error(`no block ${number}`);
  return block.ref;
};
const at = (number: number): L2BlockRef => ref(chain, number);
const envelopes = (blocks: readonly MadeBlock[]) => blocks.map((b) => b.envelope);

/** An engine that holds blocks 1 to `tip`, with labels where given. */
async function engineAt(
  tip: number,
  labels: { safe?: number; finalized?: number } = {},
  options: ConstructorParameters<typeof EngineHarness>[0] = {},
): Promise<EngineHarness> {
  h = new EngineHarness(options);
  h.engine.importAsHead(...envelopes(chain.slice(0, tip)));
  if (labels.safe !== undefined) h.engine.safeHash = at(labels.safe).hash;
  if (labels.finalized !== undefined) h.engine.finalizedHash = at(labels.finalized).hash;
  return h.start();
}

async function follow(target: FollowTarget): Promise<FollowResult> {
  const settled = await h.actor.follow(target, h.signal);
  if (settled.kind !== 'ok') throw new Error(`settled as ${settled.kind}`);
  return settled.value;
}

/** The engine turns out to lack blocks of its own forkchoice. */
async function expectInconsistent(target: FollowTarget): Promise<void> {
  expect(await h.actor.follow(target, h.signal)).toMatchObject({
    kind: 'failed',
    error: { code: 'ENGINE_FORKCHOICE_INCONSISTENT' },
  });
}

/** Follows the target again and again, every two seconds. */
async function poll(target: FollowTarget, times: number): Promise<void> {
  for (let done = 0; done < times; done += 1) {
    await follow(target);
    await h.clock.advance(2_000);
  }
}

describe('follow task', () => {
  it.each([
    ['before Lagoon', 16, 15],
    ['from Lagoon on: only what is safe, or was cross-unsafe before', 15, 12],
  ])('makes a followed unsafe head cross-unsafe %s', async (_, lagoon, cross) => {
    const forks = { ...TEST_ROLLUP.forks, karst: 0n, lagoon: at(lagoon).timestamp };
    await engineAt(12, {}, { rollup: { ...TEST_ROLLUP, forks } });
    h.engine.import(...envelopes(chain.slice(12, 15)));
    await follow(followTarget(at(8), { localSafe: at(15) }));
    expect(h.heads.unsafe).toEqual(at(15));
    expect(h.heads.crossUnsafe).toEqual(at(cross));
  });

  it('looks once at each height', async () => {
    await engineAt(20, { safe: 8, finalized: 5 });
    await follow(followTarget(at(8), { finalized: at(5) }));
    const asked: bigint[] = [];
    const read = h.engine.l2BlockRefByNumber.bind(h.engine);
    h.engine.l2BlockRefByNumber = (number, signal) => {
      asked.push(number);
      return read(number, signal);
    };
    expect(await follow(followTarget(at(12), { finalized: at(5) }))).toMatchObject({
      kind: 'applied',
    });
    expect(asked.toSorted((a, b) => Number(a - b))).toEqual([5n, 8n, 12n, 20n]);
  });

  it('reads all those heights in one request', async () => {
    await engineAt(20, { safe: 8, finalized: 5 });
    await follow(followTarget(at(8), { finalized: at(5) }));
    const read = h.engine.l2BlockRefByNumber.bind(h.engine);
    const requests: (readonly bigint[])[] = [];
    h.engine.l2BlockRefsAt = async (ids, signal) => {
      requests.push(ids.map(({ number }) => number).toSorted((a, b) => Number(a - b)));
      return refsAt(ids, (number) => read(number, signal));
    };
    h.engine.l2BlockRefByNumber = () => Promise.reject(new Error('asked alone'));
    expect(await follow(followTarget(at(12), { finalized: at(6) }))).toMatchObject({
      kind: 'applied',
    });
    expect(requests).toEqual([[5n, 6n, 8n, 12n, 20n]]);
  });

  it.each([
    ['all of them', []],
    ['one of them', [6n]],
  ])('asks alone for heights that are left out of the answer: %s', async (_, leftOut) => {
    await engineAt(20, { safe: 8, finalized: 5 });
    await follow(followTarget(at(8), { finalized: at(5) }));
    const readAll = h.engine.l2BlockRefsAt.bind(h.engine);
    h.engine.l2BlockRefsAt = async (ids, signal) => {
      const isLeftOut = (number: bigint) => leftOut.length === 0 || leftOut.includes(number);
      return readAll(
        ids.filter(({ number }) => !isLeftOut(number)),
        signal,
      );
    };
    const other = makeChain(GENESIS_REF, 6, 'other').at(-1)?.ref as L2BlockRef;
    expect(await follow(followTarget(at(12), { finalized: other }))).toMatchObject({
      ...{ kind: 'refused', cause: 'not_one_chain' },
    });
    expect(await follow(followTarget(at(12), { finalized: at(6) }))).toMatchObject({
      kind: 'applied',
    });
  });

  it('takes safe, finalized and current L1 in one update and one snapshot', async () => {
    await engineAt(20);
    const snapshots: string[] = [];
    const target = followTarget(at(12), { finalized: at(5), currentL1: l1Block(9n) });
    const seen = h.heads;
    const changed = h.actor.heads.changed(seen, h.signal).then((heads) => {
      snapshots.push(`${heads.safe.number} ${heads.finalized.number} ${heads.currentL1.number}`);
    });
    expect(await follow(target)).toEqual({ kind: 'applied', reorged: false });
    await changed;
    expect(snapshots).toEqual(['12 5 9']);
    expect(h.engine.forkchoices).toEqual([
      {
        headBlockHash: at(20).hash,
        safeBlockHash: at(12).hash,
        finalizedBlockHash: at(5).hash,
      },
    ]);
    expect(h.heads.unsafe).toEqual(at(20));
    expect(h.heads.localSafe).toEqual(at(12));
    expect(h.heads.isFinalizedProven).toBe(true);
    expect(isZeroRef(h.heads.pendingSafe)).toBe(true);
  });

  it('sends nothing for an unchanged target but publishes a newer current L1', async () => {
    await engineAt(20);
    await follow(followTarget(at(12), { finalized: at(5), currentL1: l1Block(9n) }));
    const again = followTarget(at(12), { finalized: at(5), currentL1: l1Block(10n) });
    expect(await follow(again)).toEqual({ kind: 'unchanged' });
    expect(h.engine.forkchoices).toHaveLength(1);
    expect(h.heads.currentL1).toEqual(l1Block(10n));
    expect(await follow({ ...again, currentL1: null })).toEqual({ kind: 'unchanged' });
    expect(h.heads.currentL1).toEqual(l1Block(10n));
  });

  it('keeps finalized where the source knows none or a lower one', async () => {
    await engineAt(20, { safe: 10, finalized: 8 });
    await follow(followTarget(at(12)));
    expect(h.heads.finalized).toEqual(at(8));
    await follow(followTarget(at(13), { finalized: at(4) }));
    expect(h.heads.finalized).toEqual(at(8));
    expect(h.engine.forkchoices.map((f) => f.finalizedBlockHash)).toEqual([at(8).hash, at(8).hash]);
  });

  it('makes a local safe head ahead of ours the target and moves no head before VALID', async () => {
    await engineAt(5);
    h.engine.serve(...envelopes(chain));
    const target = followTarget(at(20), { finalized: at(10) });
    expect(await follow(target)).toEqual({ kind: 'syncing', target: at(20).hash });
    expect(h.heads.unsafe).toEqual(at(5));
    expect(isZeroRef(h.heads.currentL1)).toBe(true);
    expect(await follow(target)).toEqual({ kind: 'syncing', target: at(20).hash });
    expect(h.engine.forkchoices).toHaveLength(1);
    h.engine.completeSync();
    expect(await follow(target)).toEqual({ kind: 'applied', reorged: false });
    expect(h.engine.forkchoices).toHaveLength(2);
    expect(h.heads.unsafe).toEqual(at(20));
    expect(h.heads.finalized).toEqual(at(10));
    expect(h.heads.resetEpoch).toBe(1);
  });

  it('takes unequal safe and local safe heads', async () => {
    await engineAt(20);
    await follow(followTarget(at(12), { safe: at(10) }));
    expect([h.heads.localSafe, h.heads.safe]).toEqual([at(12), at(10)]);
    expect(h.engine.forkchoices.at(-1)?.safeBlockHash).toBe(at(10).hash);
  });

  it('reorgs an unsafe chain that forked above the safe head', async () => {
    await engineAt(20, { safe: 10 });
    await follow(followTarget(at(10)));
    const fork = makeChain(at(14), 10, 'other');
    h.engine.import(...envelopes(fork));
    expect(await follow(followTarget(ref(fork, 18)))).toEqual({ kind: 'applied', reorged: true });
    expect(h.heads.unsafe).toEqual(ref(fork, 18));
    expect(h.heads.safe).toEqual(ref(fork, 18));
    expect(h.engine.head).toEqual(ref(fork, 18));
  });

  it('refuses to replace the safe head without leave, and does it with leave, downward too', async () => {
    await engineAt(20, { safe: 10, finalized: 5 });
    await follow(followTarget(at(15)));
    const fork = makeChain(at(7), 10, 'other');
    h.engine.import(...envelopes(fork));
    const target = followTarget(ref(fork, 9));
    expect(await follow(target)).toMatchObject({ kind: 'refused', cause: 'safe_conflict' });
    expect(h.heads.safe).toEqual(at(15));
    expect(h.engine.forkchoices).toHaveLength(1);
    const allowed = { ...target, mayReplaceSafe: true };
    expect(await follow(allowed)).toEqual({ kind: 'applied', reorged: true });
    expect(h.heads.safe).toEqual(ref(fork, 9));
    expect(h.heads.unsafe).toEqual(ref(fork, 9));
    expect(h.heads.finalized).toEqual(at(5));
  });

  it('refuses a higher safe head on a chain without our safe head, unless it has leave', async () => {
    await engineAt(20, { safe: 10, finalized: 5 });
    await follow(followTarget(at(12)));
    const fork = makeChain(at(8), 10, 'other');
    h.engine.import(...envelopes(fork));
    const target = followTarget(ref(fork, 18));
    expect(await follow(target)).toMatchObject({ cause: 'safe_conflict' });
    expect(h.heads.safe).toEqual(at(12));
    expect(await follow({ ...target, mayReplaceSafe: true })).toMatchObject({ kind: 'applied' });
  });

  it('sends nothing for a lower safe head that the engine does not even hold', async () => {
    await engineAt(20, { safe: 10, finalized: 5 });
    await follow(followTarget(at(15)));
    const fork = makeChain(at(7), 10, 'other');
    for (const number of [12, 15]) {
      const target = followTarget(ref(fork, number));
      expect(await follow(target)).toMatchObject({ cause: 'safe_conflict' });
    }
    expect(h.engine.forkchoices).toHaveLength(1);
  });

  it('sends the old heads again after a restore that could not be made', async () => {
    await engineAt(20, { safe: 10 });
    await follow(followTarget(at(10)));
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -38002, 'no', undefined));
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -32000, 'busy', undefined));
    const refusedTarget = h.actor.follow(followTarget(at(12)), h.signal);
    await h.settle();
    const back = follow(followTarget(at(10)));
    expect(await refusedTarget).toEqual({ kind: 'superseded' });
    await back;
    const [good, bad, restore, again] = h.engine.forkchoices;
    expect([restore, again]).toEqual([good, good]);
    expect(bad).not.toEqual(good);
  });

  it('refuses a lower safe head on the same chain without leave', async () => {
    await engineAt(20);
    await follow(followTarget(at(15)));
    expect(await follow(followTarget(at(12)))).toMatchObject({ cause: 'safe_conflict' });
    expect(h.heads.safe).toEqual(at(15));
    expect(h.engine.forkchoices).toHaveLength(1);
  });

  it('lets the first status lower the safe label, never below finalized, with a warning', async () => {
    await engineAt(20, { safe: 15, finalized: 5 });
    expect(await follow(followTarget(at(12)))).toEqual({ kind: 'applied', reorged: false });
    expect(h.heads.safe).toEqual(at(12));
    expect(h.log.find('Follow Source: safe head goes back or is replaced')).toHaveLength(1);
    h.stop.abort();
    await engineAt(20, { safe: 15, finalized: 13 });
    expect(await follow(followTarget(at(12)))).toMatchObject({ kind: 'refused' });
    expect(h.heads.safe).toEqual(at(15));
  });

  it('never leaves the proven finalized block, with or without leave', async () => {
    await engineAt(20, { safe: 10, finalized: 8 });
    const fork = makeChain(at(6), 16, 'other');
    h.engine.import(...envelopes(fork));
    for (const mayReplaceSafe of [false, true]) {
      const target = followTarget(ref(fork, 18), { mayReplaceSafe });
      expect(await follow(target)).toMatchObject({ cause: 'finalized_conflict' });
    }
    const same = followTarget(at(12), { finalized: ref(fork, 8), mayReplaceSafe: true });
    expect(await follow(same)).toMatchObject({ cause: 'finalized_conflict' });
    expect(h.engine.forkchoices).toHaveLength(0);
    expect(h.heads.finalized).toEqual(at(8));
  });

  it('refuses refs that do not lie on one chain before anything is sent', async () => {
    await engineAt(20);
    const fork = makeChain(at(6), 10, 'other');
    h.engine.import(...envelopes(fork));
    const cases = [
      followTarget(at(12), { safe: ref(fork, 10) }),
      followTarget(at(12), { finalized: ref(fork, 9) }),
      followTarget(at(12), { safe: at(13) }),
      followTarget(at(12), { finalized: at(13) }),
    ];
    for (const target of cases) {
      expect(await follow(target)).toMatchObject({ cause: 'not_one_chain' });
    }
    expect(h.engine.forkchoices).toHaveLength(0);
  });

  it('checks a chain that the engine fetched before heads move, and goes back where it is wrong', async () => {
    await engineAt(20, { safe: 10, finalized: 8 });
    await follow(followTarget(at(10)));
    const fork = makeChain(at(6), 20, 'other');
    h.engine.serve(...envelopes(fork));
    const target = followTarget(ref(fork, 24));
    expect(await follow(target)).toMatchObject({ kind: 'syncing' });
    h.engine.completeSync();
    expect(h.engine.head).toEqual(ref(fork, 24));
    expect(await follow(target)).toMatchObject({ cause: 'finalized_conflict' });
    expect(h.heads.unsafe).toEqual(at(20));
    expect(h.engine.head).toEqual(at(20));
  });

  it('checks after the answer where the engine is VALID at once for a head it did not have', async () => {
    await engineAt(20, { safe: 10, finalized: 8 });
    await follow(followTarget(at(10)));
    const fork = makeChain(at(6), 20, 'other');
    const forkchoiceUpdated = h.engine.forkchoiceUpdated.bind(h.engine);
    h.engine.forkchoiceUpdated = (state, attributes, signal) => {
      if (state.headBlockHash === ref(fork, 24).hash) h.engine.import(...envelopes(fork));
      return forkchoiceUpdated(state, attributes, signal);
    };
    const target = followTarget(ref(fork, 24), { finalized: ref(fork, 15) });
    expect(await follow(target)).toMatchObject({ cause: 'finalized_conflict' });
    expect([h.heads.unsafe, h.heads.finalized]).toEqual([at(20), at(8)]);
    expect(h.engine.head).toEqual(at(20));
    expect(h.engine.finalizedHash).toBe(at(8).hash);
  });

  it('takes a head that the engine did not have and is VALID for at once', async () => {
    await engineAt(20, { safe: 10, finalized: 8 });
    await follow(followTarget(at(10)));
    const forkchoiceUpdated = h.engine.forkchoiceUpdated.bind(h.engine);
    h.engine.forkchoiceUpdated = (state, attributes, signal) => {
      h.engine.import(...envelopes(chain));
      return forkchoiceUpdated(state, attributes, signal);
    };
    const target = followTarget(at(24), { finalized: at(15) });
    expect(await follow(target)).toEqual({ kind: 'applied', reorged: false });
    expect([h.heads.unsafe, h.heads.safe, h.heads.finalized]).toEqual([at(24), at(24), at(15)]);
  });

  it('calls the engine back where the source returns to our heads', async () => {
    await engineAt(20, { safe: 10 });
    await follow(followTarget(at(12)));
    h.engine.serve(...envelopes(chain));
    expect(await follow(followTarget(at(25)))).toMatchObject({ kind: 'syncing' });
    const sent = h.engine.forkchoices.length;
    expect(await follow(followTarget(at(12)))).toEqual({ kind: 'applied', reorged: false });
    expect(h.engine.forkchoices).toHaveLength(sent + 1);
    expect(h.engine.forkchoices.at(-1)?.headBlockHash).toBe(at(20).hash);
  });

  it('counts the time without progress from each new target', async () => {
    await engineAt(5);
    h.engine.serve(...envelopes(chain));
    await poll(followTarget(at(20)), 25);
    h.engine.completeSync();
    expect(await follow(followTarget(at(20)))).toMatchObject({ kind: 'applied' });
    await poll(followTarget(at(25)), 25);
    expect(h.log.messages('warn')).toEqual([]);
    expect(h.metrics.value('engine_sync_target_stalled')).toBe(0);
  });

  it('knows a lost head from one that it is still on the way to', async () => {
    await engineAt(5);
    h.engine.serve(...envelopes(chain));
    await follow(followTarget(at(20)));
    h.engine.completeSync();
    await follow(followTarget(at(20)));
    h.engine.rewind(19n);
    await expectInconsistent(followTarget(at(20), { safe: at(18) }));
  });

  it('refuses a chain that the engine holds the head of only', async () => {
    await engineAt(20, { safe: 10, finalized: 8 });
    await follow(followTarget(at(10)));
    const fork = makeChain(at(12), 10, 'other');
    h.engine.import(...envelopes(fork.slice(-1)));
    const result = await follow(followTarget(ref(fork, 22), { safe: ref(fork, 18) }));
    expect(result).toMatchObject({ kind: 'refused', cause: 'not_one_chain' });
  });

  it('follows on to a higher target while the engine is away on a shorter chain: no reset', async () => {
    await engineAt(20, { safe: 10, finalized: 5 });
    await follow(followTarget(at(10)));
    const fork = makeChain(at(12), 10, 'other');
    h.engine.serve(...envelopes(fork));
    expect(await follow(followTarget(ref(fork, 15)))).toMatchObject({ kind: 'syncing' });
    h.engine.completeSync();
    expect(await follow(followTarget(ref(fork, 18)))).toMatchObject({ kind: 'syncing' });
    h.engine.completeSync();
    const result = await follow(followTarget(ref(fork, 18)));
    expect(result).toEqual({ kind: 'applied', reorged: true });
    expect(h.heads.resetEpoch).toBe(1);
  });

  it.each([-38002, -38003])('refuses on %i and restores the last good forkchoice', async (code) => {
    await engineAt(20, { safe: 10 });
    await follow(followTarget(at(10)));
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', code, 'no', undefined));
    const result = await follow(followTarget(at(12)));
    expect(result).toMatchObject({ kind: 'refused', cause: 'forkchoice' });
    const [good, bad, restored] = h.engine.forkchoices;
    expect(bad?.safeBlockHash).toBe(at(12).hash);
    expect(restored).toEqual(good);
    expect(h.heads.safe).toEqual(at(10));
    expect(h.metrics.value('engine_follow_refused_total', { cause: 'forkchoice' })).toBe(1);
  });

  it('refuses on INVALID and restores the last good forkchoice', async () => {
    await engineAt(20, { safe: 10 });
    await follow(followTarget(at(10)));
    h.engine.answerNext('forkchoiceUpdated', {
      status: 'INVALID',
      latestValidHash: null,
      validationError: 'bad block',
    });
    const result = await follow(followTarget(at(12)));
    expect(result).toMatchObject({ cause: 'invalid', reason: 'INVALID (bad block)' });
    expect(h.engine.forkchoices[2]).toEqual(h.engine.forkchoices[0]);
    expect(h.heads.safe).toEqual(at(10));
  });

  it('tries again after a temporary failure, and a newer target takes its place', async () => {
    await engineAt(20);
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -32000, 'busy', undefined), 2);
    const first = h.actor.follow(followTarget(at(10)), h.signal);
    await h.settle();
    const second = h.actor.follow(followTarget(at(12)), h.signal);
    expect(await first).toEqual({ kind: 'superseded' });
    await h.clock.advance(10_000);
    expect(await second).toMatchObject({ kind: 'ok', value: { kind: 'applied' } });
    expect(h.heads.safe).toEqual(at(12));
  });

  it('warns with the peer count when a target makes no progress, and sends it again', async () => {
    await engineAt(5);
    h.engine.serve(...envelopes(chain));
    h.engine.peers = 3;
    await poll(followTarget(at(20)), 35);
    const warned = h.log.find('Execution layer makes no progress towards the followed head');
    expect(warned).toHaveLength(1);
    expect(warned[0]?.fields.peerCount).toBe(3);
    expect(h.metrics.value('engine_sync_target_stalled')).toBe(1);
    expect(h.engine.forkchoices).toHaveLength(3);
  });

  it('warns once a minute while a target makes no progress', async () => {
    await engineAt(5);
    h.engine.serve(...envelopes(chain));
    await poll(followTarget(at(20)), 61);
    expect(h.log.find('Execution layer makes no progress towards the followed head')).toHaveLength(
      2,
    );
  });

  it('resets when the engine has lost the very block that is our unsafe head', async () => {
    await engineAt(20, { safe: 10, finalized: 5 });
    await follow(followTarget(at(10)));
    h.engine.rewind(19n);
    await expectInconsistent(followTarget(at(20)));
  });

  it('resets when the engine has lost blocks below our unsafe head', async () => {
    await engineAt(20, { safe: 10, finalized: 5 });
    await follow(followTarget(at(10)));
    h.engine.rewind(8n);
    const settled = await h.actor.follow(followTarget(at(12)), h.signal);
    expect(settled).toMatchObject({ kind: 'failed' });
    await h.settle();
    expect(h.heads.unsafe).toEqual(at(8));
    expect(h.heads.resetEpoch).toBe(2);
  });
});

describe('follow task in execution-layer mode', () => {
  const options = { syncMode: 'execution-layer', offsetElSafeSec: 10 } as const;

  it('starts, drives and ends the sync of the execution layer without any gossip', async () => {
    await engineAt(0, {}, options);
    h.engine.serve(...envelopes(chain));
    expect(h.heads.elSync).toBe('willStart');
    const target = followTarget(at(20), { finalized: at(18) });
    expect(await follow(target)).toEqual({ kind: 'syncing', target: at(20).hash });
    expect(h.heads.elSync).toBe('started');
    expect(h.engine.forkchoices.at(-1)?.finalizedBlockHash).toBe(ZERO_HASH);
    h.engine.completeSync();
    expect(await follow(target)).toMatchObject({ kind: 'applied' });
    expect(h.heads.elSync).toBe('finished');
    expect(h.heads.finalized).toEqual(at(18));
    expect(h.heads.isFinalizedProven).toBe(true);
    expect(h.log.find('Finished EL sync')).toHaveLength(1);
  });

  it('leaves finalized unproven at the offset where the status knows none, until one does', async () => {
    await engineAt(0, {}, options);
    h.engine.serve(...envelopes(chain));
    await follow(followTarget(at(20)));
    h.engine.completeSync();
    await follow(followTarget(at(20)));
    expect(h.heads.finalized).toEqual(at(15));
    expect(h.heads.isFinalizedProven).toBe(false);
    await follow(followTarget(at(20), { finalized: at(15) }));
    expect(h.heads.isFinalizedProven).toBe(true);
  });

  it('lets a checked status replace an unproven finalized head of another chain', async () => {
    await engineAt(0, {}, options);
    const wrong = makeChain(GENESIS_REF, 20, 'wrong');
    h.engine.serve(...envelopes(wrong));
    h.engine.import(...envelopes(chain));
    await follow(followTarget(ref(wrong, 20)));
    h.engine.completeSync();
    await follow(followTarget(ref(wrong, 20)));
    expect(h.heads.finalized).toEqual(ref(wrong, 15));
    const target = followTarget(at(25), { finalized: at(12), mayReplaceSafe: true });
    expect(await follow(target)).toEqual({ kind: 'applied', reorged: true });
    expect(h.heads.finalized).toEqual(at(12));
  });

  it('leaves a sync alone that gossip drives to a higher block', async () => {
    await engineAt(0, {}, options);
    h.engine.serve(...envelopes(chain));
    h.actor.addUnsafePayload((chain[24] as MadeBlock).envelope);
    await h.settle();
    expect(h.engine.syncTarget).toBe(at(25).hash);
    expect(await follow(followTarget(at(20)))).toMatchObject({ kind: 'syncing' });
    expect(h.engine.syncTarget).toBe(at(25).hash);
    expect(h.engine.forkchoices).toHaveLength(1);
  });

  it('needs no sync where the execution layer already holds the followed head', async () => {
    await engineAt(25, {}, options);
    expect(await follow(followTarget(at(20)))).toMatchObject({ kind: 'applied', reorged: false });
    expect(h.heads.unsafe).toEqual(at(25));
    expect(h.heads.elSync).toBe('finished');
  });
});

describe('a target that drops unsafe blocks', () => {
  const back = (safe: L2BlockRef): FollowTarget =>
    followTarget(safe, { currentL1: null, mayReplaceSafe: true, dropsUnsafe: true });

  it('takes all heads but finalized back to its local safe head', async () => {
    await engineAt(20, { safe: 15, finalized: 8 });
    expect(await follow(back(at(12)))).toEqual({ kind: 'applied', reorged: true });
    expect(h.engine.forkchoices.at(-1)).toEqual({
      headBlockHash: at(12).hash,
      safeBlockHash: at(12).hash,
      finalizedBlockHash: at(8).hash,
    });
    const { unsafe, crossUnsafe, localSafe, safe, finalized } = h.heads;
    expect([unsafe, crossUnsafe, localSafe, safe]).toEqual([at(12), at(12), at(12), at(12)]);
    expect(finalized).toEqual(at(8));
  });

  it('drops them where the safe heads are there already', async () => {
    await engineAt(20, { safe: 12, finalized: 8 });
    await follow(followTarget(at(12)));
    expect(h.heads.unsafe).toEqual(at(20));
    expect(await follow(back(at(12)))).toEqual({ kind: 'applied', reorged: true });
    expect(h.heads.unsafe).toEqual(at(12));
    expect(await follow(back(at(12)))).toEqual({ kind: 'unchanged' });
  });

  it('drops the payloads that wait to go on top of them', async () => {
    await engineAt(20);
    for (const { envelope } of chain.slice(21, 24)) h.actor.addUnsafePayload(envelope);
    await follow(back(at(12)));
    await h.clock.advance(60_000);
    expect(h.heads.unsafe).toEqual(at(12));
  });

  it('leaves them to wait where it is refused', async () => {
    await engineAt(20);
    await follow(followTarget(at(15), { finalized: at(10) }));
    for (const { envelope } of chain.slice(21, 24)) h.actor.addUnsafePayload(envelope);
    expect(await follow(back(at(9)))).toMatchObject({ kind: 'refused' });
    h.actor.addUnsafePayload((chain[20] as MadeBlock).envelope);
    await h.settle();
    expect(h.heads.unsafe).toEqual(at(24));
  });

  it('leaves current L1 as it is where no safe head goes back, else it is not known', async () => {
    await engineAt(20);
    await follow(followTarget(at(15), { currentL1: l1Block(9n) }));
    await follow(back(at(15)));
    expect(h.heads.currentL1).toEqual(l1Block(9n));
    await follow(back(at(12)));
    expect(isZeroRef(h.heads.currentL1)).toBe(true);
  });

  it('is refused below the finalized head', async () => {
    await engineAt(20);
    await follow(followTarget(at(15), { finalized: at(10) }));
    expect(await follow(back(at(9)))).toMatchObject({ kind: 'refused', cause: 'safe_conflict' });
    expect(h.heads.unsafe).toEqual(at(20));
    expect(h.heads.safe).toEqual(at(15));
  });
});
