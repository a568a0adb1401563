import { describe, expect, it } from 'vitest';
import { ForkWatch } from '../../../src/engine/forkWatch.js';
import type { ForkTimes } from '../../../src/rollup/rollupConfig.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { GENESIS_REF } from '../../support/l2Chain.js';

/** What is told of a chain of two-second blocks whose heads have these times. */
function told(forks: ForkTimes, times: readonly bigint[]): readonly string[] {
  const log = new FakeLogger();
  const watch = new ForkWatch({ forks, blockTime: 2n }, log);
  for (const timestamp of times) watch.seen({ ...GENESIS_REF, number: timestamp / 2n, timestamp });
  return log.lines.map(({ message, fields }) => {
    const at = fields.blockNum === undefined ? '' : ` ${fields.blockNum} ${fields.timestamp}`;
    return `${message}: ${fields.forkName}${at}`;
  });
}

const CURRENT = 'Current hardfork version detected: ';
const ACTIVATION = 'Detected hardfork activation block: ';
const FORKS = { regolith: 0n, canyon: 0n, delta: 101n, ecotone: 101n, fjord: 200n };

describe('ForkWatch', () => {
  it('tells the fork of the first head, and each activation block once', () => {
    expect(told(FORKS, [98n, 100n, 102n, 102n, 104n, 200n])).toEqual([
      `${CURRENT}canyon`,
      `${ACTIVATION}delta 51 102`,
      `${ACTIVATION}ecotone 51 102`,
      `${ACTIVATION}fjord 100 200`,
    ]);
  });

  it('knows a chain before all forks', () => {
    expect(told({ canyon: 10n }, [2n, 10n])).toEqual([
      `${CURRENT}bedrock`,
      `${ACTIVATION}canyon 5 10`,
    ]);
  });

  it('tells the fork anew where a head passes over an activation block, or goes back before it', () => {
    expect(told(FORKS, [98n, 110n, 100n, 102n])).toEqual([
      `${CURRENT}canyon`,
      `${CURRENT}ecotone`,
      `${CURRENT}canyon`,
      `${ACTIVATION}delta 51 102`,
      `${ACTIVATION}ecotone 51 102`,
    ]);
  });

  it('does not take a first head for an activation', () => {
    expect(told(FORKS, [200n])).toEqual([`${CURRENT}fjord`]);
  });
});
