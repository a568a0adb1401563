import { describe, expect, it } from 'vitest';
import { AttributesBuilder } from '../../../../src/derive/attributes/attributesBuilder.js';
import { l1InfoTx } from '../../../../src/derive/attributes/l1InfoTx.js';
import { AttributesQueue } from '../../../../src/derive/stages/attributesQueue.js';
import type { NextBatch } from '../../../../src/derive/stages/batchStage.js';
import { bytesToHex } from '../../../../src/rollup/bytes.js';
import { TRANSACTION_DEPOSITED_TOPIC } from '../../../../src/rollup/deposits.js';
import type { L1ChainConfig } from '../../../../src/rollup/l1ChainConfig.js';
import { decodeL1Info } from '../../../../src/rollup/l1Info.js';
import type { RollupConfig, SystemConfig } from '../../../../src/rollup/rollupConfig.js';
import { withDepositsOnly } from '../../../../src/rollup/withDepositsOnly.js';
import type { L1HeaderInfo, L1Receipt } from '../../../../src/types/l1Block.js';
import type { AttributesWithParent, PayloadAttributes } from '../../../../src/types/payload.js';
import {
  deriveConfig,
  FakeProvider,
  forksBefore,
  l1Block,
  l2Block,
  NEVER,
  numberedHash,
} from '../../../support/deriveFakes.js';
import { singularOf } from '../../../support/deriveStageRig.js';
import { NO_TURN } from '../../../support/sliced.js';

const L1_CONFIG: L1ChainConfig = {
  chainId: 900n,
  forkTimes: { cancun: 0n, prague: 2000n },
  blobSchedule: {
    cancun: { target: 3n, max: 6n, baseFeeUpdateFraction: 3_338_477n },
    prague: { target: 6n, max: 9n, baseFeeUpdateFraction: 5_007_716n },
  },
};
const header = (number: number, changes: Partial<L1HeaderInfo> = {}): L1HeaderInfo => ({
  ...l1Block(number),
  prevRandao: numberedHash(number, 'e'),
  baseFee: 7n,
  excessBlobGas: 0n,
  parentBeaconBlockRoot: numberedHash(number, 'f'),
  ...changes,
});

interface Sources {
  config?: RollupConfig;
  info?: L1HeaderInfo | null;
  receipts?: readonly L1Receipt[] | null;
  system?: Partial<SystemConfig> | null;
}
function builder({ config = deriveConfig(), info, receipts = [], system = {} }: Sources = {}) {
  return new AttributesBuilder(
    { config, l1Config: L1_CONFIG },
    {
      l1: {
        l1InfoByHash: async (hash) =>
          info === undefined ? header(Number(BigInt(`0x${hash.slice(3)}`))) : info,
        l1ReceiptsByHash: async () => receipts,
      },
      l2: {
        systemConfigByL2Hash: async () =>
          system === null ? null : { ...config.genesis.systemConfig, ...system },
      },
    },
  );
}
const infoOf = (attributes: PayloadAttributes, format: Parameters<typeof decodeL1Info>[0]) => {
  const tx = attributes.transactions[0] ?? '0x';
  const selector = {
    bedrock: '015d8eb9',
    ecotone: '440a5e20',
    isthmus: '098999be',
    jovian: '3db6be2b',
  }[format];
  return decodeL1Info(format, `0x${tx.slice(tx.indexOf(selector))}`);
};

