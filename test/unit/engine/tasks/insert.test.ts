import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../../../src/engine/taskContext.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import { isZeroRef, ZERO_HASH } from '../../../../src/types/block.js';
import type { ExecutionPayloadEnvelope } from '../../../../src/types/payload.js';
import { EngineHarness, followTarget } from '../../../support/engineHarness.js';
import { FakeEngine } from '../../../support/fakeEngine.js';
import type { MadeBlock } from '../../../support/l2Chain.js';
import { GENESIS_REF, makeBlock, makeChain, TEST_ROLLUP } from '../../../support/l2Chain.js';

const chain = makeChain(GENESIS_REF, 30);
const block = (number: number): MadeBlock => chain[number - 1] as MadeBlock;
const at = (number: number): L2BlockRef => block(number).ref;
const envelopes = (from: number, to: number): ExecutionPayloadEnvelope[] =>
  chain.slice(from - 1, to).map((b) => b.envelope);
const GAP_MS = 4_000;

let h: EngineHarness;
afterEach(() => h.stop.abort());

async function engineAt(tip: number, options: Partial<EngineOptions> = {}): Promise<void> {
  const engine = new FakeEngine();
  engine.importAsHead(...envelopes(1, tip));
  h = await new EngineHarness(options, { engine }).start();
}

async function post(...numbers: number[]): Promise<void> {
  for (const number of numbers) h.actor.addUnsafePayload(block(number).envelope);
  await h.settle();
}

const busy = (): RpcError => new RpcError('engine_newPayload', -32000, 'busy', undefined);

const posted = (): bigint[] =>
  h.engine.calls.flatMap((call) => (call.method === 'newPayload' ? [call.number] : []));

