import { expect, it } from 'vitest';
import { offsetBlockNumber } from '../../../src/engine/elSync.js';
import { TEST_ROLLUP } from '../../support/l2Chain.js';

const genesis = { ...TEST_ROLLUP.genesis, l2: { ...TEST_ROLLUP.genesis.l2, number: 100n } };
const rollup = { genesis, blockTime: 2n };

it.each([
  ['whole blocks', 10, 120n, 115n],
  ['part of a block as a whole one', 11, 120n, 114n],
  ['at most back to genesis', 60, 120n, 100n],
  ['nothing without an offset', 0, 120n, 120n],
  ['nothing for an offset ahead', -10, 120n, 120n],
  ['nothing at genesis', 10, 100n, 100n],
  ['nothing below genesis', 10, 90n, 90n],
])('goes back %s', (_, offsetSec, head, expected) => {
  expect(offsetBlockNumber(offsetSec, rollup, head)).toBe(expected);
});

it('stays where blocks have no time', () => {
  expect(offsetBlockNumber(10, { genesis, blockTime: 0n }, 120n)).toBe(120n);
});