describe('AttributesBuilder', () => {
  it('makes the attributes of a block in the same epoch', async () => {
    const attributes = await builder().prepare(l2Block(2), l1Block(10), NEVER);
    expect(attributes).toMatchObject({
      timestamp: 1006n,
      prevRandao: numberedHash(10, 'e'),
      suggestedFeeRecipient: '0x4200000000000000000000000000000000000011',
      withdrawals: [],
      parentBeaconBlockRoot: numberedHash(10, 'f'),
      noTxPool: true,
      gasLimit: 30_000_000n,
      eip1559Params: '0x0000000000000000',
      minBaseFee: 0n,
    });
    expect(attributes.transactions).toHaveLength(1);
    expect(infoOf(attributes, 'jovian')).toMatchObject({ number: 10n, sequenceNumber: 3n });
  });

  it('begins a new epoch with its updates and sequence number 0', async () => {
    const attributes = await builder().prepare(l2Block(5), l1Block(11), NEVER);
    expect(infoOf(attributes, 'jovian')).toMatchObject({ number: 11n, sequenceNumber: 0n });
  });

  it('leaves out what a fork has not brought yet', async () => {
    const config = deriveConfig({ forks: forksBefore('canyon') });
    const attributes = await builder({ config }).prepare(l2Block(2), l1Block(10), NEVER);
    expect(Object.keys(attributes).sort()).toEqual([
      'gasLimit',
      'noTxPool',
      'prevRandao',
      'suggestedFeeRecipient',
      'timestamp',
      'transactions',
    ]);
  });

  it('has a zero beacon root where L1 has none', async () => {
    const info = header(10, { parentBeaconBlockRoot: null, excessBlobGas: null });
    const attributes = await builder({ info }).prepare(l2Block(2), l1Block(10), NEVER);
    expect(attributes.parentBeaconBlockRoot).toBe(`0x${'0'.repeat(64)}`);
    expect(infoOf(attributes, 'jovian').blobBaseFee).toBe(1n);
  });

  const malformedDeposit: L1Receipt = {
    isSuccess: true,
    logs: [
      {
        address: deriveConfig().depositContractAddress,
        topics: [TRANSACTION_DEPOSITED_TOPIC],
        data: '0x',
        blockHash: l1Block(11).hash,
        logIndex: 0n,
      },
    ],
  };
  it.each([
    ['an unknown parent', { system: null }, 2, 10, 'DERIVE_L2_UNAVAILABLE', 'temporary'],
    ['an unknown L1 block', { info: null }, 2, 10, 'DERIVE_L1_UNAVAILABLE', 'temporary'],
    ['unknown receipts', { receipts: null }, 5, 11, 'DERIVE_L1_UNAVAILABLE', 'temporary'],
    [
      'an epoch that does not follow',
      { info: header(11, { parentHash: numberedHash(9, 'a') }) },
      5,
      11,
      'DERIVE_ORIGIN_MISMATCH',
      'reset',
    ],
    [
      'a block before its origin',
      { info: header(10, { timestamp: 1007n }) },
      2,
      10,
      'DERIVE_ORIGIN_MISMATCH',
      'reset',
    ],
    [
      'a malformed deposit',
      { receipts: [malformedDeposit] },
      5,
      11,
      'DERIVE_DEPOSITS_INVALID',
      'critical',
    ],
    [
      'an unusable fee scalar',
      { system: { scalar: `0x02${'0'.repeat(62)}` } },
      2,
      10,
      'ROLLUP_SYSTEM_CONFIG_INVALID',
      'critical',
    ],
  ] as const)('fails by severity with %s', async (_, sources, parent, epoch, code, severity) => {
    await expect(
      builder(sources as Sources).prepare(l2Block(parent), l1Block(epoch), NEVER),
    ).rejects.toMatchObject({ code, severity });
  });

  it('refuses an epoch of another chain than its parent has', async () => {
    const epoch = { number: 10n, hash: numberedHash(10, 'c') };
    await expect(builder().prepare(l2Block(2), epoch, NEVER)).rejects.toMatchObject({
      code: 'DERIVE_ORIGIN_MISMATCH',
      severity: 'reset',
    });
  });
});

