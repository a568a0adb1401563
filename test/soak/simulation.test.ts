import { expect, it } from 'vitest';
import { SIMULATIONS, simulationSeeds } from '../support/simulation/simulations.js';

/** About a second each. */
const SEEDS = 500;

it.each(Object.entries(SIMULATIONS))('a whole node %s whatever goes wrong', async (_, simulate) => {
  const wrong: string[] = [];
  for (const seed of simulationSeeds(SEEDS)) {
    const violations = await simulate({ seed }).run();
    wrong.push(...violations.slice(0, 1).map((text) => `seed ${seed}: ${text}`));
  }
  expect(wrong).toEqual([]);
});
