import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../../../src/errors/nodeError.js';
import { parseRollupConfig } from '../../../src/rollup/config.js';
import type { UnreadKey } from '../../../src/rollup/jsonFields.js';
import { rollupConfigJson } from '../../../src/rollup/rollupConfigJson.js';
import { ROLLUP } from '../../support/configFiles.js';

function parse(changes: object) {
  return parseRollupConfig(JSON.stringify({ ...ROLLUP, ...changes }));
}

function problemsOf(text: string): readonly string[] {
  try {
    parseRollupConfig(text);
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    return error.message.split('\n');
  }
  return [];
}

describe('parseRollupConfig', () => {
  it('reads every field', () => {
    const config = parse({
      genesis: {
        ...ROLLUP.genesis,
        system_config: {
          ...ROLLUP.genesis.system_config,
          eip1559Params: '0x0000000a0000000b',
          operatorFeeParams: `0x${'ab'.repeat(32)}`,
          minBaseFee: 5,
          daFootprintGasScalar: 400,
        },
      },
      karst_time: 9,
      lagoon_time: 10,
      pectra_blob_schedule_time: 11,
      keep_karst_upgrade_gas: true,
      alt_da: {
        da_challenge_contract_address: `0x${'99'.repeat(20)}`,
        da_commitment_type: 'KeccakCommitment',
        da_challenge_window: 1,
        da_resolve_window: 2,
      },
    });
    expect(config).toEqual({
      genesis: {
        l1: { hash: `0x${'11'.repeat(32)}`, number: 7n },
        l2: { hash: `0x${'22'.repeat(32)}`, number: 0n },
        l2Time: 1_700_000_000n,
        systemConfig: {
          batcherAddr: `0x${'33'.repeat(20)}`,
          overhead: `0x${'00'.repeat(32)}`,
          scalar: `0x${'00'.repeat(31)}01`,
          gasLimit: 30_000_000n,
          eip1559Params: '0x0000000a0000000b',
          operatorFeeParams: `0x${'ab'.repeat(32)}`,
          minBaseFee: 5n,
          daFootprintGasScalar: 400,
        },
      },
      blockTime: 2n,
      maxSequencerDrift: 600n,
      seqWindowSize: 200n,
      channelTimeout: 60n,
      l1ChainId: 900n,
      l2ChainId: 901n,
      forks: {
        regolith: 0n,
        canyon: 0n,
        delta: 0n,
        ecotone: 0n,
        fjord: 0n,
        granite: 0n,
        holocene: 0n,
        isthmus: 0n,
        jovian: 0n,
        karst: 9n,
        lagoon: 10n,
        pectraBlobSchedule: 11n,
      },
      batchInboxAddress: `0x${'44'.repeat(20)}`,
      depositContractAddress: `0x${'55'.repeat(20)}`,
      l1SystemConfigAddress: `0x${'66'.repeat(20)}`,
      altDa: {
        daChallengeAddress: `0x${'99'.repeat(20)}`,
        daCommitmentType: 'KeccakCommitment',
        daChallengeWindow: 1n,
        daResolveWindow: 2n,
      },
      chainOpConfig: {
        eip1559Elasticity: 6n,
        eip1559Denominator: 50n,
        eip1559DenominatorCanyon: 250n,
      },
      keepKarstUpgradeGas: true,
    });
  });

  it('keeps integers beyond 2^53 exact', () => {
    const text = JSON.stringify(ROLLUP)
      .replace('"l2_chain_id":901', '"l2_chain_id":115792089237316195423570985008687907853')
      .replace('"jovian_time":0', '"jovian_time":18446744073709551615');
    const config = parseRollupConfig(text);
    expect(config.l2ChainId).toBe(115_792_089_237_316_195_423_570_985_008_687_907_853n);
    expect(config.forks.jovian).toBe(18_446_744_073_709_551_615n);
  });

  it('refuses null for an address or a hash, as Go does', () => {
    const system = { ...ROLLUP.genesis.system_config, overhead: null };
    const genesis = { ...ROLLUP.genesis, system_config: system };
    const config = { ...ROLLUP, l1_system_config_address: null, genesis };
    expect(problemsOf(JSON.stringify(config))).toEqual([
      'genesis.system_config.overhead: null: expected 0x and 64 hex digits',
      'l1_system_config_address: null: expected 0x and 40 hex digits',
    ]);
  });

  it('tolerates unknown keys, and reads missing and null ones as zero or never', () => {
    const config = parse({ future: { key: [1] }, jovian_time: null, chain_op_config: null });
    expect(config.forks.jovian).toBeUndefined();
    expect(config.chainOpConfig).toBeNull();
    expect(config.altDa).toBeNull();
    expect(config.genesis.systemConfig.operatorFeeParams).toBe(`0x${'00'.repeat(32)}`);
    expect(parseRollupConfig('{}').blockTime).toBe(0n);
  });

  it('reads interop_time as lagoon_time, unless that is there', () => {
    expect(parse({ interop_time: 10 }).forks.lagoon).toBe(10n);
    expect(parse({ interop_time: 0 }).forks.lagoon).toBe(0n);
    expect(parse({ interop_time: 10, lagoon_time: null }).forks.lagoon).toBe(10n);
    expect(parse({ interop_time: 10, lagoon_time: 0 }).forks.lagoon).toBe(0n);
    expect(parse({ interop_time: null, lagoon_time: 11 }).forks.lagoon).toBe(11n);
    expect(parse({ interop_time: null }).forks.lagoon).toBeUndefined();
    expect(problemsOf(JSON.stringify({ ...ROLLUP, interop_time: 'x', lagoon_time: 1 }))).toEqual([
      'interop_time: "x": expected a whole number of at most 64 bits',
    ]);
  });

  it('lower-cases addresses and hashes', () => {
    const config = parse({ batch_inbox_address: `0x${'AB'.repeat(20)}` });
    expect(config.batchInboxAddress).toBe(`0x${'ab'.repeat(20)}`);
  });

  it('lists every field of a wrong type, in one report', () => {
    const text = JSON.stringify({
      ...ROLLUP,
      genesis: { ...ROLLUP.genesis, l1: 'x', l2: { hash: '0x12', number: -1 } },
      block_time: 2.5,
      l1_chain_id: '900',
      canyon_time: true,
      batch_inbox_address: `${'44'.repeat(20)}`,
      keep_karst_upgrade_gas: 'yes',
      alt_da: { da_commitment_type: 5 },
    });
    expect(problemsOf(text)).toEqual([
      'genesis.l1: "x": expected an object',
      'genesis.l2.hash: "0x12": expected 0x and 64 hex digits',
      'genesis.l2.number: -1: expected a whole number of at most 64 bits',
      'block_time: 2.5: expected a whole number of at most 64 bits',
      'l1_chain_id: "900": expected a whole number',
      'canyon_time: true: expected a whole number of at most 64 bits',
      `batch_inbox_address: "${'44'.repeat(20)}": expected 0x and 40 hex digits`,
      'alt_da.da_commitment_type: 5: expected a string',
      'keep_karst_upgrade_gas: "yes": expected true or false',
    ]);
  });

  it('refuses numbers that do not fit', () => {
    const text = JSON.stringify(ROLLUP)
      .replace('"block_time":2', '"block_time":18446744073709551616')
      .replace('"gasLimit":30000000', '"gasLimit":1,"daFootprintGasScalar":65536');
    expect(problemsOf(text)).toEqual([
      'genesis.system_config.daFootprintGasScalar: 65536: expected a whole number of at most 16 bits',
      'block_time: 18446744073709551616: expected a whole number of at most 64 bits',
    ]);
  });

  it('refuses what is not a JSON object', () => {
    expect(problemsOf('[]')).toEqual(['expected a JSON object']);
    expect(problemsOf('{')[0]).toMatch(/^not JSON: /);
  });
});

