import { describe, it } from 'vitest';
import { derivedWorld } from '../../devnet/deriveRig.js';
import { expectSurvivesKills } from '../support/derivationKills.js';

describe('a node that is killed while it derives', () => {
  it('comes to the same end after three kills, its database readable after each', async () => {
    await expectSurvivesKills(derivedWorld('karst'), 3, 1);
  });
});
