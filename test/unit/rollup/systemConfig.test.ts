import { keccak256, stringToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { bytesToHex, hexToBytes } from '../../../src/rollup/bytes.js';
import { encodeDepositTx } from '../../../src/rollup/depositTx.js';
import { encodeL1Info } from '../../../src/rollup/l1Info.js';
import type { RollupConfig, SystemConfig } from '../../../src/rollup/rollupConfig.js';
import {
  CONFIG_UPDATE_TOPIC,
  decodeConfigUpdate,
  ecotoneScalars,
  operatorFee,
  payloadToSystemConfig,
  updateSystemConfig,
} from '../../../src/rollup/systemConfig.js';
import { UPGRADE_GAS } from '../../../src/rollup/upgradeGas.js';
import type { Hash } from '../../../src/types/block.js';
import { ZERO_HASH } from '../../../src/types/block.js';
import type { L1Receipt } from '../../../src/types/l1Block.js';
import type { ExecutionPayload } from '../../../src/types/payload.js';
import { deriveConfig, forksBefore, numberedHash } from '../../support/deriveFakes.js';

const config = deriveConfig();
const base = config.genesis.systemConfig;
const word = (value: bigint | number | string): string =>
  typeof value === 'string' ? value : BigInt(value).toString(16).padStart(64, '0');
const topic = (value: bigint | number): Hash => `0x${word(value)}`;
/** An event of that update type; its content in words. */
const update = (type: number, ...content: (bigint | number | string)[]) => ({
  topics: [CONFIG_UPDATE_TOPIC, ZERO_HASH, topic(type)],
  data: `0x${[32, content.length * 32, ...content].map(word).join('')}` as const,
});
const receiptOf = (
  log: { topics: Hash[]; data: Hash },
  changes: Partial<L1Receipt> = {},
): L1Receipt => ({
  isSuccess: true,
  logs: [{ ...log, address: config.l1SystemConfigAddress, blockHash: ZERO_HASH, logIndex: 0n }],
  ...changes,
});
const scalar = (version: string, padding: string, values: string) => version + padding + values;
const V1 = scalar('01', '0'.repeat(46), '0000000500000007');
const PRE_ECOTONE = deriveConfig({ forks: forksBefore('ecotone') });

describe('system config updates', () => {
  it('knows the event', () => {
    expect(keccak256(stringToBytes('ConfigUpdate(uint256,uint8,bytes)'))).toBe(CONFIG_UPDATE_TOPIC);
  });

  const eip1559 = (denominator: number, elasticity: number) =>
    word((BigInt(denominator) << 32n) | BigInt(elasticity));
  it.each([
    [
      'batcher',
      update(0, `${'0'.repeat(24)}${'ab'.repeat(20)}`),
      { batcherAddr: `0x${'ab'.repeat(20)}` },
    ],
    ['fee scalars of version 1', update(1, 9, V1), { overhead: ZERO_HASH, scalar: `0x${V1}` }],
    ['fee scalars of version 0', update(1, 9, 5), { overhead: ZERO_HASH, scalar: topic(5) }],
    ['gas limit', update(2, 40_000_000), { gasLimit: 40_000_000n }],
    ['signer', update(3, 1), {}],
    ['EIP-1559 parameters', update(4, eip1559(250, 6)), { eip1559Params: '0x000000fa00000006' }],
    ['EIP-1559 defaults', update(4, 0), { eip1559Params: '0x0000000000000000' }],
    ['operator fee', update(5, 77), { operatorFeeParams: topic(77) }],
    ['minimum base fee', update(6, (1n << 64n) - 1n), { minBaseFee: (1n << 64n) - 1n }],
    ['DA footprint scalar', update(7, 65_535), { daFootprintGasScalar: 65_535 }],
    [
      'an unusable fee scalar: valid, but nothing changes',
      update(1, 9, scalar('02', '0'.repeat(46), '0'.repeat(16))),
      {},
    ],
    [
      'a version 0 scalar with padding',
      update(1, 9, scalar('00', `${'0'.repeat(45)}1`, '0'.repeat(16))),
      {},
    ],
  ])('decodes %s', (_, log, change) => {
    expect(decodeConfigUpdate(log, config, 1000n)).toEqual(change);
  });

  it('keeps overhead and scalar as they are before Ecotone', () => {
    const odd = scalar('02', '1'.repeat(46), '0'.repeat(16));
    expect(decodeConfigUpdate(update(1, 9, odd), PRE_ECOTONE, 1000n)).toEqual({
      overhead: topic(9),
      scalar: `0x${odd}`,
    });
  });

  const good = update(2, 5);
  it.each([
    ['an unknown type', update(8, 1)],
    ['a type beyond 8 bits', { ...good, topics: [CONFIG_UPDATE_TOPIC, ZERO_HASH, topic(258)] }],
    ['another version', { ...good, topics: [CONFIG_UPDATE_TOPIC, topic(1), topic(2)] }],
    ['two topics', { ...good, topics: [CONFIG_UPDATE_TOPIC, ZERO_HASH] }],
    ['four topics', { ...good, topics: [...good.topics, ZERO_HASH] }],
    ['no data', { ...good, data: '0x' as const }],
    ['a word too many', { ...good, data: `${good.data}${word(0)}` as const }],
    ['another offset', { ...good, data: good.data.replace('20', '21') as Hash }],
    ['another length', { ...update(2, 5, 6), data: update(2, 5, 6).data }],
    ['an address with padding', update(0, `${'1'.repeat(24)}${'ab'.repeat(20)}`)],
    ['a gas limit over 64 bits', update(2, 1n << 64n)],
    ['a minimum base fee over 64 bits', update(6, 1n << 64n)],
    ['a DA footprint scalar over 16 bits', update(7, 65_536)],
    ['a denominator without elasticity', update(4, eip1559(250, 0))],
    ['an elasticity without denominator', update(4, eip1559(0, 6))],
  ])('ignores %s', (_, log) => {
    expect(decodeConfigUpdate(log, config, 1000n)).toBeNull();
  });

  it('applies the valid events of successful transactions to this contract, in order', () => {
    const stranger = receiptOf(update(2, 1));
    const receipts: L1Receipt[] = [
      receiptOf(update(2, 10)),
      receiptOf(update(2, 40)),
      receiptOf(update(2, 20), { isSuccess: false }),
      {
        ...stranger,
        logs: stranger.logs.map((log) => ({ ...log, address: `0x${'77'.repeat(20)}` })),
      },
      receiptOf({ ...update(2, 30), topics: [ZERO_HASH, ZERO_HASH, topic(2)] }),
      receiptOf(update(8, 1)),
      receiptOf(update(6, 3)),
    ];
    expect(updateSystemConfig(base, receipts, config, 1000n)).toEqual({
      ...base,
      gasLimit: 40n,
      minBaseFee: 3n,
    });
    expect(updateSystemConfig(base, [], config, 1000n)).toBe(base);
  });
});

describe('ecotoneScalars and operatorFee', () => {
  it.each([
    ['version 1', `0x${V1}`, { baseFeeScalar: 7, blobBaseFeeScalar: 5 }],
    ['version 0', topic(9), { baseFeeScalar: 9, blobBaseFeeScalar: 0 }],
    [
      'version 0 with padding',
      topic(1n << 40n),
      { baseFeeScalar: 0xffffffff, blobBaseFeeScalar: 0 },
    ],
    ['version 1 with padding', `0x01${'0'.repeat(45)}1${'0'.repeat(16)}`, null],
    ['version 2', `0x02${'0'.repeat(62)}`, null],
  ] as const)('split %s', (_, value, expected) => {
    expect(ecotoneScalars(value)).toEqual(expected);
  });

  it('split the operator fee', () => {
    expect(operatorFee(`0x${'1'.repeat(40)}00000003${'0'.repeat(15)}4`)).toEqual({
      scalar: 3,
      constant: 4n,
    });
  });
});

describe('payloadToSystemConfig', () => {
  const system: SystemConfig = {
    batcherAddr: `0x${'ab'.repeat(20)}`,
    overhead: ZERO_HASH,
    scalar: `0x${V1}`,
    gasLimit: 30_000_000n,
    eip1559Params: '0x000000fa00000006',
    operatorFeeParams: `0x${'0'.repeat(40)}00000003${'0'.repeat(15)}4`,
    minBaseFee: 99n,
    daFootprintGasScalar: 300,
  };
  const infoTx = (format: 'bedrock' | 'ecotone' | 'jovian') => {
    const data = encodeL1Info(format, {
      number: 10n,
      time: 1000n,
      baseFee: 7n,
      blockHash: numberedHash(10, 'a'),
      sequenceNumber: 1n,
      batcherAddr: system.batcherAddr,
      l1FeeOverhead: topic(188),
      l1FeeScalar: topic(684_000),
      blobBaseFee: 1n,
      baseFeeScalar: 7,
      blobBaseFeeScalar: 5,
      operatorFeeScalar: 3,
      operatorFeeConstant: 4n,
      daFootprintGasScalar: 300,
    });
    const deposit = {
      sourceHash: new Uint8Array(32),
      from: new Uint8Array(20),
      to: new Uint8Array(20),
      mint: 0n,
      value: 0n,
      gas: 1n,
      isSystemTx: false,
      data: hexToBytes(data) ?? new Uint8Array(0),
    };
    return bytesToHex(encodeDepositTx(deposit));
  };
  const payload = (changes: Partial<ExecutionPayload> = {}): ExecutionPayload =>
    ({
      blockHash: numberedHash(3, 'b'),
      blockNumber: 3n,
      timestamp: 1006n,
      gasLimit: 30_000_000n,
      extraData: '0x01000000fa000000060000000000000063',
      transactions: [infoTx('jovian')],
      ...changes,
    }) as ExecutionPayload;

  it('reads back all parts from a Jovian block', () => {
    expect(payloadToSystemConfig(config, payload())).toEqual(system);
  });

  it('reads back what Ecotone and Bedrock blocks have', () => {
    const ecotone = deriveConfig({ forks: forksBefore('fjord') });
    const nothing = {
      eip1559Params: '0x0000000000000000',
      operatorFeeParams: ZERO_HASH,
      minBaseFee: 0n,
      daFootprintGasScalar: 0,
    };
    expect(
      payloadToSystemConfig(
        ecotone,
        payload({ extraData: '0x', transactions: [infoTx('ecotone')] }),
      ),
    ).toEqual({ ...system, ...nothing });
    expect(
      payloadToSystemConfig(
        PRE_ECOTONE,
        payload({ extraData: '0x', transactions: [infoTx('bedrock')] }),
      ),
    ).toEqual({ ...system, ...nothing, overhead: topic(188), scalar: topic(684_000) });
  });

  it("takes Karst's upgrade gas off its activation block only, unless the chain keeps it", () => {
    const karst: RollupConfig = deriveConfig({ forks: { ...config.forks, karst: 1005n } });
    const raised = { gasLimit: 30_000_000n + UPGRADE_GAS.karst };
    expect(payloadToSystemConfig(karst, payload(raised)).gasLimit).toBe(30_000_000n);
    expect(payloadToSystemConfig(karst, payload({ ...raised, timestamp: 1008n })).gasLimit).toBe(
      raised.gasLimit,
    );
    const keeps = { ...karst, keepKarstUpgradeGas: true };
    expect(payloadToSystemConfig(keeps, payload(raised)).gasLimit).toBe(raised.gasLimit);
    expect(() => payloadToSystemConfig(karst, payload({ gasLimit: 5n }))).toThrow(
      expect.objectContaining({ code: 'ROLLUP_SYSTEM_CONFIG_INVALID' }),
    );
  });

  it("takes Lagoon's upgrade gas off its activation block on every chain", () => {
    const forks = { ...config.forks, karst: 1001n, lagoon: 1005n };
    const raised = { gasLimit: 30_000_000n + UPGRADE_GAS.lagoon };
    for (const keepKarstUpgradeGas of [false, true]) {
      const lagoon = deriveConfig({ forks, keepKarstUpgradeGas });
      expect(payloadToSystemConfig(lagoon, payload(raised)).gasLimit).toBe(30_000_000n);
      expect(payloadToSystemConfig(lagoon, payload({ ...raised, timestamp: 1008n })).gasLimit).toBe(
        raised.gasLimit,
      );
    }
  });

  it('takes off what passes where both forks activate in one block', () => {
    const forks = { ...config.forks, karst: 1005n, lagoon: 1005n };
    const { karst, lagoon } = UPGRADE_GAS;
    const both = payload({ gasLimit: 30_000_000n + karst + lagoon });
    expect(payloadToSystemConfig(deriveConfig({ forks }), both).gasLimit).toBe(30_000_000n);
    const keeps = deriveConfig({ forks, keepKarstUpgradeGas: true });
    expect(payloadToSystemConfig(keeps, both).gasLimit).toBe(30_000_000n + karst);
  });

  it('takes the genesis block’s from the rollup config', () => {
    const { l2, systemConfig } = config.genesis;
    expect(payloadToSystemConfig(config, payload({ blockNumber: 0n, blockHash: l2.hash }))).toBe(
      systemConfig,
    );
    expect(() => payloadToSystemConfig(config, payload({ blockNumber: 0n }))).toThrow(
      expect.objectContaining({ code: 'ROLLUP_GENESIS_MISMATCH', severity: 'temporary' }),
    );
  });

  it.each([
    ['no transactions', { transactions: [] }, 'ROLLUP_L1_INFO_INVALID'],
    ['another first transaction', { transactions: ['0x02c0'] }, 'ROLLUP_L1_INFO_INVALID'],
    ['extra data of another length', { extraData: '0x01' }, 'ROLLUP_SYSTEM_CONFIG_INVALID'],
    [
      'extra data of another version',
      { extraData: '0x00000000fa000000060000000000000063' },
      'ROLLUP_SYSTEM_CONFIG_INVALID',
    ],
    [
      'a zero denominator',
      { extraData: '0x0100000000000000060000000000000063' },
      'ROLLUP_SYSTEM_CONFIG_INVALID',
    ],
    [
      'a zero elasticity',
      { extraData: '0x01000000fa000000000000000000000063' },
      'ROLLUP_SYSTEM_CONFIG_INVALID',
    ],
  ] as const)('refuses a block with %s', (_, changes, code) => {
    expect(() =>
      payloadToSystemConfig(config, payload(changes as Partial<ExecutionPayload>)),
    ).toThrow(expect.objectContaining({ code, severity: 'temporary' }));
  });

  it('refuses extra data before Holocene', () => {
    expect(() =>
      payloadToSystemConfig(
        deriveConfig({ forks: forksBefore('holocene') }),
        payload({ transactions: [infoTx('ecotone')] }),
      ),
    ).toThrow(expect.objectContaining({ code: 'ROLLUP_SYSTEM_CONFIG_INVALID' }));
  });
});
