import { OfflineDerivation } from '../../conformance/offline/offlineDerivation.js';
import type { OfflineWorld } from '../../conformance/offline/offlineWorld.js';
import { loadOfflineWorld } from '../../conformance/offline/offlineWorld.js';
import { World } from '../../conformance/world.js';
import { SetupError } from '../../devnet/setupError.js';
import { benchSyntheticDay } from '../day/syntheticDay.js';
import type { Figures } from '../measure/figures.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { decodeSyntheticChannels } from './decodeChannels.js';
import { benchDeriveWithEngine } from './deriveEngine.js';

const OPTIONS = {
  world: {
    default: 'conformance/worlds/steady,conformance/worlds/forks',
    about: 'recorded worlds, with commas',
  },
  runs: { default: 9, about: 'runs of each; the median counts', min: 1 },
  'engine-rounds': { default: 3, about: 'runs with a fresh op-geth; 0 leaves it out' },
  'synthetic-day': {
    default: 120,
    about: 'L1 blocks of the largest day; 7200 is all of it, 0 leaves it out',
  },
};

/**
 * How fast derivation is without an engine and without a network: a recorded world (L2 and L1 blocks a second, all
 * attributes compared with the recording), and channels made for it (transactions a second out of batches).
 */
export async function runDeriveBench(argv: readonly string[], figures: Figures): Promise<void> {
  const values = benchOptions('derive', OPTIONS, argv);
  const { runs, 'engine-rounds': rounds } = values;
  const worlds = values.world.split(',').map((folder) => new World(folder));
  for (const world of worlds) await deriveOffline(loadOfflineWorld(world), runs);
  for (const line of await decodeSyntheticChannels(runs)) console.log(line);
  if (rounds > 0) for (const world of worlds) await benchDeriveWithEngine(world, rounds, figures);
  if (values['synthetic-day'] > 0) await benchSyntheticDay(values['synthetic-day'], figures);
}

async function deriveOffline(world: OfflineWorld, runs: number): Promise<void> {
  const tookMs: number[] = [];
  for (let run = 0; run < runs; run++) tookMs.push(await deriveOnce(world));
  const medianMs = percentile(tookMs, 0.5);
  const rate = (count: number) => ((count / medianMs) * 1000).toFixed(0);
  console.log(
    `${world.name}: ${world.derived.length} L2 blocks from ${world.l1.head} L1 blocks in ${medianMs.toFixed(0)} ms ` +
      `(median of ${runs}; ${rate(world.derived.length)} L2 blocks/s, ${rate(Number(world.l1.head))} L1 blocks/s)`,
  );
}

async function deriveOnce(world: OfflineWorld): Promise<number> {
  const derivation = new OfflineDerivation(world);
  const started = performance.now();
  const { difference, equal } = await derivation.run();
  const tookMs = performance.now() - started;
  if (difference !== null || equal !== world.derived.length) {
    throw new SetupError(`derivation differs from the recording: ${difference}`);
  }
  return tookMs;
}
