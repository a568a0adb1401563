import { fileURLToPath } from 'node:url';
import { fromRlp, keccak256, stringToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { loadOfflineWorld } from '../../../../conformance/offline/offlineWorld.js';
import { World } from '../../../../conformance/world.js';
import { UPGRADE_FORKS, upgradeTxSources } from '../../../../scripts/upgradeTxSources.js';
import { UPGRADE_TXS } from '../../../../src/derive/attributes/data/upgradeTxs.js';
import {
  networkUpgrade,
  upgradeTransactions,
} from '../../../../src/derive/attributes/upgradeTxs.js';
import { UPGRADE_GAS } from '../../../../src/rollup/upgradeGas.js';

const WORLDS = fileURLToPath(new URL('../../../../conformance/worlds/', import.meta.url));

describe('upgrade transactions', () => {
  it.each([
    ['forks', ['ecotone', 'fjord', 'isthmus', 'jovian']],
    ['adversarial', ['fjord', 'isthmus', 'jovian']],
    ['steady', ['ecotone', 'fjord', 'isthmus', 'jovian']],
    ['karst', ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst']],
    ['lagoon', ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst', 'lagoon']],
  ])('are those of the recorded activation blocks of %s', async (name, forks) => {
    const sources = await upgradeTxSources(loadOfflineWorld(new World(`${WORLDS}${name}`)));
    expect(sources.map((source) => source.fork)).toEqual(forks);
    for (const { fork, world, blockNumber, blockHash, transactions } of sources) {
      const data = UPGRADE_TXS[fork];
      expect(upgradeTransactions(fork)).toEqual(transactions);
      if (data?.world === world) {
        expect(data).toMatchObject({ blockNumber, blockHash });
      }
    }
  });

  it.each(['karst', 'lagoon'] as const)(
    'give the block of %s as much gas as their gas limits add up to',
    (fork) => {
      const gas = upgradeTransactions(fork).map((tx) => {
        const fields = fromRlp(`0x${tx.slice(4)}`, 'hex') as unknown as readonly `0x${string}`[];
        return BigInt(fields[5] ?? 0);
      });
      expect(gas.reduce((sum, limit) => sum + limit, 0n)).toBe(UPGRADE_GAS[fork]);
    },
  );

  it.each([
    [
      'ecotone',
      [
        'Ecotone: L1 Block Deployment',
        'Ecotone: Gas Price Oracle Deployment',
        'Ecotone: L1 Block Proxy Update',
      ],
    ],
    // The prefix is the name that the fork had when its intents were made.
    [
      'lagoon',
      [
        'Interop 0: Deploy StorageSetter Implementation',
        'Interop 1: Deploy L2CrossDomainMessenger Implementation',
        'Interop 2: Deploy GasPriceOracle Implementation',
      ],
    ],
  ] as const)('of %s have the source hashes of their intents', (fork, intents) => {
    const recorded = upgradeTransactions(fork)
      .slice(0, 3)
      .map((tx) => {
        const fields = fromRlp(`0x${tx.slice(4)}`, 'hex') as unknown as readonly string[];
        return fields[0];
      });
    const domain = `${'0'.repeat(63)}2`;
    expect(
      intents.map((intent) => {
        const id = keccak256(stringToBytes(intent)).slice(2);
        return keccak256(`0x${domain}${id}`);
      }),
    ).toEqual(recorded);
  });

  it('come in the order of the forks when several activate in one block', () => {
    const at = 1000n;
    const forks = Object.fromEntries(UPGRADE_FORKS.map((fork) => [fork, at]));
    const upgrade = networkUpgrade({ forks, blockTime: 2n }, at);
    expect(upgrade.transactions).toEqual(UPGRADE_FORKS.flatMap(upgradeTransactions));
    expect(upgrade.transactions).toHaveLength(81);
    expect(upgrade.gas).toBe(UPGRADE_GAS.karst + UPGRADE_GAS.lagoon);
  });

  it('are absent before and after the activation block, and for forks active at genesis', () => {
    const config = { forks: { ecotone: 1000n }, blockTime: 2n };
    expect(networkUpgrade(config, 998n)).toEqual({ transactions: [], gas: 0n });
    expect(networkUpgrade(config, 1000n).transactions).toHaveLength(6);
    expect(networkUpgrade(config, 1001n).transactions).toHaveLength(6);
    expect(networkUpgrade(config, 1002n)).toEqual({ transactions: [], gas: 0n });
    expect(networkUpgrade({ forks: { ecotone: 0n }, blockTime: 2n }, 2n).transactions).toEqual([]);
  });
});
