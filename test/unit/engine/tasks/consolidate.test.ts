import { afterEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../../../src/engine/taskContext.js';
import { abortedError } from '../../../../src/runtime/abort.js';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L1BlockRef, L2BlockRef } from '../../../../src/types/block.js';
import { isZeroRef } from '../../../../src/types/block.js';
import type { BuildJob } from '../../../../src/types/building.js';
import type {
  DerivedAttributes,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
  PayloadStatus,
} from '../../../../src/types/payload.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../../support/engineHarness.js';
import { FakeEngine, VALID } from '../../../support/fakeEngine.js';
import type { MadeBlock } from '../../../support/l2Chain.js';
import {
  GENESIS_REF,
  l1Block,
  makeBlock,
  makeChain,
  TEST_ROLLUP,
} from '../../../support/l2Chain.js';
import { MemorySafeHeads } from '../../../support/memorySafeHeads.js';

const chain = makeChain(GENESIS_REF, 20);
const block = (number: number): MadeBlock => chain[number - 1] as MadeBlock;
const at = (number: number): L2BlockRef => (number === 0 ? GENESIS_REF : block(number).ref);
const TX = '0x02aabb' as const;
const INVALID: PayloadStatus = {
  status: 'INVALID',
  latestValidHash: null,
  validationError: 'bad transaction',
};

let h: EngineHarness;
afterEach(() => h.stop.abort());

class Recorder extends MemorySafeHeads {
  readonly updates: string[] = [];
  failure: Error | null = null;
  override async safeHeadUpdated(safe: L2BlockRef, l1: L1BlockRef): Promise<void> {
    if (this.failure !== null) throw this.failure;
    this.updates.push(`${safe.number} by ${l1.number}`);
  }
}

/** An engine with blocks 1 to `tip`; safe and pending safe start at genesis. */
async function engineAt(
  tip: number,
  options: Partial<EngineOptions> = {},
  safeHeads: Recorder | null = null,
): Promise<void> {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.slice(0, tip).map((b) => b.envelope));
  h = await new EngineHarness({ ...DERIVE_OPTIONS, ...options }, { engine, safeHeads }).start();
  engine.calls.splice(0);
  safeHeads?.updates.splice(0);
}

/** The attributes that give exactly this block. */
function attributesOf({ envelope }: MadeBlock): PayloadAttributes {
  const payload = envelope.executionPayload;
  return {
    timestamp: payload.timestamp,
    prevRandao: payload.prevRandao,
    suggestedFeeRecipient: payload.feeRecipient,
    transactions: payload.transactions,
    noTxPool: true,
    gasLimit: payload.gasLimit,
  };
}

function derived(
  made: MadeBlock,
  parent: L2BlockRef,
  more: Partial<DerivedAttributes> = {},
): DerivedAttributes {
  return {
    attributes: attributesOf(made),
    parent,
    concluding: true,
    derivedFrom: l1Block(50n),
    ...more,
  };
}

const consolidate = (attributes: DerivedAttributes) => h.actor.consolidate(attributes, h.signal);
const methods = (): string[] => h.engine.calls.map((c) => c.method);

/** A block of an unfinished batch, built in place of block 1 and all behind it. */
async function replaceUnsafe(): Promise<MadeBlock> {
  const first = makeBlock(at(0), { fork: 'derived', transactions: [TX] });
  builds(first.envelope);
  await consolidate(derived(first, at(0), { concluding: false }));
  return first;
}

/** The execution layer builds exactly this block. */
function builds(envelope: ExecutionPayloadEnvelope): void {
  h.engine.buildBlock = () => envelope;
}

