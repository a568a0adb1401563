import { afterEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../../src/engine/taskContext.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { DERIVE_OPTIONS, EngineHarness, followTarget } from '../../support/engineHarness.js';
import { FakeEngine } from '../../support/fakeEngine.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, l1Block, makeBlock, makeChain } from '../../support/l2Chain.js';

const chain = makeChain(GENESIS_REF, 20);
const block = (number: number): MadeBlock => chain[number - 1] as MadeBlock;
const at = (number: number): L2BlockRef => block(number).ref;

let h: EngineHarness;
afterEach(() => h.stop.abort());

function harness(tip: number, options: Partial<EngineOptions> = {}): EngineHarness {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.slice(0, tip).map((b) => b.envelope));
  h = new EngineHarness(options, { engine });
  return h;
}

describe('engine actor', () => {
  it.each([
    ['following', {}, ['seal', 'build', 'insert', 'follow']],
    ['deriving', DERIVE_OPTIONS, ['seal', 'build', 'insert', 'synchronize', 'finalize']],
  ] as const)('runs waiting work by lane while %s', async (_, options, expected) => {
    harness(5, options);
    const isFollowing = Object.keys(options).length === 0;
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    const info = { id: '0x0000000000000001', timestamp: 1n } as const;
    const attributes = {
      timestamp: at(6).timestamp,
      prevRandao: block(6).envelope.executionPayload.prevRandao,
      suggestedFeeRecipient: block(6).envelope.executionPayload.feeRecipient,
      transactions: block(6).envelope.executionPayload.transactions,
      noTxPool: false,
      gasLimit: 1n,
    };
    const build = { attributes, parent: at(5), concluding: false, derivedFrom: null };
    const safeWork = isFollowing
      ? [h.actor.follow(followTarget(at(3)), h.signal).then(note('follow'))]
      : [
          h.actor.finalize(GENESIS_REF, h.signal).then(note('finalize')),
          h.actor.synchronize(h.signal).then(note('synchronize')),
        ];
    const all = [
      ...safeWork,
      h.actor
        .insertSealed({ envelope: block(6).envelope, ref: at(6) }, null, h.signal)
        .then(note('insert')),
      h.actor.build(build, h.signal).then(note('build')),
      h.actor.seal({ info, parent: at(5), startedMs: 0 }, h.signal).then(note('seal')),
    ];
    await h.start();
    await Promise.all(all);
    expect(order).toEqual(expected);
  });

  it('keeps only the newest follow target that waits', async () => {
    harness(10);
    const first = h.actor.follow(followTarget(at(3)), h.signal);
    const second = h.actor.follow(followTarget(at(4)), h.signal);
    await h.start();
    expect(await first).toEqual({ kind: 'superseded' });
    expect(await second).toMatchObject({ kind: 'ok' });
    expect(h.engine.forkchoices).toHaveLength(1);
  });

  it('publishes a new snapshot only when something changed', async () => {
    await harness(10).start();
    await h.actor.follow(followTarget(at(3)), h.signal);
    const seen = h.heads;
    await h.actor.follow(followTarget(at(3)), h.signal);
    expect(h.heads).toBe(seen);
  });

  it('publishes nothing new when the execution layer is told heads that it holds', async () => {
    await harness(10, DERIVE_OPTIONS).start();
    const seen = h.heads;
    expect(await h.actor.synchronize(h.signal)).toEqual({ kind: 'ok', value: 'unchanged' });
    expect(h.heads).toBe(seen);
  });

  it.each([
    ['following', {}, ['seal', 'build', 'commit', 'insert', 'follow']],
    ['deriving', DERIVE_OPTIONS, ['seal', 'build', 'commit', 'insert', 'consolidate', 'finalize']],
  ] as const)('has only the lanes that it needs while %s', async (_, options, lanes) => {
    await harness(5, options).start();
    h.actor.addUnsafePayload(block(6).envelope);
    await h.settle();
    const shown = [
      'control',
      'seal',
      'build',
      'commit',
      'insert',
      'follow',
      'consolidate',
      'finalize',
    ].filter((lane) => h.metrics.value('engine_lane_depth', { lane }) !== undefined);
    expect(shown).toEqual(['control', ...lanes]);
  });

  it('takes no attributes that were derived before a reset, though they fit its heads', async () => {
    await harness(5, DERIVE_OPTIONS).start();
    const { resetEpoch, pendingSafe } = h.heads;
    const next = block(Number(pendingSafe.number) + 1);
    const { timestamp, prevRandao, feeRecipient, transactions, gasLimit } =
      next.envelope.executionPayload;
    const derived = {
      attributes: {
        ...{ timestamp, prevRandao, suggestedFeeRecipient: feeRecipient },
        ...{ transactions, noTxPool: true, gasLimit },
      },
      parent: pendingSafe,
      concluding: true,
      derivedFrom: l1Block(60n),
    };
    expect(await h.actor.consolidate(derived, h.signal, resetEpoch - 1)).toEqual({
      kind: 'ok',
      value: { kind: 'stale' },
    });
    expect(h.heads.pendingSafe).toEqual(pendingSafe);
  });

  it('lets no payload of others stand before a block of our own, however long it fails', async () => {
    await harness(5, DERIVE_OPTIONS).start();
    const foreign = makeBlock(at(5), { fork: 'foreign' });
    h.engine.failing.set(foreign.ref.hash, new RpcError('newPayload', -32000, 'busy', undefined));
    h.actor.addUnsafePayload(foreign.envelope);
    await h.clock.advance(5_000);
    const sealed = h.actor.insertSealed(block(6), null, h.signal);
    const committed = h.actor.commitBlock(block(7).envelope, h.signal);
    await h.settle();
    expect(await sealed).toMatchObject({ value: { kind: 'inserted', ref: at(6) } });
    expect(await committed).toMatchObject({ value: { kind: 'done' } });
    expect(h.heads.unsafe).toEqual(at(7));
  });

  it.each([
    ['following', {}, ['seal', 'build', 'commit', 'insert', 'follow']],
    ['deriving', DERIVE_OPTIONS, ['seal', 'build', 'commit', 'insert', 'consolidate', 'finalize']],
  ] as const)(
    'gives every lane its turns while all calls fail for now, %s',
    async (_, options, lanes) => {
      await harness(5, options).start();
      const busy = new RpcError('engine', -32000, 'busy', undefined);
      const methods = ['forkchoiceUpdated', 'newPayload', 'getPayload', 'read'] as const;
      for (const method of methods) h.engine.failNext(method, busy, 100_000);
      const { timestamp, prevRandao, feeRecipient, transactions, gasLimit } =
        block(6).envelope.executionPayload;
      const attributes = {
        ...{ timestamp, prevRandao, suggestedFeeRecipient: feeRecipient, transactions, gasLimit },
        noTxPool: false,
      };
      const info = { id: '0x0000000000000001', timestamp } as const;
      const parent = at(5);
      const derivedFrom = l1Block(60n);
      h.actor.addUnsafePayload(makeBlock(parent, { fork: 'foreign' }).envelope);
      if (lanes.some((lane) => lane === 'follow')) {
        void h.actor.follow(followTarget(at(3)), h.signal);
      } else {
        const derived = { attributes, parent: GENESIS_REF, concluding: true, derivedFrom };
        void h.actor.consolidate(derived, h.signal);
        void h.actor.synchronize(h.signal);
        void h.actor.finalize(GENESIS_REF, h.signal);
      }
      await h.clock.advance(60_000);
      const own = [
        h.actor.seal({ info, parent, startedMs: 0 }, h.signal),
        h.actor.build({ attributes, parent, concluding: false, derivedFrom: null }, h.signal),
        h.actor.insertSealed(block(6), null, h.signal),
        h.actor.commitBlock(block(6).envelope, h.signal),
      ];
      await h.clock.advance(60_000);
      expect((await Promise.all(own)).map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok', 'ok']);
      const runs = (lane: string) =>
        ['ok', 'retry'].reduce(
          (sum, result) => sum + (h.metrics.value('engine_task_runs_total', { lane, result }) ?? 0),
          0,
        );
      for (const lane of lanes) expect(runs(lane), lane).toBeGreaterThan(0);
      expect(runs('insert')).toBe(10);
      expect(h.failure).toBeNull();
    },
  );

  it('calls a block of our own invalid whose shape the engine refuses', async () => {
    await harness(5, DERIVE_OPTIONS).start();
    h.engine.failing.set(at(6).hash, new RpcError('newPayload', -38005, 'fork', undefined));
    expect(await h.actor.insertSealed(block(6), null, h.signal)).toMatchObject({
      value: { kind: 'invalid', reason: 'failed to insert execution payload: fork' },
    });
  });

  it('settles what waits as aborted when it is closed, and refuses new work', async () => {
    harness(10);
    const waiting = h.actor.follow(followTarget(at(3)), h.signal);
    await h.actor.close();
    expect(await waiting).toEqual({ kind: 'aborted' });
    expect(await h.actor.follow(followTarget(at(3)), h.signal)).toEqual({ kind: 'aborted' });
    h.actor.addUnsafePayload(block(11).envelope);
    expect(h.clock.pendingTimers).toBe(0);
  });

  it('withdraws a task whose caller gave up', async () => {
    harness(10);
    const caller = new AbortController();
    const waiting = h.actor.follow(followTarget(at(3)), caller.signal);
    caller.abort();
    expect(await waiting).toEqual({ kind: 'aborted' });
    await h.start();
    expect(h.engine.calls).toEqual([]);
  });

  it('lets only critical failures leave step', async () => {
    await harness(10).start();
    h.engine.failNext('forkchoiceUpdated', new TypeError('a bug'));
    expect(await h.actor.follow(followTarget(at(3)), h.signal)).toMatchObject({
      kind: 'failed',
      error: { code: 'UNEXPECTED', severity: 'critical' },
    });
    await h.settle();
    expect(h.failure).toMatchObject({ code: 'UNEXPECTED' });
  });

  it('counts runs and shows the depth and age of its lanes', async () => {
    await harness(10).start();
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -32000, 'busy', undefined), 3);
    const following = h.actor.follow(followTarget(at(3)), h.signal);
    await h.clock.advance(10_000);
    await following;
    const runs = (result: string) =>
      h.metrics.value('engine_task_runs_total', { lane: 'follow', result });
    expect([runs('retry'), runs('ok')]).toEqual([3, 1]);
    expect(h.metrics.value('engine_lane_depth', { lane: 'follow' })).toBe(0);
    expect(h.log.find('Engine temporary error')).toHaveLength(3);
  });
});
