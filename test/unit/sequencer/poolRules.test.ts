import { describe, expect, it } from 'vitest';
import { FORKS } from '../../../src/rollup/forks.js';
import { activatedForks, excludesPool } from '../../../src/sequencer/nextAttributes.js';
import { l1Block, TEST_ROLLUP } from '../../support/l2Chain.js';

const origin = l1Block(0n);
const WITH_UPGRADE = ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst', 'lagoon'];

describe('blocks without transactions of the pool', () => {
  it.each([
    ['before Fjord', TEST_ROLLUP, 600n],
    ['from Fjord', { ...TEST_ROLLUP, forks: { fjord: 0n } }, 1_800n],
  ])('are those past the drift %s', (_, config, maxDrift) => {
    expect(excludesPool(config, origin.timestamp + maxDrift, origin)).toBe(false);
    expect(excludesPool(config, origin.timestamp + maxDrift + 1n, origin)).toBe(true);
  });

  it.each(FORKS)('%s: only with upgrade transactions', (fork) => {
    const at = origin.timestamp + 20n;
    const config = { ...TEST_ROLLUP, forks: { [fork]: at } };
    const expected = WITH_UPGRADE.includes(fork);
    expect(excludesPool(config, at, origin)).toBe(expected);
    expect(excludesPool(config, at + 2n, origin)).toBe(false);
    expect(excludesPool(config, at - 2n, origin)).toBe(false);
    const isTold = !['regolith', 'canyon', 'delta'].includes(fork);
    expect(activatedForks(config, at)).toEqual(isTold ? [fork] : []);
  });
});
