import type { Hex } from 'viem';
import { toRlp } from 'viem';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../../../src/engine/taskContext.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { transactionHash } from '../../../../src/rollup/txCodec.js';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import type {
  DerivedAttributes,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
} from '../../../../src/types/payload.js';
import { badTransactions, goodTransaction } from '../../../support/badTransactions.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../../support/engineHarness.js';
import { defaultBuild, FakeEngine } from '../../../support/fakeEngine.js';
import { GENESIS_REF, l1Block, makeBlock, TEST_ROLLUP } from '../../../support/l2Chain.js';

const MAKER = { nonce: 3, chainId: 901, blockGasLimit: 30_000_000n };
const good = await goodTransaction(MAKER);
const second = await goodTransaction(MAKER, 1);
const bad = await badTransactions(MAKER);
const FORKS = { ...TEST_ROLLUP.forks, lagoon: 0n };
const BEFORE: Partial<EngineOptions> = { rollup: { ...TEST_ROLLUP, forks: FORKS } };
const HOLOCENE: Partial<EngineOptions> = {
  rollup: { ...TEST_ROLLUP, forks: { ...FORKS, holocene: l1Block(50n).timestamp } },
};
const LEFT_OUT = { fault: 'left_out' };
const NEVER_BUILT = { fault: 'never_built' };

let h: EngineHarness;
afterEach(() => h.stop.abort());

async function engine(options: Partial<EngineOptions> = HOLOCENE): Promise<FakeEngine> {
  const fake = new FakeEngine();
  h = await new EngineHarness({ ...DERIVE_OPTIONS, ...options }, { engine: fake }).start();
  fake.calls.splice(0);
  return fake;
}

function derived(transactions: readonly Hex[], gasLimit = 30_000_000n): DerivedAttributes {
  const { executionPayload } = makeBlock(GENESIS_REF, { transactions }).envelope;
  return {
    attributes: {
      timestamp: executionPayload.timestamp,
      prevRandao: executionPayload.prevRandao,
      suggestedFeeRecipient: executionPayload.feeRecipient,
      transactions: executionPayload.transactions,
      noTxPool: true,
      gasLimit,
    },
    parent: GENESIS_REF,
    concluding: true,
    derivedFrom: l1Block(50n),
  };
}

/** Settled within `ms` of fake time; null where it is still being tried. */
async function consolidated(of: DerivedAttributes, ms = 1_000) {
  const settled = h.actor.consolidate(of, h.signal);
  let done: Awaited<typeof settled> | null = null;
  void settled.then((value) => {
    done = value;
  });
  await h.clock.advance(ms);
  return done;
}

const fault = (labels: { readonly fault: string }): number =>
  h.metrics.value('engine_faulty_attributes_total', labels) ?? 0;
const methods = (): string[] => h.engine.calls.map((c) => c.method);
const warned = () =>
  h.log.find('The execution layer fails at derived attributes that nothing is found wrong with');

/** The engine builds without these transactions, and says nothing. */
function leavesOut(fake: FakeEngine, ...left: readonly Hex[]): void {
  fake.buildBlock = (parent, attributes) =>
    defaultBuild(parent, {
      ...attributes,
      transactions: attributes.transactions.filter((tx) => !left.includes(tx)),
    });
}

describe('derived attributes that op-reth builds without a transaction', () => {
  const [badNonce] = bad;
  const raw = badNonce?.raw ?? '0x';
  const deposits = (result: unknown) =>
    expect(result).toMatchObject({ kind: 'ok', value: { kind: 'depositsOnly' } });

  it.each([
    ['alone', [raw], 1],
    ['between good ones', [good, raw, second], 2],
    ['twice', [raw, good, raw], 1],
  ])('are refused from Holocene on: %s', async (_, transactions, at) => {
    leavesOut(await engine(), raw);
    const attributes = derived(transactions);
    deposits(await consolidated(attributes));
    const reason = `the execution layer built a block without transaction ${at} (${transactionHash(raw)}) at its place`;
    expect(h.log.find('Derived attributes cannot be built')[0]).toMatchObject({
      level: 'error',
      fields: { ...LEFT_OUT, err: reason },
    });
    expect([fault(LEFT_OUT), fault(NEVER_BUILT)]).toEqual([1, 0]);
    expect(methods()).toEqual(['forkchoiceUpdated', 'getPayload']);
    expect([h.heads.unsafe, h.heads.pendingSafe]).toEqual([GENESIS_REF, GENESIS_REF]);
  });

  it('are dropped before Holocene', async () => {
    leavesOut(await engine(BEFORE), raw);
    expect(await consolidated(derived([good, raw]))).toMatchObject({ value: { kind: 'dropped' } });
    expect(fault(LEFT_OUT)).toBe(1);
    expect(h.heads.unsafe).toEqual(GENESIS_REF);
  });

  it('are refused where the block has more than they have', async () => {
    const fake = await engine();
    fake.buildBlock = (parent, attributes) =>
      defaultBuild(parent, { ...attributes, transactions: [...attributes.transactions, good] });
    deposits(await consolidated(derived([second])));
    expect(h.log.find('Derived attributes cannot be built')[0]?.fields.err).toBe(
      'the execution layer built a block with 1 more transactions',
    );
  });

  it('stop the node where a deposit is missing', async () => {
    const attributes = derived([]);
    const [info] = attributes.attributes.transactions;
    const fake = await engine();
    const other = makeBlock(GENESIS_REF, { origin: l1Block(1n) }).envelope;
    fake.buildBlock = () => other;
    expect(info).not.toBe(other.executionPayload.transactions[0]);
    expect(await consolidated(attributes)).toMatchObject({
      error: { code: 'ENGINE_DEPOSITS_ONLY_INVALID', severity: 'critical' },
    });
  });

  it('are another matter than a block of the sequencer with transactions of the pool', async () => {
    const fake = await engine();
    fake.buildBlock = (parent, attributes) =>
      defaultBuild(parent, { ...attributes, transactions: [...attributes.transactions, good] });
    const { attributes, parent } = derived([]);
    const job = await h.actor.build(
      {
        attributes: { ...attributes, noTxPool: false },
        parent,
        concluding: false,
        derivedFrom: null,
      },
      h.signal,
    );
    if (job.kind !== 'ok' || job.value.kind !== 'started') throw new Error('not started');
    const sealed = await h.actor.seal(job.value.job, h.signal);
    if (sealed.kind !== 'ok' || sealed.value.kind !== 'sealed') throw new Error('not sealed');
    const inserted = await h.actor.insertSealed(sealed.value, null, h.signal);
    expect(inserted).toMatchObject({ value: { kind: 'inserted' } });
    expect([fault(LEFT_OUT), h.heads.unsafe.number]).toEqual([0, 1n]);
  });
});

