import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { networksModule, readRegistry } from '../../../scripts/generateNetworks.js';
import { checkRollupConfig } from '../../../src/rollup/checkRollupConfig.js';
import { parseRollupConfig } from '../../../src/rollup/config.js';

const HASH_1 = `0x${'11'.repeat(32)}`;
const HASH_2 = `0x${'22'.repeat(32)}`;
const ADDRESS = `0x${'Ab'.repeat(20)}`;

function chainToml(chainId: number, extra = ''): string {
  return `
chain_id = ${chainId}
batch_inbox_addr = "${ADDRESS}"
block_time = 1
seq_window_size = 7200
max_sequencer_drift = 600
[hardforks]
  canyon_time = 0
  delta_time = 5
  pectra_blob_schedule_time = 9
  keep_karst_upgrade_gas = ${chainId === 1001}
  ${chainId === 1001 ? 'interop_time = 11' : 'lagoon_time = 12'}
[optimism]
  eip1559_elasticity = 6
  eip1559_denominator = 50
  eip1559_denominator_canyon = 250
[genesis]
  l2_time = 7
  [genesis.l1]
    hash = "${HASH_1}"
    number = 3
  [genesis.l2]
    hash = "${HASH_2}"
    number = 4
  [genesis.system_config]
    batcherAddress = "${ADDRESS}"
    overhead = "${HASH_1}"
    scalar = "${HASH_2}"
    gasLimit = 60000000
[addresses]
  OptimismPortalProxy = "${ADDRESS}"
  SystemConfigProxy = "${ADDRESS}"
${extra}`;
}

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'registry-'));
  mkdirSync(join(dir, 'testing'));
  const write = (name: string, text: string) => writeFileSync(join(dir, 'testing', name), text);
  write('superchain.toml', 'name = "Testing"\n[l1]\n  chain_id = 17\n');
  write('one.toml', chainToml(1001, '[interop.dependencies.1001]\n[interop.dependencies.1002]\n'));
  write(
    'alpha.toml',
    chainToml(
      1002,
      `[alt_da]
da_challenge_contract_address = "${ADDRESS}"
da_challenge_window = 1
da_resolve_window = 2
da_commitment_type = "KeccakCommitment"
`,
    ),
  );
});

afterEach(() => rmSync(dir, { recursive: true }));

describe('readRegistry', () => {
  it('makes a checked rollup config of each chain, sorted by network name', () => {
    const chains = readRegistry(dir);
    expect(chains.map((chain) => chain.name)).toEqual(['alpha-testing', 'one-testing']);
    const configs = chains.map((chain) => parseRollupConfig(JSON.stringify(chain.rollup)));
    for (const config of configs) expect(checkRollupConfig(config)).toEqual([]);
    expect(configs[1]).toMatchObject({
      genesis: { l1: { hash: HASH_1, number: 3n }, l2: { number: 4n }, l2Time: 7n },
      blockTime: 1n,
      channelTimeout: 300n,
      l1ChainId: 17n,
      l2ChainId: 1001n,
      forks: { regolith: 0n, canyon: 0n, delta: 5n, lagoon: 11n, pectraBlobSchedule: 9n },
      batchInboxAddress: ADDRESS.toLowerCase(),
      altDa: null,
      keepKarstUpgradeGas: true,
    });
    expect(configs[0]?.altDa).toEqual({
      daChallengeAddress: ADDRESS.toLowerCase(),
      daCommitmentType: 'KeccakCommitment',
      daChallengeWindow: 1n,
      daResolveWindow: 2n,
    });
    expect(configs[0]?.keepKarstUpgradeGas).toBe(false);
    expect(configs[0]?.forks.lagoon).toBe(12n);
  });

  it('knows chains that have not kept the upgrade gas of Karst, whatever the registry says of them', () => {
    mkdirSync(join(dir, 'mainnet'));
    writeFileSync(join(dir, 'mainnet', 'superchain.toml'), '[l1]\n  chain_id = 1\n');
    for (const name of ['mode', 'metal', 'zora', 'lisk', 'op']) {
      writeFileSync(join(dir, 'mainnet', `${name}.toml`), chainToml(1001));
    }
    const keeping = readRegistry(dir).filter(({ rollup }) => rollup.keep_karst_upgrade_gas);
    expect(keeping.map(({ name }) => name)).toEqual(['one-testing', 'op-mainnet']);
  });

  it('takes the listed dependencies, else the chain alone', () => {
    expect(readRegistry(dir).map((chain) => chain.dependencies)).toEqual([
      ['1002'],
      ['1001', '1002'],
    ]);
  });
});

describe('networksModule', () => {
  it('writes each chain under its name', () => {
    const text = networksModule(dir);
    expect(text).toContain("  'one-testing': {\n    rollup: '{\"genesis\"");
    expect(text).toContain('dependencies: ["1001","1002"]');
  });
});
