import { fileURLToPath } from 'node:url';
import { fromRlp, keccak256, stringToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { loadOfflineWorld } from '../../../../conformance/offline/offlineWorld.js';
import { World } from '../../../../conformance/world.js';
import { UPGRADE_FORKS, upgradeTxSources } from '../../../../scripts/upgradeTxSources.js';
import { UPGRADE_TXS } from '../../../../src/derive/attributes/data/upgradeTxs.js';
import { networkUpgrade, refuseInterop } from '../../../../src/derive/attributes/upgradeTxs.js';
import { KARST_UPGRADE_GAS } from '../../../../src/rollup/karstUpgradeGas.js';

const WORLDS = fileURLToPath(new URL('../../../../conformance/worlds/', import.meta.url));

describe('upgrade transactions', () => {
  it.each([
    ['forks', ['ecotone', 'fjord', 'isthmus', 'jovian']],
    ['adversarial', ['fjord', 'isthmus', 'jovian']],
    ['steady', ['ecotone', 'fjord', 'isthmus', 'jovian']],
    ['karst', ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst']],
  ])('are those of the recorded activation blocks of %s', async (name, forks) => {
    const sources = await upgradeTxSources(loadOfflineWorld(new World(`${WORLDS}${name}`)));
    expect(sources.map((source) => source.fork)).toEqual(forks);
    for (const { fork, world, blockNumber, blockHash, transactions } of sources) {
      const data = UPGRADE_TXS[fork];
      expect(transactions).toEqual(data?.transactions);
      if (data?.world === world) {
        expect(data).toMatchObject({ blockNumber, blockHash });
      }
    }
  });

  it("give Karst's block as much gas as their gas limits add up to", () => {
    const gas = (UPGRADE_TXS.karst?.transactions ?? []).map((tx) => {
      const fields = fromRlp(`0x${tx.slice(4)}`, 'hex') as unknown as readonly `0x${string}`[];
      return BigInt(fields[5] ?? 0);
    });
    expect(gas.reduce((sum, limit) => sum + limit, 0n)).toBe(KARST_UPGRADE_GAS);
  });

  it("have the source hashes of the intents which Ecotone's upgrade names", () => {
    const intents = [
      'Ecotone: L1 Block Deployment',
      'Ecotone: Gas Price Oracle Deployment',
      'Ecotone: L1 Block Proxy Update',
    ];
    const recorded = (UPGRADE_TXS.ecotone?.transactions ?? []).slice(0, 3).map((tx) => {
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
    expect(upgrade.transactions).toEqual(
      UPGRADE_FORKS.flatMap((fork) => UPGRADE_TXS[fork]?.transactions ?? []),
    );
    expect(upgrade.transactions).toHaveLength(53);
    expect(upgrade.gas).toBe(KARST_UPGRADE_GAS);
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

describe('refuseInterop', () => {
  it('stops blocks at or after interop_time only', () => {
    const config = { forks: { interop: 50n } };
    expect(() => refuseInterop(config, 49n)).not.toThrow();
    expect(() => refuseInterop({ forks: {} }, 50n)).not.toThrow();
    expect(() => refuseInterop(config, 50n)).toThrow(
      expect.objectContaining({ code: 'DERIVE_INTEROP_UNSUPPORTED', severity: 'critical' }),
    );
  });
});
