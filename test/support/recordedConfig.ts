import { readFileSync } from 'node:fs';
import { parseRollupConfig } from '../../src/rollup/config.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import { worldPath } from './recordedWorld.js';

/** The rollup config of a recorded world. */
export function recordedConfig(world: string): RollupConfig {
  return parseRollupConfig(readFileSync(worldPath(world, 'rollup.json'), 'utf8'));
}
