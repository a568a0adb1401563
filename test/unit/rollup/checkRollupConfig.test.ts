import { describe, expect, it } from 'vitest';
import { checkRollupConfig } from '../../../src/rollup/checkRollupConfig.js';
import { parseRollupConfig } from '../../../src/rollup/config.js';
import type { AltDaConfig, ForkTimes, RollupConfig } from '../../../src/rollup/rollupConfig.js';
import { ROLLUP } from '../../support/configFiles.js';

const GOOD = parseRollupConfig(JSON.stringify(ROLLUP));
const ZERO_32 = `0x${'00'.repeat(32)}` as const;
const ZERO_20 = `0x${'00'.repeat(20)}` as const;

function check(changes: Partial<RollupConfig>): string[] {
  return checkRollupConfig({ ...GOOD, ...changes });
}

function withGenesis(changes: Partial<RollupConfig['genesis']>): Partial<RollupConfig> {
  return { genesis: { ...GOOD.genesis, ...changes } };
}

function withSystem(
  changes: Partial<RollupConfig['genesis']['systemConfig']>,
): Partial<RollupConfig> {
  return withGenesis({ systemConfig: { ...GOOD.genesis.systemConfig, ...changes } });
}

function withForks(changes: ForkTimes): Partial<RollupConfig> {
  return { forks: { ...GOOD.forks, ...changes } };
}

describe('checkRollupConfig', () => {
  it('accepts a good config', () => {
    expect(check({})).toEqual([]);
  });

  it.each<[string, Partial<RollupConfig>]>([
    ['block_time must not be 0', { blockTime: 0n }],
    ['channel_timeout must not be 0', { channelTimeout: 0n }],
    ['seq_window_size must be at least 2, not 1', { seqWindowSize: 1n }],
    ['max_sequencer_drift must not be 0', { maxSequencerDrift: 0n }],
    ['genesis.l1.hash must not be empty', withGenesis({ l1: { hash: ZERO_32, number: 0n } })],
    ['genesis.l2.hash must not be empty', withGenesis({ l2: { hash: ZERO_32, number: 0n } })],
    ['genesis.l1.hash and genesis.l2.hash must differ', withGenesis({ l2: GOOD.genesis.l1 })],
    ['genesis.l2_time must not be 0', withGenesis({ l2Time: 0n })],
    ['genesis.system_config.batcherAddr must not be empty', withSystem({ batcherAddr: ZERO_20 })],
    ['genesis.system_config.scalar must not be 0', withSystem({ scalar: ZERO_32 })],
    ['genesis.system_config.gasLimit must not be 0', withSystem({ gasLimit: 0n })],
    ['batch_inbox_address must not be empty', { batchInboxAddress: ZERO_20 }],
    ['deposit_contract_address must not be empty', { depositContractAddress: ZERO_20 }],
    ['l1_chain_id must be above 0, not 0', { l1ChainId: 0n }],
    ['l1_chain_id must be above 0, not -1', { l1ChainId: -1n }],
    ['l2_chain_id must be above 0, not 0', { l2ChainId: 0n }],
    ['l1_chain_id and l2_chain_id must differ, both are 901', { l1ChainId: 901n }],
  ])('says: %s', (line, changes) => {
    expect(check(changes)).toEqual([line]);
  });

  it('reports all broken rules at once', () => {
    expect(
      check({ blockTime: 0n, seqWindowSize: 0n, ...withSystem({ gasLimit: 0n }) }),
    ).toHaveLength(3);
    expect(checkRollupConfig(parseRollupConfig('{}')).length).toBeGreaterThan(12);
  });

  describe('fork order', () => {
    it('needs the fork before, not later', () => {
      const { ecotone: _, ...withoutEcotone } = GOOD.forks;
      expect(check({ forks: withoutEcotone })).toEqual([
        'fjord_time is 0, but ecotone_time is missing',
      ]);
      expect(check(withForks({ granite: 5n }))).toEqual([
        'holocene_time is 0, but granite_time is later: 5',
      ]);
      expect(check(withForks({ regolith: 1n }))).toEqual([
        'canyon_time is 0, but regolith_time is later: 1',
      ]);
    });

    it('accepts equal times, and a chain that stops at a fork', () => {
      expect(check({ forks: { regolith: 3n, canyon: 3n } })).toEqual([]);
      expect(check({ forks: {} })).toEqual([]);
    });

    it('is not checked after Isthmus, as in op-node', () => {
      expect(check(withForks({ isthmus: 10n, jovian: 5n, karst: 4n, lagoon: 1n }))).toEqual([]);
      const { isthmus: _i, ...rest } = GOOD.forks;
      expect(check({ forks: { ...rest, jovian: 1n } })).toEqual([]);
    });
  });

  describe('alt_da', () => {
    const altDa: AltDaConfig = {
      daChallengeAddress: `0x${'77'.repeat(20)}`,
      daCommitmentType: 'KeccakCommitment',
      daChallengeWindow: 1n,
      daResolveWindow: 1n,
    };

    it('needs the contract with Keccak commitments only', () => {
      expect(check({ altDa })).toEqual([]);
      expect(check({ altDa: { ...altDa, daChallengeAddress: ZERO_20 } })).toEqual([
        'alt_da.da_challenge_contract_address must be set with KeccakCommitment',
      ]);
      expect(check({ altDa: { ...altDa, daCommitmentType: 'GenericCommitment' } })).toEqual([
        'alt_da.da_challenge_contract_address must be empty with GenericCommitment',
      ]);
      expect(
        check({
          altDa: {
            ...altDa,
            daCommitmentType: 'GenericCommitment',
            daChallengeAddress: ZERO_20,
          },
        }),
      ).toEqual([]);
    });

    it('knows two commitment types', () => {
      expect(check({ altDa: { ...altDa, daCommitmentType: 'x' } })).toEqual([
        'alt_da.da_commitment_type must be KeccakCommitment or GenericCommitment, not "x"',
      ]);
    });
  });
});