describe('consolidation', () => {
  it('makes a matching unsafe block safe without building or telling', async () => {
    const safeHeads = new Recorder();
    await engineAt(5, {}, safeHeads);
    const result = await consolidate(derived(block(1), at(0)));
    expect(result).toEqual({ kind: 'ok', value: { kind: 'consolidated', ref: at(1) } });
    expect([h.heads.pendingSafe, h.heads.localSafe, h.heads.safe]).toEqual([at(1), at(1), at(1)]);
    expect(h.heads.unsafe).toEqual(at(5));
    expect(methods()).toEqual([]);
    expect(safeHeads.updates).toEqual(['1 by 50']);
    expect(await h.actor.synchronize(h.signal)).toEqual({ kind: 'ok', value: 'applied' });
    expect(h.engine.safeHash).toBe(at(1).hash);
    expect(await h.actor.synchronize(h.signal)).toEqual({ kind: 'ok', value: 'unchanged' });
    expect(methods()).toEqual(['forkchoiceUpdated']);
  });

  it('goes by our chain alone where the execution layer was sent after missing blocks and came to another', async () => {
    await engineAt(5);
    const side = makeChain(GENESIS_REF, 9, 'side').map(({ envelope }) => envelope);
    h.engine.serve(...side);
    const [first, last] = [side[0], side[8]];
    if (first === undefined || last === undefined) throw new Error('no blocks');
    h.actor.addUnsafePayload(last);
    await h.clock.advance(4_000);
    // Told of our heads meanwhile, it goes on all the same.
    await h.actor.synchronize(h.signal);
    h.engine.completeSync();
    builds(first);
    const settled = consolidate(derived(block(1), at(0)));
    await h.clock.advance(1_000);
    expect(await settled).toMatchObject({ value: { kind: 'consolidated', ref: at(1) } });
    expect([h.engine.head, h.heads.unsafe]).toEqual([at(5), at(5)]);
  });

  it('makes blocks of an unfinished batch pending safe only', async () => {
    const safeHeads = new Recorder();
    await engineAt(5, {}, safeHeads);
    await consolidate(derived(block(1), at(0), { concluding: false }));
    expect([h.heads.pendingSafe, h.heads.safe]).toEqual([at(1), GENESIS_REF]);
    expect(safeHeads.updates).toEqual([]);
    await consolidate(derived(block(2), at(1)));
    expect([h.heads.pendingSafe, h.heads.safe]).toEqual([at(2), at(2)]);
    expect(safeHeads.updates).toEqual(['2 by 50']);
  });

  it('builds in place of an unsafe block that differs, and keeps the old head as backup', async () => {
    await engineAt(5);
    const other = makeBlock(at(0), { fork: 'derived', transactions: [TX] });
    builds(other.envelope);
    const result = await consolidate(derived(other, at(0), { concluding: false }));
    expect(result).toEqual({ kind: 'ok', value: { kind: 'built', ref: other.ref } });
    expect(methods()).toEqual([
      'forkchoiceUpdated',
      'getPayload',
      'newPayload',
      'forkchoiceUpdated',
    ]);
    expect(h.heads.unsafe).toEqual(other.ref);
    expect(h.heads.pendingSafe).toEqual(other.ref);
    expect(h.heads.safe).toEqual(GENESIS_REF);
    expect(h.engine.head).toEqual(other.ref);
    const backup = h.metrics.value('refs_number', { layer: 'l2', type: 'l2_backup_unsafe' });
    expect(backup).toBe(5);
    const warned = h.log.find(
      'L2 reorg: existing unsafe block does not match derived attributes from L1',
    );
    expect(warned[0]?.fields.err).toBe('transaction count does not match. expected: 2. got: 1');
  });

  it('builds at the tip', async () => {
    const safeHeads = new Recorder();
    await engineAt(0, {}, safeHeads);
    builds(block(1).envelope);
    expect(await consolidate(derived(block(1), at(0)))).toMatchObject({
      value: { kind: 'built', ref: at(1) },
    });
    expect([h.heads.unsafe, h.heads.safe]).toEqual([at(1), at(1)]);
    expect(safeHeads.updates).toEqual(['1 by 50']);
    const inserted = h.log.find('Inserted new L2 unsafe block');
    expect(inserted.map((line) => line.fields.mgasps)).toEqual([0]);
    expect(h.log.messages('warn')).toEqual([]);
  });

  it('calls attributes of another height stale and of another parent a reset', async () => {
    await engineAt(5);
    expect(await consolidate(derived(block(3), at(2)))).toMatchObject({
      value: { kind: 'stale' },
    });
    const wrong = { ...at(0), hash: at(4).hash };
    expect(await consolidate(derived(block(1), wrong))).toMatchObject({
      kind: 'failed',
      error: { code: 'ENGINE_ATTRIBUTES_CONFLICT', severity: 'reset' },
    });
    await h.settle();
    expect(h.heads.resetEpoch).toBe(2);
  });

  it('resets when the block to consolidate is missing', async () => {
    await engineAt(5);
    h.engine.rewind(0n);
    expect(await consolidate(derived(block(1), at(0)))).toMatchObject({
      kind: 'failed',
      error: { code: 'ENGINE_BLOCK_MISSING', severity: 'reset' },
    });
  });

  it('waits for a missing block while the execution layer does its first sync', async () => {
    await engineAt(0, { syncMode: 'execution-layer' });
    h.actor.addUnsafePayload(block(9).envelope);
    await h.settle();
    const waiting = { ...derived(block(1), at(0)), parent: h.heads.pendingSafe };
    void consolidate(waiting);
    await h.settle();
    const line = h.log.find('Engine temporary error').at(-1);
    expect(line?.fields).toMatchObject({ code: 'ENGINE_EL_SYNCING', lane: 'consolidate' });
    expect(h.heads.resetEpoch).toBe(1);
  });

  it('resets when the execution layer answers SYNCING for its own blocks', async () => {
    await engineAt(5);
    await consolidate(derived(block(1), at(0)));
    h.engine.answerNext('forkchoiceUpdated', { ...INVALID, status: 'SYNCING' });
    expect(await h.actor.synchronize(h.signal)).toMatchObject({
      kind: 'failed',
      error: { code: 'ENGINE_FORKCHOICE_INCONSISTENT', severity: 'reset' },
    });
  });

  it('resets when the safe head cannot be recorded', async () => {
    const safeHeads = new Recorder();
    await engineAt(5, {}, safeHeads);
    safeHeads.failure = new RpcError('x', 1, 'disk full', undefined);
    expect(await consolidate(derived(block(1), at(0)))).toMatchObject({
      error: { code: 'ENGINE_SAFE_HEAD_RECORD', severity: 'reset' },
    });
  });
});

