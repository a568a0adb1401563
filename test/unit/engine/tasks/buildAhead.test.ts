import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { payloadToBlockRef } from '../../../../src/rollup/l2BlockRef.js';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import type {
  AttributesAhead,
  DerivedAttributes,
  PayloadAttributes,
} from '../../../../src/types/payload.js';
import { goodTransaction } from '../../../support/badTransactions.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../../support/engineHarness.js';
import { defaultBuild, FakeEngine, SYNCING, VALID } from '../../../support/fakeEngine.js';
import { GENESIS_REF, l1Block, makeBlock, TEST_ROLLUP } from '../../../support/l2Chain.js';
import { MemorySafeHeads } from '../../../support/memorySafeHeads.js';

const transaction = await goodTransaction({ nonce: 3, chainId: 901, blockGasLimit: 30_000_000n });
const HOLOCENE = {
  rollup: { ...TEST_ROLLUP, forks: { ...TEST_ROLLUP.forks, holocene: l1Block(50n).timestamp } },
};
const PLAIN = ['getPayload', 'newPayload', 'forkchoice'];

let h: EngineHarness;
afterEach(() => h.stop.abort());

async function start(options: { readonly safeHeads?: MemorySafeHeads } = {}): Promise<FakeEngine> {
  const engine = new FakeEngine();
  h = await new EngineHarness(
    { ...DERIVE_OPTIONS, ...HOLOCENE },
    { engine, safeHeads: options.safeHeads ?? null },
  ).start();
  engine.calls.splice(0);
  return engine;
}

function attributesOn(parent: L2BlockRef): PayloadAttributes {
  const { executionPayload } = makeBlock(parent, { transactions: [transaction] }).envelope;
  return {
    timestamp: executionPayload.timestamp,
    prevRandao: executionPayload.prevRandao,
    suggestedFeeRecipient: executionPayload.feeRecipient,
    transactions: executionPayload.transactions,
    noTxPool: true,
    gasLimit: 30_000_000n,
  };
}

const derived = (parent: L2BlockRef, attributes = attributesOn(parent)): DerivedAttributes => ({
  ...{ attributes, parent, concluding: true, derivedFrom: l1Block(50n) },
});

const childOf = (parent: L2BlockRef, attributes: PayloadAttributes): L2BlockRef =>
  payloadToBlockRef(TEST_ROLLUP, defaultBuild(parent, attributes).executionPayload);

/** Settled within a second of fake time; null where it is still being tried. */
async function consolidate(of: DerivedAttributes, ahead?: AttributesAhead) {
  const settled = h.actor.consolidate(of, h.signal, undefined, ahead);
  let done: Awaited<typeof settled> | null = null;
  void settled.then((value) => {
    done = value;
  });
  await h.clock.advance(1_000);
  return done;
}

/** What the engine was called for since the last look; a building job is told apart. */
function calls(): string[] {
  return h.engine.calls
    .splice(0)
    .map((call) =>
      call.method !== 'forkchoiceUpdated'
        ? call.method
        : call.attributes === null
          ? 'forkchoice'
          : 'build',
    );
}

/** The first block, built with the second one's attributes at hand; the second one's are returned. */
async function firstBlock(): Promise<DerivedAttributes> {
  const first = derived(GENESIS_REF);
  const one = childOf(GENESIS_REF, first.attributes);
  const second = derived(one);
  const result = await consolidate(first, async (parent) => {
    expect(parent).toEqual(one);
    return second.attributes;
  });
  expect(result).toMatchObject({ value: { kind: 'built', ref: one } });
  expect(h.heads).toMatchObject({ unsafe: one, pendingSafe: one, safe: one });
  return second;
}