describe('unsafe payloads', () => {
  it('inserts the child of our head: newPayload, then one forkchoice update', async () => {
    await engineAt(5);
    await post(6);
    expect(h.heads.unsafe).toEqual(at(6));
    expect(h.heads.crossUnsafe).toEqual(at(6));
    expect(h.engine.calls.map((c) => c.method)).toEqual(['newPayload', 'forkchoiceUpdated']);
    const line = h.log.find('Inserted new L2 unsafe block (synchronous)')[0];
    expect(line?.fields).toMatchObject({ hash: at(6).hash, number: 6n });
    expect(h.log.find('Sync progress')[0]?.fields.reason).toBe('new chain head block');
    expect(h.metrics.value('refs_number', { layer: 'l2', type: 'l2_unsafe' })).toBe(6);
  });

  it.each([
    ['a follower before Lagoon', 8, true, 7],
    ['a follower from Lagoon on: its source says what is', 7, true, 6],
    ['a node that derives', 7, false, 7],
  ])('makes it cross-unsafe at once: %s', async (_, lagoonBlock, followEnabled, cross) => {
    const forks = { ...TEST_ROLLUP.forks, karst: 0n, lagoon: at(lagoonBlock).timestamp };
    await engineAt(5, { followEnabled, rollup: { ...TEST_ROLLUP, forks } });
    await post(6, 7);
    expect(h.heads.unsafe).toEqual(at(7));
    expect(h.heads.crossUnsafe).toEqual(at(cross));
  });

  it('inserts payloads in order, whatever order they come in', async () => {
    await engineAt(5);
    await post(9, 8, 7);
    expect(posted()).toEqual([]);
    expect(h.metrics.value('unsafe_payloads_buffer_len')).toBe(3);
    await post(6);
    expect(posted()).toEqual([6n, 7n, 8n, 9n]);
    expect(h.heads.unsafe).toEqual(at(9));
    const processed = h.log.find('successfully processed payload');
    expect(processed.map(({ fields }) => fields.ref)).toEqual(
      [6, 7, 8, 9].map((number) => `${at(number).hash}:${number}`),
    );
    expect(h.metrics.value('unsafe_payloads_buffer_len')).toBe(0);
  });

  it('drops duplicates, what lies at or below our head, and a child of another block', async () => {
    await engineAt(5);
    const other = makeBlock(makeBlock(at(4), { fork: 'other' }).ref);
    await post(5, 3);
    h.actor.addUnsafePayload(other.envelope);
    await post(8, 8);
    expect(posted()).toEqual([]);
    expect(h.log.find('Could not add unsafe payload')).toHaveLength(1);
    expect(h.metrics.value('unsafe_payloads_buffer_len')).toBe(1);
  });

  it('drops an invalid payload and goes on with its twin', async () => {
    await engineAt(5);
    const bad = makeBlock(at(5), { fork: 'bad' });
    h.engine.invalid.add(bad.ref.hash);
    h.actor.addUnsafePayload(bad.envelope);
    await post(6);
    expect(h.heads.unsafe).toEqual(at(6));
    expect(h.log.find('Dropping invalid unsafe payload')[0]?.fields.hash).toBe(bad.ref.hash);
    expect(h.engine.forkchoices.map((f) => f.headBlockHash)).toEqual([at(6).hash]);
    const inserted = h.log.find('Inserted new L2 unsafe block (synchronous)');
    expect(inserted.map((line) => line.fields.mgasps)).toEqual([0]);
  });

  it('drops a payload without L1 information', async () => {
    await engineAt(5);
    const { executionPayload } = block(6).envelope;
    h.actor.addUnsafePayload({ executionPayload: { ...executionPayload, transactions: [] } });
    await h.settle();
    expect(posted()).toEqual([]);
    expect(h.log.find('Dropping invalid unsafe payload')).toHaveLength(1);
  });

  it('tries again after a temporary failure, without blocking other lanes', async () => {
    await engineAt(5);
    h.engine.failNext('newPayload', busy(), 2);
    await post(6);
    expect(h.heads.unsafe).toEqual(at(5));
    await h.actor.follow(followTarget(at(3)), h.signal);
    expect(h.heads.safe).toEqual(at(3));
    await h.clock.advance(1_000);
    expect(h.heads.unsafe).toEqual(at(6));
  });

  it.each([-32602, -38005])(
    'drops a payload whose shape the engine refuses with %d, and goes on with its twin',
    async (code) => {
      await engineAt(5);
      const bad = makeBlock(at(5), { fork: 'bad' });
      const refusal = new RpcError('engine_newPayload', code, 'nil withdrawals', undefined);
      h.engine.failing.set(bad.ref.hash, refusal);
      h.actor.addUnsafePayload(bad.envelope);
      await post(6);
      expect(h.heads.unsafe).toEqual(at(6));
      const [dropped] = h.log.find('Dropping invalid unsafe payload');
      expect(dropped?.fields).toMatchObject({ hash: bad.ref.hash });
      expect(dropped?.fields.err).toContain('nil withdrawals');
      expect(h.metrics.value('engine_unsafe_payloads_dropped_total')).toBe(1);
      expect(posted()).toEqual([6n, 6n]);
    },
  );

  it('has a payload that fails for now give way to its twin', async () => {
    await engineAt(5);
    const bad = makeBlock(at(5), { fork: 'bad' });
    h.engine.failing.set(bad.ref.hash, busy());
    h.actor.addUnsafePayload(bad.envelope);
    await post(6);
    await h.clock.advance(1_000);
    expect(h.heads.unsafe).toEqual(at(6));
  });

  it('gives up a payload that the engine cannot take in half a minute', async () => {
    await engineAt(5);
    const bad = makeBlock(at(5), { fork: 'bad' });
    h.engine.failing.set(bad.ref.hash, busy());
    h.actor.addUnsafePayload(bad.envelope);
    await h.clock.advance(120_000);
    expect(posted()).toHaveLength(10);
    expect(h.metrics.value('unsafe_payloads_buffer_len')).toBe(0);
    expect(h.log.find('Dropping invalid unsafe payload')).toHaveLength(1);
    await post(6);
    await h.clock.advance(10_000);
    expect(h.heads.unsafe).toEqual(at(6));
  });

  it('keeps a payload however long the engine cannot be reached', async () => {
    await engineAt(5);
    const down = new NodeError('TRANSPORT_FAILED', 'refused', { severity: 'temporary' });
    h.engine.failNext('newPayload', down, 30);
    await post(6);
    await h.clock.advance(600_000);
    expect(h.heads.unsafe).toEqual(at(6));
    const tries = h.log.find('Engine temporary error');
    expect(tries).toHaveLength(30);
    expect(tries.at(-1)?.fields).toMatchObject({ lane: 'insert', attempt: 30, delayMs: 10_000 });
  });

  it('resets when the engine calls our forkchoice inconsistent', async () => {
    await engineAt(5);
    const refusal = new RpcError('engine_forkchoiceUpdated', -38002, 'Invalid', undefined);
    h.engine.failNext('forkchoiceUpdated', refusal);
    await post(6);
    expect(h.heads.resetEpoch).toBe(2);
    await h.clock.advance(GAP_MS);
    expect(h.heads.unsafe).toEqual(at(6));
  });

  it('inserts no block twice that another task has just inserted', async () => {
    await engineAt(5);
    const { ref, envelope } = block(6);
    const sealed = h.actor.insertSealed({ ref, envelope }, null, h.signal);
    h.actor.addUnsafePayload(envelope);
    await sealed;
    await h.settle();
    expect(posted()).toEqual([6n]);
    expect(h.heads.unsafe).toEqual(at(6));
  });
});

