import { describe, it } from 'vitest';
import { derivedWorld } from '../../devnet/deriveRig.js';
import { expectSurvivesKills } from '../support/derivationKills.js';

/** SOAK_SEED repeats a run. */
const SEED = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);

describe(`a node that is killed while it derives (seed ${SEED})`, () => {
  it('comes to the same end after twenty kills, its database readable after each', async () => {
    await expectSurvivesKills(derivedWorld('forks'), 20, SEED);
  });
});