describe('building derived blocks that the execution layer refuses', () => {
  const HOLOCENE: Partial<EngineOptions> = {
    rollup: { ...TEST_ROLLUP, forks: { ...TEST_ROLLUP.forks, holocene: l1Block(50n).timestamp } },
  };
  const withTx = makeBlock(at(0), { transactions: [TX] });
  const refuseBuild = (): void =>
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -38003, 'bad attrs', undefined));
  const refuseInsert = (): void => h.engine.answerNext('newPayload', INVALID);

  it.each([
    ['the attributes', refuseBuild],
    ['the payload', refuseInsert],
  ])('asks for deposits alone from Holocene where it refuses %s', async (_name, refuse) => {
    await engineAt(0, HOLOCENE);
    builds(withTx.envelope);
    refuse();
    const result = await consolidate(derived(withTx, at(0)));
    expect(result).toMatchObject({
      value: { kind: 'depositsOnly', parent: at(0), derivedFrom: l1Block(50n) },
    });
    expect(h.heads.unsafe).toEqual(GENESIS_REF);
  });

  it('goes by the time of the L1 block it was derived from', async () => {
    await engineAt(0, HOLOCENE);
    refuseBuild();
    const early = derived(withTx, at(0), { derivedFrom: l1Block(49n) });
    expect(await consolidate(early)).toMatchObject({ value: { kind: 'dropped' } });
  });

  it.each([
    ['the attributes', refuseBuild],
    ['the payload', refuseInsert],
  ])('drops the batch before Holocene where it refuses %s', async (_name, refuse) => {
    await engineAt(0);
    builds(withTx.envelope);
    refuse();
    expect(await consolidate(derived(withTx, at(0)))).toMatchObject({
      value: { kind: 'dropped' },
    });
    expect(h.heads.pendingSafe).toEqual(GENESIS_REF);
  });

  it.each([
    ['the attributes', refuseBuild],
    ['the payload', refuseInsert],
  ])('stops the node where deposits alone are refused: %s', async (_name, refuse) => {
    await engineAt(0, HOLOCENE);
    builds(block(1).envelope);
    refuse();
    expect(await consolidate(derived(block(1), at(0)))).toMatchObject({
      error: { code: 'ENGINE_DEPOSITS_ONLY_INVALID', severity: 'critical' },
    });
    await h.settle();
    expect(h.failure).toMatchObject({ code: 'ENGINE_DEPOSITS_ONLY_INVALID' });
  });

  it('restores the backup unsafe head once a replaced span batch turns out invalid', async () => {
    await engineAt(5);
    const first = await replaceUnsafe();
    expect(h.heads.unsafe).toEqual(first.ref);
    const second = makeBlock(first.ref, { transactions: [TX] });
    refuseBuild();
    await consolidate(derived(second, first.ref));
    await h.settle();
    expect(h.heads.unsafe).toEqual(at(5));
    expect(h.engine.head).toEqual(at(5));
    expect(h.heads.pendingSafe).toEqual(GENESIS_REF);
    expect(h.log.find('successfully reorged unsafe head using backupUnsafe')).toHaveLength(1);
    expect(h.heads.resetEpoch).toBe(1);
  });

  it.each([
    ['drops the backup on a refusal', INVALID, 1],
    ['keeps the backup due while the engine cannot be asked', null, 2],
  ])('%s', async (_name, answer, tries) => {
    await engineAt(5);
    const first = await replaceUnsafe();
    refuseBuild();
    const sent = h.engine.forkchoices.length;
    const isRefused = answer !== null;
    // The first of these is the start of the building job, which is refused above.
    if (isRefused) h.engine.answerNext('forkchoiceUpdated', answer);
    else h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -32000, 'busy', undefined));
    await consolidate(derived(makeBlock(first.ref, { transactions: [TX] }), first.ref));
    await h.clock.advance(1_000);
    expect(h.engine.forkchoices.length - sent).toBe(1 + tries);
    expect(h.heads.unsafe).toEqual(isRefused ? first.ref : at(5));
  });

  it('resets when the engine does not hold the forkchoice that goes with the backup', async () => {
    await engineAt(5);
    const first = await replaceUnsafe();
    refuseBuild();
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -38002, 'Invalid', undefined));
    await consolidate(derived(makeBlock(first.ref, { transactions: [TX] }), first.ref));
    await h.settle();
    expect(h.heads.resetEpoch).toBe(2);
    expect(h.failure).toBeNull();
  });

  it('waits before it asks for the backup again', async () => {
    await engineAt(5);
    const first = await replaceUnsafe();
    refuseBuild();
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -32000, 'busy', undefined));
    await consolidate(derived(makeBlock(first.ref, { transactions: [TX] }), first.ref));
    await h.settle();
    expect(h.log.find('trying to restore unsafe head')).toHaveLength(1);
    await h.clock.advance(1_000);
    expect(h.log.find('trying to restore unsafe head')).toHaveLength(2);
  });

  it('goes on with other work while the backup cannot be asked for', async () => {
    await engineAt(5);
    const first = await replaceUnsafe();
    refuseBuild();
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -32000, 'busy', undefined), 1_000);
    await consolidate(derived(makeBlock(first.ref, { transactions: [TX] }), first.ref));
    await h.settle();
    const next = makeBlock(first.ref);
    h.engine.failing.set(next.ref.hash, new RpcError('newPayload', -32602, 'no', undefined));
    const sealed = h.actor.insertSealed(next, null, h.signal);
    await h.settle();
    expect(await sealed).toMatchObject({ value: { kind: 'invalid' } });
  });

  it('keeps a derived block whose shape is refused, and lets a synchronization pass it', async () => {
    await engineAt(0);
    builds(block(1).envelope);
    h.engine.failing.set(at(1).hash, new RpcError('newPayload', -32602, 'no', undefined));
    const building = consolidate(derived(block(1), at(0)));
    const synchronized = h.actor.synchronize(h.signal);
    await h.settle();
    expect(await synchronized).toEqual({ kind: 'ok', value: 'unchanged' });
    h.engine.failing.clear();
    await h.clock.advance(1_000);
    expect(await building).toMatchObject({ value: { kind: 'built', ref: at(1) } });
  });

  it('forgets the backup once the derived chain has caught up with it', async () => {
    await engineAt(1);
    const first = makeBlock(at(0), { fork: 'derived', transactions: [TX] });
    builds(first.envelope);
    await consolidate(derived(first, at(0)));
    const refused = makeBlock(first.ref, { transactions: [TX] });
    refuseBuild();
    await consolidate(derived(refused, first.ref));
    await h.settle();
    expect(h.log.find('trying to restore unsafe head')).toHaveLength(0);
    expect(h.heads.unsafe).toEqual(first.ref);
  });

  it('restores no backup below the safe head', async () => {
    await engineAt(1);
    const first = await replaceUnsafe();
    const second = makeBlock(first.ref, { transactions: [TX] });
    h.actor.addUnsafePayload(second.envelope);
    h.actor.addUnsafePayload(makeBlock(second.ref).envelope);
    await h.settle();
    await consolidate(derived(second, first.ref));
    expect(h.heads.safe).toEqual(second.ref);
    const third = makeBlock(second.ref, { fork: 'bad', transactions: [TX] });
    refuseBuild();
    await consolidate(derived(third, second.ref));
    await h.settle();
    expect(h.log.find('trying to restore unsafe head')).toHaveLength(0);
    expect(h.failure).toBeNull();
  });

  it('tells the heads again after a refused job that began below the unsafe head', async () => {
    await engineAt(5, HOLOCENE);
    await h.actor.synchronize(h.signal);
    h.engine.calls.splice(0);
    refuseBuild();
    await consolidate(derived(withTx, at(0)));
    await h.actor.synchronize(h.signal);
    expect(h.engine.forkchoices.map((f) => f.headBlockHash)).toEqual([at(0).hash, at(5).hash]);
  });

  it('asks again where the engine is VALID but has started no job', async () => {
    await engineAt(0);
    builds(block(1).envelope);
    h.engine.answerNext('forkchoiceUpdated', VALID);
    const result = consolidate(derived(block(1), at(0)));
    await h.settle();
    expect(h.log.find('Engine temporary error')[0]?.fields.err).toContain('no payload id');
    await h.clock.advance(1_000);
    expect(await result).toMatchObject({ value: { kind: 'built', ref: at(1) } });
  });

  it('starts the same attributes again when the job expired', async () => {
    await engineAt(0);
    builds(block(1).envelope);
    h.engine.failNext('getPayload', new RpcError('getPayload', -38001, 'Unknown', undefined));
    const result = consolidate(derived(block(1), at(0)));
    await h.clock.advance(1_000);
    expect(await result).toMatchObject({ value: { kind: 'built', ref: at(1) } });
    expect(methods().filter((m) => m === 'getPayload')).toHaveLength(2);
  });

  it('drops attributes whose sealed block has an empty transaction', async () => {
    await engineAt(0);
    const { executionPayload } = block(1).envelope;
    const transactions = [...executionPayload.transactions, '0x'] as const;
    builds({ executionPayload: { ...executionPayload, transactions } });
    expect(await consolidate(derived(block(1), at(0)))).toMatchObject({
      value: { kind: 'dropped', reason: 'invalid transaction at idx 1' },
    });
  });

  it('drops attributes whose sealed block cannot be one', async () => {
    await engineAt(0);
    const { executionPayload } = block(1).envelope;
    builds({ executionPayload: { ...executionPayload, transactions: [TX] } });
    expect(await consolidate(derived(block(1), at(0)))).toMatchObject({
      value: { kind: 'dropped', reason: 'first transaction was not deposit tx. Got 2' },
    });
    expect(methods()).toEqual(['forkchoiceUpdated', 'getPayload']);
  });
});