describe('derived attributes whose building job is lost', () => {
  it('are built again, as an engine that was restarted has lost it', async () => {
    const fake = await engine();
    let lost = 1;
    fake.buildBlock = (...of) => (lost-- > 0 ? null : defaultBuild(...of));
    const [, defective] = bad.filter((tx) => tx.defect !== null);
    // Also where they could be refused.
    const attributes = derived([defective?.raw ?? '0x']);
    expect(await consolidated(attributes)).toMatchObject({ value: { kind: 'built' } });
    expect(fault(NEVER_BUILT)).toBe(0);
  });

  it.each(bad.flatMap((tx) => (tx.defect === null ? [] : [[tx.name, tx.raw, tx.defect] as const])))(
    'each time are refused for a transaction with %s',
    async (_, raw, defect) => {
      const fake = await engine();
      fake.buildBlock = () => null;
      expect(await consolidated(derived([good, raw, second]))).toMatchObject({
        value: { kind: 'depositsOnly', reason: `transaction 2 ${defect}` },
      });
      expect(h.log.find('Derived attributes cannot be built')).toMatchObject([
        { level: 'error', fields: { ...NEVER_BUILT, err: `transaction 2 ${defect}` } },
      ]);
      expect([fault(NEVER_BUILT), fault(LEFT_OUT)]).toEqual([1, 0]);
      expect(fake.forkchoices).toHaveLength(2);
    },
  );

  it('each time are dropped before Holocene', async () => {
    const fake = await engine(BEFORE);
    fake.buildBlock = () => null;
    expect(await consolidated(derived(['0xc0']))).toMatchObject({ value: { kind: 'dropped' } });
  });

  it.each([
    ['nothing is wrong with their transactions', [good, second]],
    ['they are deposits alone', []],
  ])('are tried on and on where %s', async (_, transactions) => {
    const fake = await engine();
    fake.buildBlock = () => null;
    const attributes = derived(transactions);
    expect(await consolidated(attributes, 120_000)).toBeNull();
    expect(fake.forkchoices.length).toBeGreaterThan(10);
    expect(warned().length > 0).toBe(transactions.length > 0);
    fake.buildBlock = defaultBuild;
    await h.clock.advance(10_000);
    expect(h.heads.safe.number).toBe(1n);
    expect(fault(NEVER_BUILT)).toBe(0);
  });

  it('and other ones after them are two cases', async () => {
    const fake = await engine();
    fake.buildBlock = () => null;
    const first = h.actor.consolidate(derived(['0xc0']), h.signal);
    await h.clock.flush();
    h.actor.requestReset(new NodeError('ENGINE_PRESTATE', 'x', { severity: 'reset' }));
    await h.settle();
    expect((await first).kind).toBe('superseded');
    fake.calls.splice(0);
    expect(await consolidated(derived(['0xc0']))).toMatchObject({
      value: { kind: 'depositsOnly' },
    });
    expect(fake.forkchoices).toHaveLength(2);
  });

  it.each([
    ['-32603, as op-geth does for blobs', -32603, '0xc0' as Hex, 'depositsOnly', 2],
    ['-32602, which says nothing of the transactions', -32602, good, null, 3],
  ])('may also be answered with %s', async (_, code, raw, kind, tries) => {
    const fake = await engine();
    const answer = new RpcError('engine_forkchoiceUpdatedV3', code, 'Invalid params', {
      err: 'MissingGasLimitInPayloadAttributes',
    });
    fake.failNext('forkchoiceUpdated', answer, 1_000);
    const result = await consolidated(derived([raw]));
    if (kind === null) expect(result).toBeNull();
    else expect(result).toMatchObject({ value: { kind } });
    expect(fake.forkchoices.length).toBeGreaterThanOrEqual(tries);
    const line = h.log.find('Engine temporary error')[0];
    expect(line?.fields.err).toContain('Invalid params: MissingGasLimitInPayloadAttributes');
  });

  it('are not looked at while the engine is not to be reached', async () => {
    const fake = await engine();
    const away = new NodeError('TRANSPORT_FAILED', 'refused', { severity: 'temporary' });
    fake.failNext('getPayload', away, 5);
    expect(await consolidated(derived(['0xc0']), 20_000)).toMatchObject({
      value: { kind: 'built' },
    });
  });
});