describe('l1InfoTx', () => {
  const make = (config: RollupConfig, l1: L1HeaderInfo, system: Partial<SystemConfig> = {}) => {
    const systemConfig = { ...config.genesis.systemConfig, ...system };
    return bytesToHex(
      l1InfoTx(config, L1_CONFIG, { l1, systemConfig, sequenceNumber: 2n, timestamp: 1006n }),
    );
  };
  const decode = (tx: string) => decodeL1Info('jovian', `0x${tx.slice(tx.indexOf('3db6be2b'))}`);

  it('is a system transaction with much gas before Regolith only', () => {
    const before = make(deriveConfig({ forks: {} }), header(10));
    const after = make(deriveConfig({ forks: { regolith: 0n } }), header(10));
    // Mint, value, gas (150_000_000), system flag; and with a million gas, no flag.
    expect(before).toContain('80808408f0d18001');
    expect(after).toContain('8080830f424080');
  });

  it('takes a DA footprint scalar of zero for 400', () => {
    expect(decode(make(deriveConfig(), header(10))).daFootprintGasScalar).toBe(400);
    expect(
      decode(make(deriveConfig(), header(10), { daFootprintGasScalar: 5 })).daFootprintGasScalar,
    ).toBe(5);
  });

  it('goes on with the Cancun blob fee until the Pectra fix of the chain', () => {
    const l1 = header(10, { timestamp: 3000n, excessBlobGas: 50_000_000n });
    const fee = (pectraBlobSchedule?: bigint) => {
      const forks = { ...deriveConfig().forks, ...(pectraBlobSchedule && { pectraBlobSchedule }) };
      return decode(make(deriveConfig({ forks }), l1)).blobBaseFee;
    };
    expect(fee()).toBe(21_689n);
    expect(fee(3000n)).toBe(21_689n);
    expect(fee(3001n)).toBe(3_194_333n);
  });

  it('is critical where the L1 chain config has no blob parameters for the time', () => {
    const bare = { ...L1_CONFIG, blobSchedule: {} };
    const input = {
      l1: header(10),
      systemConfig: deriveConfig().genesis.systemConfig,
      sequenceNumber: 0n,
      timestamp: 1006n,
    };
    expect(() => l1InfoTx(deriveConfig(), bare, input)).toThrow(
      expect.objectContaining({ code: 'DERIVE_BLOB_SCHEDULE_MISSING', severity: 'critical' }),
    );
  });
});

