import type { ForkTimes, RollupConfig } from '../src/rollup/rollupConfig.js';
import type { Settings } from './schema.js';

/** The flag of each fork that can be moved. */
const OVERRIDES = [
  ['canyon', 'override.canyon'],
  ['delta', 'override.delta'],
  ['ecotone', 'override.ecotone'],
  ['fjord', 'override.fjord'],
  ['granite', 'override.granite'],
  ['holocene', 'override.holocene'],
  ['isthmus', 'override.isthmus'],
  ['jovian', 'override.jovian'],
  ['karst', 'override.karst'],
  ['lagoon', 'override.lagoon'],
  ['pectraBlobSchedule', 'override.pectrablobschedule'],
] as const;

export const KEEP_KARST_GAS_FLAG = 'override.keep-karst-upgrade-gas';

/** The config with what the --override flags move. */
export function overridden(rollup: RollupConfig, settings: Settings): RollupConfig {
  const forks: { -readonly [K in keyof ForkTimes]: bigint } = { ...rollup.forks };
  for (const [fork, flag] of OVERRIDES) {
    if (settings.isSet(flag)) forks[fork] = settings.get(flag);
  }
  const keepKarstUpgradeGas = settings.isSet(KEEP_KARST_GAS_FLAG)
    ? settings.get(KEEP_KARST_GAS_FLAG)
    : rollup.keepKarstUpgradeGas;
  return { ...rollup, forks, keepKarstUpgradeGas };
}
