import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { networkNames } from '../../../config/networkNames.js';
import { findNetwork, registryDependencySet, registryName } from '../../../config/networkRollup.js';
import { checkRollupConfig } from '../../../src/rollup/checkRollupConfig.js';
import { isMissingPectraBlobSchedule, knownL1Chain } from '../../../src/rollup/knownL1Chains.js';
import { rollupConfigJson } from '../../../src/rollup/rollupConfigJson.js';

/** What op-node v1.19.0 has for some of its networks. It has no keep_karst_upgrade_gas yet. */
const REFERENCE = JSON.parse(
  readFileSync('test/fixtures/network-rollup-configs.json', 'utf8'),
) as Readonly<Record<string, string>>;

/** What the chain configs of the superchain registry say, by network name. */
interface RegistryChain {
  readonly l1: number;
  readonly l2: number;
  readonly l1Genesis: string;
  readonly l2Genesis: string;
  readonly l2Number: number;
  readonly l2Time: number;
  readonly forks: Readonly<Record<string, number>>;
}
const REGISTRY = JSON.parse(readFileSync('test/fixtures/registry-chains.json', 'utf8')) as Readonly<
  Record<string, RegistryChain>
>;

/** The fork's name in our rollup config. */
function forkKey(fork: string): string {
  return fork === 'pectra_blob_schedule' ? 'pectraBlobSchedule' : fork;
}

describe('networks', () => {
  it('are all chains of the registry, and no other', () => {
    expect(networkNames()).toEqual(Object.keys(REGISTRY));
    expect(networkNames()).toHaveLength(53);
  });

  it.each(Object.entries(REGISTRY))('%s is the chain that the registry has', (name, chain) => {
    for (const written of [name, name.toUpperCase()]) {
      const rollup = findNetwork(written)?.rollup;
      const { l1ChainId, l2ChainId, genesis, forks } = rollup ?? {};
      const times = Object.entries(chain.forks).map(([fork, at]) => [forkKey(fork), BigInt(at)]);
      expect({ l1ChainId, l2ChainId, forks }).toEqual({
        l1ChainId: BigInt(chain.l1),
        l2ChainId: BigInt(chain.l2),
        forks: { regolith: 0n, ...Object.fromEntries(times) },
      });
      expect(genesis).toMatchObject({
        l1: { hash: chain.l1Genesis },
        l2: { hash: chain.l2Genesis, number: BigInt(chain.l2Number) },
        l2Time: BigInt(chain.l2Time),
      });
    }
  });

  it.each(Object.entries(REFERENCE))('has %s as op-node has it', (name, json) => {
    const network = findNetwork(name);
    expect(network).not.toBeNull();
    if (network === null) return;
    expect(rollupConfigJson({ ...network.rollup, keepKarstUpgradeGas: false })).toBe(json);
  });

  it.each(networkNames())('%s can be used', (name) => {
    const network = findNetwork(name);
    expect(network?.name).toBe(name);
    if (network === null) return;
    const { rollup } = network;
    expect(checkRollupConfig(rollup)).toEqual([]);
    expect(knownL1Chain(rollup.l1ChainId)).not.toBeNull();
    expect(registryDependencySet(rollup.l2ChainId)?.chainIds).toContain(rollup.l2ChainId);
  });

  it.each([
    [10n, 'op'],
    [11_155_420n, 'op'],
    [42_220n, 'celo'],
    [11_142_220n, 'celo-sep'],
    [901n, null],
    [1n, null],
  ])('knows chain %i as %s', (chainId, name) => {
    expect(registryName(chainId)).toBe(name);
  });

  it('marks the chains whose Karst gas stays', () => {
    const keeping = networkNames().filter((name) => findNetwork(name)?.rollup.keepKarstUpgradeGas);
    expect(keeping).toEqual([
      ...['ink-mainnet', 'ink-sepolia', 'lisk-sepolia', 'metal-sepolia', 'mode-sepolia'],
      ...['op-mainnet', 'op-sepolia', 'soneium-mainnet', 'soneium-minato-sepolia'],
      ...['unichain-mainnet', 'unichain-sepolia', 'zora-sepolia'],
    ]);
    for (const name of keeping) expect(findNetwork(name)?.rollup.forks.karst).toBeDefined();
  });

  it('lacks the Pectra blob schedule only where the registry does', () => {
    const missing = networkNames().filter((name) => {
      const rollup = findNetwork(name)?.rollup;
      return (
        rollup !== undefined &&
        isMissingPectraBlobSchedule(
          rollup.l1ChainId,
          rollup.genesis.l2Time,
          rollup.forks.pectraBlobSchedule,
        )
      );
    });
    expect(missing).not.toContain('op-sepolia');
    expect(missing).toContain('settlus-sepolia-sepolia');
  });

  it('takes names in any case, and the two old ones', () => {
    expect(findNetwork('OP-Mainnet')?.rollup.l2ChainId).toBe(10n);
    expect(findNetwork('mainnet')?.name).toBe('op-mainnet');
    expect(findNetwork('sepolia')?.name).toBe('op-sepolia');
    expect(findNetwork('goerli')).toBeNull();
  });

  it('knows the dependency set of a chain by its id', () => {
    expect(registryDependencySet(10n)).toEqual({ chainIds: [10n], messageExpiryWindow: null });
    expect(registryDependencySet(901n)).toBeNull();
  });
});