describe('the keys of a rollup config that nobody reads', () => {
  const unreadOf = (changes: object): readonly string[] => {
    const unread: UnreadKey[] = [];
    parseRollupConfig(JSON.stringify({ ...ROLLUP, ...changes }), unread);
    return unread.map(({ name }) => name);
  };

  it('are named, in every object of it', () => {
    const { genesis } = ROLLUP;
    const names = unreadOf({
      jovian_tiem: 5,
      genesis: {
        ...genesis,
        l1: { ...genesis.l1, nubmer: 7 },
        system_config: { ...genesis.system_config, gasLimits: 1 },
        time: 1,
      },
      chain_op_config: { ...ROLLUP.chain_op_config, eip1559denominator_canyon: 1 },
      alt_da: { da_windows: { inner: 1 } },
    });
    expect(names).toEqual([
      'jovian_tiem',
      'genesis.time',
      'genesis.l1.nubmer',
      'genesis.system_config.gasLimits',
      'alt_da.da_windows',
      'chain_op_config.eip1559denominator_canyon',
    ]);
  });

  it('are none in the files of op-node, old ones too, and of other implementations', () => {
    const retired = {
      protocol_versions_address: null,
      override_message_expiry_time_interop: 1,
      interop_message_expiry_window: 3600,
      channel_timeout_granite: 50,
      granite_channel_timeout: 50,
      fjord_max_sequencer_drift: 1800,
      blobs_data: 0,
      superchain_config_address: null,
    };
    const system_config = { ...ROLLUP.genesis.system_config, baseFeeScalar: 1 };
    expect(unreadOf({ ...retired, genesis: { ...ROLLUP.genesis, system_config } })).toEqual([]);
    for (const world of ['adversarial', 'forks', 'karst', 'reorg', 'steady']) {
      const text = readFileSync(`conformance/worlds/${world}/rollup.json`, 'utf8');
      const unread: UnreadKey[] = [];
      const config = parseRollupConfig(text, unread);
      parseRollupConfig(rollupConfigJson(config), unread);
      expect(unread).toEqual([]);
    }
  });

  it('are not those in another case, which are read as Go reads them', () => {
    const { jovian_time: _, ...others } = ROLLUP;
    const unread: UnreadKey[] = [];
    const text = JSON.stringify({ ...others, Jovian_Time: 77 });
    expect(parseRollupConfig(text, unread).forks.jovian).toBe(77n);
    expect(unread).toEqual([]);
  });
});