describe('building for our own sequencer', () => {
  const attributes = { attributes: attributesOf(block(6)), parent: at(5) };
  const own = { ...attributes, concluding: false, derivedFrom: null };

  it('starts, seals and inserts, each as its own task', async () => {
    await engineAt(5);
    builds(block(6).envelope);
    const started = await h.actor.build(own, h.signal);
    if (started.kind !== 'ok' || started.value.kind !== 'started') throw new Error('not started');
    const { job } = started.value;
    expect(job.info.timestamp).toBe(at(6).timestamp);
    const sealed = await h.actor.seal(job, h.signal);
    if (sealed.kind !== 'ok' || sealed.value.kind !== 'sealed') throw new Error('not sealed');
    expect(sealed.value.ref).toEqual(at(6));
    expect(h.heads.unsafe).toEqual(at(5));
    expect(h.metrics.value('sequencer_sealing_total')).toBe(1);
    await h.actor.insertSealed(sealed.value, job.startedMs, h.signal);
    expect(h.heads.unsafe).toEqual(at(6));
    expect(isZeroRef(h.heads.safe) || h.heads.safe.number === 0n).toBe(true);
  });

  it.each([
    [-38002, 'reset'],
    [-38005, 'reset'],
  ] as const)('resets on %i', async (code, severity) => {
    await engineAt(5);
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', code, 'no', undefined));
    const result = await h.actor.build(own, h.signal);
    expect(result).toMatchObject({ kind: 'failed', error: { severity } });
  });

  it('says when the execution layer syncs or fails, and when attributes are invalid', async () => {
    await engineAt(5);
    h.engine.answerNext('forkchoiceUpdated', { ...INVALID, status: 'SYNCING' });
    expect(await h.actor.build(own, h.signal)).toMatchObject({
      value: { kind: 'unavailable', error: { code: 'ENGINE_EL_SYNCING', severity: 'temporary' } },
    });
    h.engine.failNext('forkchoiceUpdated', new RpcError('fcu', -32000, 'busy', undefined));
    expect(await h.actor.build(own, h.signal)).toMatchObject({
      value: { kind: 'unavailable', error: { code: 'ENGINE_CALL_FAILED' } },
    });
    const withTx = { ...own.attributes, transactions: [...own.attributes.transactions, TX] };
    h.engine.answerNext('forkchoiceUpdated', INVALID);
    expect(await h.actor.build({ ...own, attributes: withTx }, h.signal)).toMatchObject({
      value: { kind: 'invalid', reason: 'INVALID (bad transaction)' },
    });
  });

  it('builds and inserts only on the unsafe head', async () => {
    await engineAt(5);
    const low = { ...own, parent: at(4) };
    const stale = { kind: 'ok', value: { kind: 'stale' } };
    expect(await h.actor.build(low, h.signal)).toEqual(stale);
    const later = { envelope: block(7).envelope, ref: at(7) };
    expect(await h.actor.insertSealed(later, null, h.signal)).toEqual(stale);
    expect(methods()).toEqual([]);
    const same = { envelope: block(5).envelope, ref: at(5) };
    expect(await h.actor.insertSealed(same, null, h.signal)).toEqual({
      kind: 'ok',
      value: { kind: 'inserted', ref: at(5) },
    });
    expect(methods()).toEqual([]);
  });

  it('neither builds nor inserts while the follower leads the execution layer to another chain', async () => {
    await engineAt(5);
    h.actor.noteMove(at(9));
    const stale = { kind: 'ok', value: { kind: 'stale' } };
    expect(await h.actor.build(own, h.signal)).toEqual(stale);
    const sealed = { envelope: block(6).envelope, ref: at(6) };
    expect(await h.actor.insertSealed(sealed, null, h.signal)).toEqual(stale);
    expect(methods()).toEqual([]);
    h.actor.noteMove(null);
    expect(await h.actor.insertSealed(sealed, null, h.signal)).toMatchObject({
      value: { kind: 'inserted' },
    });
  });

  it('inserts the block that it is led to', async () => {
    await engineAt(5);
    h.actor.noteMove(at(6));
    const sealed = { envelope: block(6).envelope, ref: at(6) };
    expect(await h.actor.insertSealed(sealed, null, h.signal)).toMatchObject({
      value: { kind: 'inserted' },
    });
  });

  it('keeps to what it was told while a block is being inserted', async () => {
    await engineAt(5);
    const { newPayload } = h.engine;
    h.engine.newPayload = async (envelope, signal) => {
      h.actor.noteMove(at(9));
      return newPayload.call(h.engine, envelope, signal);
    };
    await h.actor.insertSealed({ envelope: block(6).envelope, ref: at(6) }, null, h.signal);
    expect(h.heads).toMatchObject({ unsafe: at(6), movingTo: at(9) });
  });

  it('does not end where the execution layer has left the parent, but finds its heads again', async () => {
    await engineAt(5);
    h.engine.rewind(3n);
    h.engine.answerNext('forkchoiceUpdated', INVALID);
    expect(await h.actor.build(own, h.signal)).toMatchObject({
      kind: 'failed',
      error: { code: 'ENGINE_HEAD_LOST', severity: 'reset' },
    });
    await h.settle();
    expect(h.failure).toBeNull();
    expect(h.heads.unsafe).toEqual(at(3));
  });

  it('leaves it to the sequencer when an insertion is tried again', async () => {
    await engineAt(5);
    h.engine.failNext('newPayload', new RpcError('newPayload', -32000, 'busy', undefined));
    const sealed = { envelope: block(6).envelope, ref: at(6) };
    expect(await h.actor.insertSealed(sealed, null, h.signal)).toMatchObject({
      value: { kind: 'unavailable', error: { severity: 'temporary' } },
    });
    expect(h.heads.unsafe).toEqual(at(5));
    await h.actor.insertSealed(sealed, null, h.signal);
    expect(h.heads.unsafe).toEqual(at(6));
  });

  it('takes the stop of the node for no expired job', async () => {
    await engineAt(5);
    h.engine.getPayload = async () => {
      h.stop.abort();
      throw abortedError();
    };
    const job = { info: { id: '0x0000000000000001', timestamp: 1n }, parent: at(5), startedMs: 0 };
    const caller = new AbortController();
    expect(await h.actor.seal(job as BuildJob, caller.signal)).toEqual({ kind: 'aborted' });
  });

  it('says when a job has expired, and cancels one that is unknown without fuss', async () => {
    await engineAt(5);
    const info = { id: '0x0000000000000001', timestamp: 1n } as const;
    const job = { info, parent: at(5), startedMs: 0 };
    expect(await h.actor.seal(job, h.signal)).toMatchObject({ value: { kind: 'expired' } });
    expect(await h.actor.cancelBuild(info, h.signal)).toMatchObject({ kind: 'ok' });
  });

  it('cancels a job by taking its block, once: it holds up nothing where the engine cannot', async () => {
    await engineAt(5);
    const started = await h.actor.build(own, h.signal);
    if (started.kind !== 'ok' || started.value.kind !== 'started') throw new Error('not started');
    h.engine.calls.splice(0);
    h.engine.failNext('getPayload', new RpcError('getPayload', -32000, 'busy', undefined));
    const cancelled = await h.actor.cancelBuild(started.value.job.info, h.signal);
    expect(cancelled).toMatchObject({ kind: 'ok' });
    const [warning] = h.log.find('failed to cancel block building job');
    expect(warning?.fields.err).toContain('busy');
    expect(methods()).toEqual(['getPayload']);
    expect(h.heads.unsafe).toEqual(at(5));
  });
});

describe('finalize task', () => {
  it('moves forward to a safe block, tells the engine, and refuses the rest', async () => {
    await engineAt(5);
    for (const n of [1, 2, 3]) await consolidate(derived(block(n), at(n - 1)));
    expect(await h.actor.finalize(at(2), h.signal)).toMatchObject({ value: { kind: 'finalized' } });
    expect(h.engine.finalizedHash).toBe(at(2).hash);
    expect(h.heads).toMatchObject({ finalized: at(2), isFinalizedProven: true });
    expect(await h.actor.finalize(at(2), h.signal)).toMatchObject({ value: { kind: 'unchanged' } });
    expect(await h.actor.finalize(at(1), h.signal)).toMatchObject({ value: { kind: 'refused' } });
    expect(await h.actor.finalize(at(4), h.signal)).toMatchObject({ value: { kind: 'refused' } });
    expect(h.heads.finalized).toEqual(at(2));
    expect(methods()).toEqual(['forkchoiceUpdated']);
  });
});
