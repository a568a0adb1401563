import { parseRollupConfig } from '../src/rollup/config.js';
import type { DependencySet } from '../src/rollup/dependencySet.js';
import { dependencySet } from '../src/rollup/dependencySet.js';
import type { RollupConfig } from '../src/rollup/rollupConfig.js';
import { NETWORKS } from './networks/networks.js';

/** Old names that op-node still takes. */
const LEGACY_NAMES: Readonly<Record<string, string>> = {
  mainnet: 'op-mainnet',
  sepolia: 'op-sepolia',
};

/** A chain that is built in. */
export interface KnownNetwork {
  readonly name: string;
  readonly rollup: RollupConfig;
}

/** The network of that name, in any case, or null. op-node `op-node/chaincfg/chains.go`. */
export function findNetwork(name: string): KnownNetwork | null {
  const wanted = (LEGACY_NAMES[name] ?? name).toLowerCase();
  const found = Object.entries(NETWORKS).find(([known]) => known.toLowerCase() === wanted);
  if (found === undefined) return null;
  return { name: found[0], rollup: parseRollupConfig(found[1].rollup) };
}

/** What ends a network's name: the superchain that it belongs to. */
const SUPERCHAIN = /-(?:mainnet|sepolia|sepolia-devnet-\d+)$/;

/** The registry's name of that chain, without its superchain; or null. */
export function registryName(l2ChainId: bigint): string | null {
  return entryOf(l2ChainId)?.name.replace(SUPERCHAIN, '') ?? null;
}

/** The registry's rollup config of that chain, or null. */
export function registryRollup(l2ChainId: bigint): RollupConfig | null {
  return entryOf(l2ChainId)?.rollup ?? null;
}

/** The registry's dependency set of that chain: at least the chain itself; null where the chain is not in it. */
export function registryDependencySet(l2ChainId: bigint): DependencySet | null {
  const entry = entryOf(l2ChainId);
  return entry === null ? null : dependencySet(entry.dependencies, null);
}

function entryOf(
  l2ChainId: bigint,
): (KnownNetwork & { readonly dependencies: readonly string[] }) | null {
  const id = `"l2_chain_id":${l2ChainId},`;
  const found = Object.entries(NETWORKS).find(([, { rollup }]) => rollup.includes(id));
  if (found === undefined) return null;
  const [name, { rollup, dependencies }] = found;
  return { name, rollup: parseRollupConfig(rollup), dependencies };
}
