import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseRollupConfig } from '../../src/rollup/config.js';
import type { L1ChainConfig } from '../../src/rollup/l1ChainConfig.js';
import { parseL1ChainConfig } from '../../src/rollup/l1ChainConfig.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { DerivedLine } from '../derivedLine.js';
import type { World } from '../world.js';
import { RecordedL1 } from './recordedL1.js';

/** A recorded world decoded for derivation without an engine. */
export interface OfflineWorld {
  readonly name: string;
  readonly config: RollupConfig;
  readonly l1Config: L1ChainConfig;
  readonly l1: RecordedL1;
  readonly derived: readonly DerivedLine[];
}

/** Decodes what offline derivation needs of a world. */
export function loadOfflineWorld(world: World): OfflineWorld {
  return {
    name: world.name,
    config: parseRollupConfig(readFileSync(world.path('rollup.json'), 'utf8')),
    l1Config: parseL1ChainConfig(readFileSync(world.path('l1-chain-config.json'), 'utf8')),
    l1: new RecordedL1(world.l1),
    derived: gunzipSync(readFileSync(world.path('derived.jsonl.gz')))
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as DerivedLine),
  };
}
