import { afterEach, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { RpcError } from '../../../src/transport/ports.js';
import type {
  DerivedAttributes,
  ForkchoiceState,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
} from '../../../src/types/payload.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../support/engineHarness.js';
import { FakeEngine } from '../../support/fakeEngine.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, hashOf, l1Block, makeBlock, makeChain } from '../../support/l2Chain.js';

const chain = makeChain(GENESIS_REF, 8);
const block = (n: number): MadeBlock => chain[n - 1] as MadeBlock;
const TX = '0x02aabb';
/** What L1 says of height 1: not what the unsafe chain has. */
const other = makeBlock(GENESIS_REF, { fork: 'derived', transactions: [TX] });

/** What happens once an update has been applied; what it throws is the answer. */
class HookedEngine extends FakeEngine {
  afterUpdate: (state: ForkchoiceState, attributes: PayloadAttributes | null) => void = () =>
    undefined;

  override async forkchoiceUpdated(
    state: ForkchoiceState,
    attributes: PayloadAttributes | null,
    signal: AbortSignal,
  ): Promise<ForkchoiceUpdatedResult> {
    const result = await super.forkchoiceUpdated(state, attributes, signal);
    this.afterUpdate(state, attributes);
    return result;
  }
}

let h: EngineHarness;
afterEach(() => h.stop.abort());

async function engineAt(tip: number, engine = new FakeEngine(), options = {}): Promise<void> {
  engine.importAsHead(...chain.slice(0, tip).map(({ envelope }) => envelope));
  h = await new EngineHarness({ ...DERIVE_OPTIONS, ...options }, { engine }).start();
}

function derived({ envelope }: MadeBlock, changes: Partial<PayloadAttributes> = {}) {
  const { timestamp, prevRandao, feeRecipient, gasLimit, transactions } = envelope.executionPayload;
  const attributes: PayloadAttributes = {
    timestamp,
    prevRandao,
    suggestedFeeRecipient: feeRecipient,
    transactions,
    noTxPool: true,
    gasLimit,
    ...changes,
  };
  const from = { parent: GENESIS_REF, concluding: true, derivedFrom: l1Block(50n) };
  return { attributes, ...from } satisfies DerivedAttributes;
}

it('an unsafe block on a head that a derived block has replaced meanwhile is not inserted', async () => {
  await engineAt(5);
  h.engine.buildBlock = () => {
    h.actor.addUnsafePayload(block(6).envelope);
    return other.envelope;
  };
  await h.actor.consolidate(derived(other), h.signal);
  await h.settle();
  expect([h.heads.unsafe, h.heads.safe, h.heads.resetEpoch]).toEqual([other.ref, other.ref, 1]);
  expect(h.engine.head).toEqual(other.ref);
});

it('an unsafe block that came during a reset is held against the heads after it', async () => {
  const engine = new FakeEngine();
  await engineAt(6, engine);
  for (const number of [1n, 2n, 3n]) h.l1.forks.set(number, 'reorg');
  const labels = engine.l2BlockRefByLabel.bind(engine);
  engine.l2BlockRefByLabel = (label, signal) => {
    h.actor.addUnsafePayload(block(7).envelope);
    return labels(label, signal);
  };
  h.actor.requestReset(new NodeError('DERIVE_RESET_REQUESTED', 'test', { severity: 'reset' }));
  await h.settle();
  engine.l2BlockRefByLabel = labels;
  const { unsafe } = h.heads;
  expect(unsafe.number).toBeLessThan(6n);
  const next = makeBlock(unsafe, { fork: 'after', origin: l1Block(1n, 'reorg') });
  h.actor.addUnsafePayload(next.envelope);
  await h.settle();
  expect(h.heads.unsafe).toEqual(next.ref);
});

it('a lost answer leaves no heads on two branches', async () => {
  const engine = new HookedEngine();
  await engineAt(5, engine);
  engine.buildBlock = () => other.envelope;
  engine.afterUpdate = (_, attributes) => {
    if (attributes !== null) return;
    engine.afterUpdate = () => undefined;
    throw new NodeError('TRANSPORT_TIMEOUT', 'no answer', { severity: 'temporary' });
  };
  const settled = h.actor.consolidate(derived(other), h.signal);
  await h.settle();
  await h.clock.advance(1_000);
  expect(await settled).toMatchObject({ value: { kind: 'built' } });
  expect([h.heads.unsafe, h.heads.safe, h.heads.resetEpoch]).toEqual([other.ref, other.ref, 1]);
});

it('an execution layer that goes back to the parent of a job is called back before it is compared', async () => {
  const engine = new HookedEngine();
  engine.afterUpdate = ({ headBlockHash }, attributes) => {
    engine.setHead(headBlockHash);
    if (attributes?.transactions.includes(TX) !== true) return;
    throw new RpcError('engine_forkchoiceUpdatedV3', -38003, 'bad transaction', undefined);
  };
  const rollup = { ...DERIVE_OPTIONS.rollup, forks: { regolith: 0n, holocene: 0n } };
  await engineAt(5, engine, { rollup });
  const bare = makeBlock(GENESIS_REF, { fork: 'deposits' });
  h.engine.buildBlock = () => bare.envelope;
  const refused = await h.actor.consolidate(derived(bare, { transactions: [TX] }), h.signal);
  expect(refused).toMatchObject({ value: { kind: 'depositsOnly' } });
  const replaced = derived(bare, { prevRandao: hashOf('L1') });
  expect(await h.actor.consolidate(replaced, h.signal)).toMatchObject({
    value: { kind: 'built' },
  });
  expect([h.heads.safe, h.heads.resetEpoch]).toEqual([bare.ref, 1]);
});