describe('who posts a payload', () => {
  it.each([
    ['in consensus-layer mode', {}],
    ['in execution-layer mode', { syncMode: 'execution-layer' }],
  ] as const)('gets the answer when it is inserted, %s', async (_, options) => {
    await engineAt(0, options);
    await Promise.all([1, 2, 3].map((n) => h.actor.addUnsafePayload(block(n).envelope)));
    expect([h.heads.unsafe, h.engine.head]).toEqual([at(3), at(3)]);
  });

  it('gets the answer at once where a block before it is missing, or it is not taken at all', async () => {
    await engineAt(5);
    await h.actor.addUnsafePayload(block(8).envelope);
    await h.actor.addUnsafePayload(block(8).envelope);
    expect(posted()).toEqual([]);
  });

  it('gets the answer when the engine drops it, fails for now, or is closed', async () => {
    await engineAt(5);
    const bad = makeBlock(at(5), { fork: 'bad' });
    h.engine.invalid.add(bad.ref.hash);
    await h.actor.addUnsafePayload(bad.envelope);
    h.engine.failNext('newPayload', busy());
    await h.actor.addUnsafePayload(block(6).envelope);
    expect(h.heads.unsafe).toEqual(at(5));
    h.stop.abort();
    const left = h.actor.addUnsafePayload(block(7).envelope);
    await h.actor.close();
    await left;
  });
});

describe('a gap before the waiting payloads', () => {
  it('drops a payload of a branch without our safe head, and calls the engine back from there', async () => {
    await engineAt(8);
    await h.actor.follow(followTarget(at(8)), h.signal);
    const branch = makeChain(at(4), 8, 'left');
    h.engine.import(...branch.slice(0, -1).map(({ envelope }) => envelope));
    h.engine.calls.splice(0);
    h.actor.addUnsafePayload((branch.at(-1) as MadeBlock).envelope);
    await h.clock.advance(10 * GAP_MS);
    const methods = h.engine.calls.map(({ method }) => method);
    expect(methods).toEqual(['newPayload', 'forkchoiceUpdated', 'forkchoiceUpdated']);
    expect([h.heads.unsafe, h.engine.head]).toEqual([at(8), at(8)]);
    expect(h.heads.resetEpoch).toBe(1);
    const [dropped] = h.log.find('Dropping invalid unsafe payload');
    expect(dropped?.fields.err).toBe('it is not on the chain of our safe head');
  });

  it('is left alone for two block times, then the execution layer is sent after it', async () => {
    await engineAt(5);
    h.engine.serve(...envelopes(1, 30));
    await post(20);
    expect(h.actor.firstBeyondGap).toEqual(block(20).envelope);
    await h.clock.advance(GAP_MS - 1);
    expect(posted()).toEqual([]);
    await h.clock.advance(1);
    expect(posted()).toEqual([20n]);
    expect(h.engine.syncTarget).toBe(at(20).hash);
    expect(h.heads.unsafe).toEqual(at(5));
    h.engine.completeSync();
    await h.clock.advance(GAP_MS);
    expect(h.heads.unsafe).toEqual(at(20));
    expect(h.heads.resetEpoch).toBe(1);
    expect(h.actor.firstBeyondGap).toBeNull();
  });

  it('is not waited for anew with each payload that comes', async () => {
    await engineAt(5);
    h.engine.serve(...envelopes(1, 30));
    await post(20);
    await h.clock.advance(GAP_MS - 1);
    await post(21);
    await h.clock.advance(1);
    expect(posted()).toEqual([20n]);
  });

  it('waits again from each new head', async () => {
    await engineAt(5);
    await post(20);
    await h.clock.advance(GAP_MS - 1);
    await post(6);
    await h.clock.advance(GAP_MS - 1);
    expect(posted()).toEqual([6n]);
    await h.clock.advance(1);
    expect(posted()).toEqual([6n, 20n]);
  });

  it('is left to peers where sync by request and response is on', async () => {
    await engineAt(5, { reqRespSync: true });
    await post(20);
    await h.clock.advance(10 * GAP_MS);
    expect(posted()).toEqual([]);
    expect(h.actor.firstBeyondGap).toEqual(block(20).envelope);
  });

  it('waits again from a new head that came by another way', async () => {
    await engineAt(5);
    h.engine.import(block(6).envelope);
    await post(20);
    await h.clock.advance(GAP_MS - 1);
    await h.actor.follow(followTarget(at(6)), h.signal);
    await h.clock.advance(GAP_MS - 1);
    expect(posted()).toEqual([]);
    await h.clock.advance(1);
    expect(posted()).toEqual([20n]);
  });

  it('tells the engine no head that it lacks the parent of, where peers are asked', async () => {
    await engineAt(5, { reqRespSync: true });
    const syncing = { status: 'SYNCING', latestValidHash: null, validationError: null } as const;
    h.engine.answerNext('newPayload', syncing);
    await post(6);
    expect(h.engine.calls.map((c) => c.method)).toEqual(['newPayload']);
    await h.clock.advance(GAP_MS);
    expect(h.heads.unsafe).toEqual(at(6));
  });

  it('keeps no timer when nothing waits, and stops with the actor', async () => {
    await engineAt(5);
    await post(6);
    expect(h.clock.pendingTimers).toBe(0);
    await post(20);
    expect(h.clock.pendingTimers).toBe(1);
    await h.actor.close();
    expect(h.clock.pendingTimers).toBe(0);
  });
});

