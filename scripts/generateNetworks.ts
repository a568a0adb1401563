import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'smol-toml';
import { FORKS } from '../src/rollup/forks.js';

/**
 * Writes config/networks/networks.ts from the superchain registry's chain configs.
 * Usage: node dist/scripts/generateNetworks.js REGISTRY_DIR (a directory with mainnet/*.toml, sepolia/*.toml, ...).
 * Spec: op-node `rollup/superchain.go`; names are chain-superchain, as `op-node/chaincfg` makes them.
 */
type Table = Readonly<Record<string, unknown>>;

/** The registry does not have it; op-node sets it for all. */
const CHANNEL_TIMEOUT = 300;
const ZERO_8 = `0x${'00'.repeat(8)}`;
const ZERO_32 = `0x${'00'.repeat(32)}`;

/** The registry does not have Regolith: it is active from genesis everywhere. */
const REGISTRY_FORKS = FORKS.filter((fork) => fork !== 'regolith');

/**
 * Chains that activated Karst without keeping its upgrade gas, although states of the registry in between say that they
 * do: superchain-registry pull requests 1259 (set for all of mainnet) and 1281 (what they had done), July 2026.
 */
const KARST_GAS_NOT_KEPT = ['lisk-mainnet', 'metal-mainnet', 'mode-mainnet', 'zora-mainnet'];

/** A fork's time in the registry, which has Lagoon under the name that it had before. */
function forkTime(forks: Table, fork: (typeof REGISTRY_FORKS)[number]): unknown {
  const time = forks[`${fork}_time`];
  return fork === 'lagoon' ? (time ?? forks.interop_time) : time;
}

function table(parent: Table, key: string): Table {
  const value = parent[key];
  return typeof value === 'object' && value !== null ? (value as Table) : {};
}

function lower(value: unknown): string {
  return String(value).toLowerCase();
}

/** The rollup config of a chain, with the keys of rollup.json. */
function rollupOf(name: string, chain: Table, l1ChainId: unknown): Table {
  const genesis = table(chain, 'genesis');
  const system = table(genesis, 'system_config');
  const forks = table(chain, 'hardforks');
  const eip1559 = table(chain, 'optimism');
  const addresses = table(chain, 'addresses');
  const keepsKarstGas = forks.keep_karst_upgrade_gas === true && !KARST_GAS_NOT_KEPT.includes(name);
  const altDa = chain.alt_da === undefined ? null : table(chain, 'alt_da');
  return {
    genesis: {
      l1: table(genesis, 'l1'),
      l2: table(genesis, 'l2'),
      l2_time: genesis.l2_time,
      system_config: {
        batcherAddr: lower(system.batcherAddress),
        overhead: system.overhead,
        scalar: system.scalar,
        gasLimit: system.gasLimit,
        eip1559Params: ZERO_8,
        operatorFeeParams: ZERO_32,
        minBaseFee: 0,
        daFootprintGasScalar: 0,
      },
    },
    block_time: chain.block_time,
    max_sequencer_drift: chain.max_sequencer_drift,
    seq_window_size: chain.seq_window_size,
    channel_timeout: CHANNEL_TIMEOUT,
    l1_chain_id: l1ChainId,
    l2_chain_id: chain.chain_id,
    regolith_time: 0,
    ...Object.fromEntries(REGISTRY_FORKS.map((fork) => [`${fork}_time`, forkTime(forks, fork)])),
    batch_inbox_address: lower(chain.batch_inbox_addr),
    deposit_contract_address: lower(addresses.OptimismPortalProxy),
    l1_system_config_address: lower(addresses.SystemConfigProxy),
    chain_op_config: {
      eip1559Elasticity: eip1559.eip1559_elasticity,
      eip1559Denominator: eip1559.eip1559_denominator,
      eip1559DenominatorCanyon: eip1559.eip1559_denominator_canyon,
    },
    ...(altDa === null
      ? {}
      : {
          alt_da: {
            da_challenge_contract_address: lower(altDa.da_challenge_contract_address),
            da_commitment_type: altDa.da_commitment_type,
            da_challenge_window: altDa.da_challenge_window,
            da_resolve_window: altDa.da_resolve_window,
          },
        }),
    pectra_blob_schedule_time: forks.pectra_blob_schedule_time,
    ...(keepsKarstGas ? { keep_karst_upgrade_gas: true } : {}),
  };
}

/** The chains of a registry directory by network name, sorted. */
export function readRegistry(
  dir: string,
): readonly { name: string; rollup: Table; dependencies: readonly string[] }[] {
  const superchains = readdirSync(dir, { withFileTypes: true }).filter((e) => e.isDirectory());
  return superchains
    .flatMap(({ name: superchain }) => {
      const folder = join(dir, superchain);
      const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8')) as Table;
      const l1ChainId = table(read('superchain.toml'), 'l1').chain_id;
      const files = readdirSync(folder).filter(
        (f) => f.endsWith('.toml') && f !== 'superchain.toml',
      );
      return files.map((file) => {
        const chain = read(file);
        const listed = Object.keys(table(table(chain, 'interop'), 'dependencies'));
        const name = `${basename(file, '.toml')}-${superchain}`;
        return {
          name,
          rollup: rollupOf(name, chain, l1ChainId),
          dependencies: listed.length > 0 ? listed : [String(chain.chain_id)],
        };
      });
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The text of config/networks/networks.ts. */
export function networksModule(dir: string): string {
  const rows = readRegistry(dir).map(
    ({ name, rollup, dependencies }) =>
      `  '${name}': {\n    rollup: '${JSON.stringify(rollup)}',\n    dependencies: ${JSON.stringify(dependencies)},\n  },\n`,
  );
  return `// Written by scripts/generateNetworks.ts from the chain configs (superchain/configs) of
// https://github.com/ethereum-optimism/superchain-registry as of July 2026, with its pull request 1281; not edited by hand.

/** A chain that is built in: its rollup.json, and the chains that it may exchange messages with. */
export interface Network {
  readonly rollup: string;
  readonly dependencies: readonly string[];
}

/** The chains of the superchain registry by their network name. */
export const NETWORKS: Readonly<Record<string, Network>> = {
${rows.join('')}};
`;
}

if (process.argv[1] !== undefined && /generateNetworks\.[jt]s$/.test(process.argv[1])) {
  const dir = process.argv[2];
  if (dir === undefined) throw new Error('usage: generateNetworks REGISTRY_DIR');
  writeFileSync('config/networks/networks.ts', networksModule(dir));
}