describe('AttributesQueue', () => {
  const tx = Uint8Array.of(2, 0xc0);
  function queue(prepare = builder()) {
    const previous = new FakeProvider<NextBatch>();
    previous.origin = l1Block(12);
    const deps = { previous, builder: prepare, turn: NO_TURN };
    return { previous, stage: new AttributesQueue(deriveConfig(), deps) };
  }
  const nextBatch = (number: number): NextBatch => ({
    batch: singularOf(number, { transactions: [tx] }),
    concluding: true,
  });

  it('puts the batch transactions behind the deposits', async () => {
    const { previous, stage } = queue();
    previous.push(nextBatch(3));
    const made = await stage.nextAttributes(l2Block(2), NEVER);
    expect(made).toMatchObject({ parent: l2Block(2), concluding: true, derivedFrom: l1Block(12) });
    const { transactions } = (made as AttributesWithParent).attributes;
    expect(transactions).toHaveLength(2);
    expect(transactions[1]).toBe('0x02c0');
    expect(await stage.nextAttributes(l2Block(3), NEVER)).toBe('outOfData');
  });

  it('keeps the batch while its attributes cannot be made', async () => {
    let isDown = true;
    const real = builder();
    const { previous, stage } = queue({
      prepare: (...args: Parameters<typeof real.prepare>) => {
        if (isDown) throw new Error('down');
        return real.prepare(...args);
      },
    } as AttributesBuilder);
    previous.push(nextBatch(3));
    await expect(stage.nextAttributes(l2Block(2), NEVER)).rejects.toThrow('down');
    isDown = false;
    expect(await stage.nextAttributes(l2Block(2), NEVER)).toMatchObject({ parent: l2Block(2) });
  });

  it.each([
    ['another parent', l2Block(2, { hash: numberedHash(2, 'c') })],
    ['a parent of another time', l2Block(2, { timestamp: 1005n })],
  ])('asks for a reset when the batch meets %s', async (_, parent) => {
    const { previous, stage } = queue();
    previous.push(nextBatch(3));
    await expect(stage.nextAttributes(parent, NEVER)).rejects.toMatchObject({
      code: 'DERIVE_BATCH_MISMATCH',
      severity: 'reset',
    });
  });

  describe('ahead of the safe head', () => {
    function spied() {
      const real = builder();
      let prepared = 0;
      const prepare: AttributesBuilder['prepare'] = (...args) => {
        prepared += 1;
        return real.prepare(...args);
      };
      return { ...queue({ prepare } as AttributesBuilder), prepared: () => prepared };
    }
    const peekAt = (next: NextBatch) => () => next.batch;

    it('makes the attributes once, and gives those when their batch comes', async () => {
      const { stage, prepared, ...rig } = spied();
      const next = nextBatch(3);
      const previous = Object.assign(rig.previous, { peek: peekAt(next) });
      const ahead = await stage.makeAhead(l2Block(2), NEVER);
      expect(ahead?.transactions).toHaveLength(2);
      previous.push(next);
      previous.origin = l1Block(13);
      const made = await stage.nextAttributes(l2Block(2), NEVER);
      expect(made).toMatchObject({ parent: l2Block(2), derivedFrom: l1Block(13) });
      expect((made as AttributesWithParent).attributes).toBe(ahead);
      expect(prepared()).toBe(1);
    });

    it.each(['another batch comes', 'all was reset'])('forgets them where %s', async (why) => {
      const { stage, prepared, ...rig } = spied();
      const next = nextBatch(3);
      const previous = Object.assign(rig.previous, { peek: peekAt(next) });
      const ahead = await stage.makeAhead(l2Block(2), NEVER);
      if (why === 'all was reset') stage.reset();
      previous.push(why === 'all was reset' ? next : nextBatch(3));
      const made = (await stage.nextAttributes(l2Block(2), NEVER)) as AttributesWithParent;
      expect(made.attributes).toEqual(ahead);
      expect(made.attributes).not.toBe(ahead);
      expect(prepared()).toBe(2);
    });

    it('tells nothing where nothing is at hand, and leaves the last attributes as they are', async () => {
      const { previous, stage } = queue();
      expect(await stage.makeAhead(l2Block(2), NEVER)).toBeNull();
      previous.push(nextBatch(3));
      await stage.nextAttributes(l2Block(2), NEVER);
      Object.assign(previous, { peek: peekAt(nextBatch(4)) });
      expect(await stage.makeAhead(l2Block(3), NEVER)).not.toBeNull();
      expect(stage.depositsOnly(l2Block(2), l1Block(12))).toMatchObject({ parent: l2Block(2) });
    });
  });

  it('replaces its last attributes by deposits only and flushes the channel', async () => {
    const { previous, stage } = queue();
    previous.push(nextBatch(3));
    const made = (await stage.nextAttributes(l2Block(2), NEVER)) as AttributesWithParent;
    const replaced = stage.depositsOnly(l2Block(2), l1Block(12));
    expect(replaced.attributes.transactions).toEqual(made.attributes.transactions.slice(0, 1));
    expect({ ...replaced.attributes, transactions: [] }).toEqual({
      ...made.attributes,
      transactions: [],
    });
    expect(replaced).toMatchObject({ parent: made.parent, derivedFrom: made.derivedFrom });
    expect(previous.flushed).toBe(1);
    expect(withDepositsOnly(replaced)).toEqual(replaced);
  });

  it('refuses to replace anything but its last attributes', async () => {
    const critical = expect.objectContaining({ code: 'DERIVE_INVARIANT', severity: 'critical' });
    const { previous, stage } = queue();
    expect(() => stage.depositsOnly(l2Block(2), l1Block(12))).toThrow(critical);
    previous.push(nextBatch(3));
    await stage.nextAttributes(l2Block(2), NEVER);
    expect(() => stage.depositsOnly(l2Block(1), l1Block(12))).toThrow(critical);
    expect(() => stage.depositsOnly(l2Block(2), l1Block(11))).toThrow(critical);
    stage.reset();
    expect(() => stage.depositsOnly(l2Block(2), l1Block(12))).toThrow(critical);
    expect(previous.flushed).toBe(0);
  });
});