describe('execution-layer sync driven by payloads', () => {
  const options = { syncMode: 'execution-layer', offsetElSafeSec: 9 } as const;

  it('starts at the first payload, says no finalized, and moves our head with SYNCING', async () => {
    await engineAt(0, options);
    await post(20);
    expect(h.heads.elSync).toBe('started');
    expect(h.log.find('Starting EL sync')).toHaveLength(1);
    expect(h.engine.forkchoices).toEqual([
      {
        headBlockHash: at(20).hash,
        safeBlockHash: ZERO_HASH,
        finalizedBlockHash: ZERO_HASH,
      },
    ]);
    expect(h.heads.unsafe).toEqual(at(20));
    await post(22);
    expect(h.heads.unsafe).toEqual(at(22));
    expect(isZeroRef(h.heads.finalized)).toBe(true);
  });

  it('ends at the first VALID, with safe and finalized at the offset, unproven', async () => {
    await engineAt(0, options);
    h.engine.serve(...envelopes(1, 30));
    await post(20);
    h.engine.completeSync();
    await post(21);
    expect(h.heads.elSync).toBe('finished');
    expect(h.heads.unsafe).toEqual(at(21));
    // Nine seconds are five blocks of two, rounded up.
    expect([h.heads.safe, h.heads.finalized]).toEqual([at(16), at(16)]);
    expect(h.heads.isFinalizedProven).toBe(false);
    expect(h.engine.forkchoices.at(-1)).toEqual({
      headBlockHash: at(21).hash,
      safeBlockHash: at(16).hash,
      finalizedBlockHash: at(16).hash,
    });
    expect(h.log.find('Finished EL sync')).toHaveLength(1);
  });

  it('clamps the offset to genesis', async () => {
    await engineAt(0, { ...options, offsetElSafeSec: 43_200 });
    await post(1);
    expect(h.heads.finalized).toEqual(GENESIS_REF);
    expect(h.heads.unsafe).toEqual(at(1));
  });

  it('starts on reth although it has a finalized block, and never goes back behind it', async () => {
    const engine = new FakeEngine();
    engine.importAsHead(...envelopes(1, 10));
    engine.safeHash = at(9).hash;
    engine.finalizedHash = at(8).hash;
    h = await new EngineHarness(
      { ...options, engineKind: 'reth', offsetElSafeSec: 43_200 },
      { engine },
    ).start();
    await post(11);
    expect(h.heads.elSync).toBe('finished');
    expect([h.heads.safe, h.heads.finalized]).toEqual([at(9), at(8)]);
    expect(h.heads.isFinalizedProven).toBe(true);
  });

  describe('a block beyond a gap once it is over', () => {
    beforeEach(async () => {
      await engineAt(0, options);
      await post(1);
      expect(h.heads.elSync).toBe('finished');
    });

    it('is offered at once and sought, and moves no head', async () => {
      await post(20);
      expect(posted()).toEqual([1n, 20n]);
      expect(h.heads.unsafe).toEqual(at(1));
      expect(h.heads.sought).toEqual(at(20));
    });

    it('is sought until a head is as high', async () => {
      await post(3);
      expect(h.heads.sought).toEqual(at(3));
      await post(2);
      expect(h.heads.unsafe).toEqual(at(3));
      expect(isZeroRef(h.heads.sought)).toBe(true);
    });
  });

  it('seeks no block beyond a gap in consensus-layer mode', async () => {
    await engineAt(1);
    await post(20);
    await h.clock.advance(GAP_MS);
    expect(posted()).toEqual([20n]);
    expect(isZeroRef(h.heads.sought)).toBe(true);
  });

  it('keeps the phase when the end could not be told, and ends it at the next try', async () => {
    await engineAt(0, options);
    const busy = new RpcError('engine_forkchoiceUpdated', -32000, 'busy', undefined);
    h.engine.failNext('forkchoiceUpdated', busy);
    await post(1);
    expect(h.heads.elSync).toBe('started');
    await h.clock.advance(1_000);
    expect(h.heads.elSync).toBe('finished');
  });
});