describe('derived attributes that fail for what stands before a transaction', () => {
  const GAS = 21_000n;
  /** Builds what its gas is enough for, as op-reth: each uses its limit. */
  function countsGas(fake: FakeEngine, uses = GAS): void {
    fake.buildBlock = (parent, attributes) => {
      const count = BigInt(attributes.transactions.length - 1);
      if (count > 0n && (count - 1n) * uses + GAS > attributes.gasLimit) return null;
      return withGas(defaultBuild(parent, attributes), count * uses);
    };
  }

  function withGas(envelope: ExecutionPayloadEnvelope, gasUsed: bigint): ExecutionPayloadEnvelope {
    return { ...envelope, executionPayload: { ...envelope.executionPayload, gasUsed } };
  }

  it('are refused where the gas of the block ends before them', async () => {
    const fake = await engine();
    countsGas(fake);
    const transactions = Array.from({ length: 40 }, () => good);
    const result = await consolidated(derived(transactions, 30n * GAS + 5_000n));
    expect(result).toMatchObject({
      value: {
        kind: 'depositsOnly',
        reason: 'transaction 31 has gas 21000, over the 5000 that are left',
      },
    });
    expect(fault(NEVER_BUILT)).toBe(1);
    // Two tries, the deposits alone, and half of what is left each time.
    expect(fake.forkchoices.length).toBeLessThanOrEqual(2 + 1 + 6);
  });

  it('are tried on where their gas limits are more than the block has, and what they use is not', async () => {
    const fake = await engine();
    countsGas(fake, 1_000n);
    const build = fake.buildBlock;
    let isBroken = true;
    fake.buildBlock = (parent, attributes) =>
      isBroken && attributes.transactions.length > 10 ? null : build(parent, attributes);
    const attributes = derived(
      Array.from({ length: 12 }, () => good),
      10n * GAS,
    );
    const settled = consolidated(attributes, 3_000);
    expect(await settled).toBeNull();
    expect(warned().length).toBeGreaterThan(0);
    isBroken = false;
    await h.clock.advance(10_000);
    expect(h.heads.safe.number).toBe(1n);
  });

  const postExec: Hex = `0x7d${toRlp(['0x01', '0x01', [['0x01', '0x07']]]).slice(2)}`;
  const isWrong = ({ transactions }: PayloadAttributes) => transactions.includes(postExec);

  it('are refused where the post-execution transaction is not what the block comes to', async () => {
    const fake = await engine();
    fake.buildBlock = (parent: L2BlockRef, attributes) =>
      isWrong(attributes) ? null : defaultBuild(parent, attributes);
    expect(await consolidated(derived([good, second, postExec]))).toMatchObject({
      value: {
        kind: 'depositsOnly',
        reason: 'transaction 3 is not the post-execution transaction that the block comes to',
      },
    });
  });

  it.each([
    ['fails at an earlier one, too', 2],
    ['fails at the deposits alone', 0],
  ])('are tried on with a post-execution transaction where the engine %s', async (_, most) => {
    const fake = await engine();
    fake.buildBlock = (parent, attributes) =>
      attributes.transactions.length > most ? null : defaultBuild(parent, attributes);
    expect(await consolidated(derived([good, second, postExec]), 3_000)).toBeNull();
    expect(fault(NEVER_BUILT)).toBe(0);
  });

  it('are looked at again where the engine went away meanwhile', async () => {
    const fake = await engine();
    fake.buildBlock = (parent, attributes) =>
      isWrong(attributes) ? null : defaultBuild(parent, attributes);
    const away = new NodeError('TRANSPORT_FAILED', 'refused', { severity: 'temporary' });
    let asked = 0;
    const getPayload = fake.getPayload.bind(fake);
    fake.getPayload = async (info, signal) => {
      asked += 1;
      if (asked === 3) throw away;
      return getPayload(info, signal);
    };
    expect(await consolidated(derived([good, postExec]), 5_000)).toMatchObject({
      value: { kind: 'depositsOnly' },
    });
  });
});