describe('a block whose attributes are known while its parent is inserted', () => {
  it('is started by the forkchoice update that makes the parent head', async () => {
    const safeHeads = new MemorySafeHeads();
    await start({ safeHeads });
    const second = await firstBlock();
    expect(h.engine.forkchoices.at(-1)).toMatchObject({
      headBlockHash: second.parent.hash,
      safeBlockHash: second.parent.hash,
    });
    expect(calls()).toEqual(['build', 'getPayload', 'newPayload', 'build']);
    expect((await safeHeads.lastEntry())?.safeHead.hash).toBe(second.parent.hash);
    expect(await consolidate(second)).toMatchObject({ value: { kind: 'built' } });
    expect(calls()).toEqual(PLAIN);
    expect(h.heads.safe.number).toBe(2n);
    expect(h.engine.head).toEqual(h.heads.unsafe);
  });

  it.each<[string, AttributesAhead]>([
    ['cannot be told', async () => null],
    ['fail', async () => Promise.reject(new Error('no L1'))],
    ['are not there in time', () => new Promise(() => undefined)],
  ])('is not waited for where its attributes %s', async (_, ahead) => {
    await start();
    await consolidate(derived(GENESIS_REF), ahead);
    expect(calls()).toEqual(['build', ...PLAIN]);
    expect(h.heads.safe.number).toBe(1n);
    expect(await consolidate(derived(h.heads.unsafe))).toMatchObject({ value: { kind: 'built' } });
    expect(calls()).toEqual(['build', ...PLAIN]);
  });

  it.each<[string, Error]>([
    ['is refused', new RpcError('engine_forkchoiceUpdatedV3', -38003, 'bad transaction', '')],
    ['gets no answer', new NodeError('TRANSPORT_TIMEOUT', 'late', { severity: 'temporary' })],
  ])('holds its parent up in nothing where its start %s', async (_, error) => {
    const engine = await start();
    const first = derived(GENESIS_REF);
    const second = derived(childOf(GENESIS_REF, first.attributes));
    const ahead: AttributesAhead = async () => {
      engine.failNext('forkchoiceUpdated', error);
      return second.attributes;
    };
    expect(await consolidate(first, ahead)).toMatchObject({ value: { kind: 'built' } });
    expect(calls()).toEqual(['build', 'getPayload', 'newPayload', 'build', 'forkchoice']);
    expect(h.heads.safe).toEqual(second.parent);
    // It is judged when its turn comes, as any other.
    engine.failNext('forkchoiceUpdated', new RpcError('engine', -38003, 'bad transaction', ''));
    expect(await consolidate(second)).toMatchObject({ value: { kind: 'depositsOnly' } });
  });

  it('is started anew where the engine did not say that it has started', async () => {
    const engine = await start();
    const first = derived(GENESIS_REF);
    const second = derived(childOf(GENESIS_REF, first.attributes));
    await consolidate(first, async () => {
      engine.answerNext('forkchoiceUpdated', VALID);
      return second.attributes;
    });
    expect(calls()).toEqual(['build', 'getPayload', 'newPayload', 'build']);
    expect(await consolidate(second)).toMatchObject({ value: { kind: 'built' } });
    expect(calls()).toEqual(['build', ...PLAIN]);
  });

  it('leaves it to the plain update to say what an engine means that calls the parent not valid', async () => {
    const engine = await start();
    const first = derived(GENESIS_REF);
    const epoch = h.heads.resetEpoch;
    await consolidate(first, async (parent) => {
      engine.answerNext('forkchoiceUpdated', SYNCING);
      engine.answerNext('forkchoiceUpdated', SYNCING);
      return attributesOn(parent);
    });
    expect(calls().slice(0, 5)).toEqual([
      ...['build', 'getPayload', 'newPayload', 'build', 'forkchoice'],
    ]);
    expect(h.heads.resetEpoch).toBe(epoch + 1);
  });

  it('is given up where other attributes come, equal or not', async () => {
    await start();
    const second = await firstBlock();
    calls();
    const equal = derived(second.parent);
    expect(equal.attributes).toEqual(second.attributes);
    expect(await consolidate(equal)).toMatchObject({ value: { kind: 'built' } });
    expect(calls()).toEqual(['build', ...PLAIN]);
  });

  it('is built again where the engine has lost it', async () => {
    const engine = await start();
    const second = await firstBlock();
    calls();
    engine.endJobs();
    expect(await consolidate(second)).toMatchObject({ value: { kind: 'built' } });
    expect(calls()).toEqual(['getPayload', 'build', ...PLAIN]);
  });

  it('counts for nothing against its attributes where the engine has lost it', async () => {
    const engine = await start();
    const first = derived(GENESIS_REF);
    const one = childOf(GENESIS_REF, first.attributes);
    const odd = attributesOn(one);
    const second = derived(one, { ...odd, transactions: [...odd.transactions, '0x02c0'] });
    await consolidate(first, async () => second.attributes);
    calls();
    engine.endJobs();
    let jobs = 0;
    engine.buildBlock = (parent, attributes) =>
      ++jobs === 1 ? null : defaultBuild(parent, attributes);
    // Only a second job of its own that is lost has the transactions looked at.
    expect(await consolidate(second)).toMatchObject({ value: { kind: 'built' } });
    expect(calls()).toEqual(['getPayload', 'build', 'getPayload', 'build', ...PLAIN]);
  });

  it('is nothing that an end of the node waits for', async () => {
    const engine = await start();
    let isAsked = false;
    const forkchoiceUpdated = engine.forkchoiceUpdated.bind(engine);
    engine.forkchoiceUpdated = (state, attributes, signal) => {
      if (attributes === null || state.headBlockHash === GENESIS_REF.hash) {
        return forkchoiceUpdated(state, attributes, signal);
      }
      isAsked = true;
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    };
    const ahead: AttributesAhead = async (parent) => attributesOn(parent);
    const settled = h.actor.consolidate(derived(GENESIS_REF), h.signal, undefined, ahead);
    await h.settle();
    expect(isAsked).toBe(true);
    calls();
    h.stop.abort();
    expect((await settled).kind).toBe('aborted');
    expect(calls()).toEqual([]);
  });
});
