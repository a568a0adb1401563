import { describe, expect, it } from 'vitest';
import type { SourcePoll } from '../../../../src/follow/choose/sourceSelector.js';
import { SourceSelector } from '../../../../src/follow/choose/sourceSelector.js';
import { held } from '../../../../src/follow/pollOutcome.js';
import { ZERO_L2_REF } from '../../../../src/types/block.js';
import { followTarget } from '../../../support/engineHarness.js';

const BAD: SourcePoll = {
  end: held('failed', 'error_fetch_status', 'down'),
  safe: null,
  isStale: false,
};
const WAITING: SourcePoll = {
  end: held('waiting', 'error_l1_lookup', 'no L1'),
  safe: 5n,
  isStale: false,
};

function good(safe: number, isDescentShown = true): SourcePoll {
  const shown = { isDescentShown, isOnOurChain: true, replaces: 'none' as const };
  const target = followTarget(ZERO_L2_REF);
  return { end: { kind: 'accepted', target, ...shown }, safe: BigInt(safe), isStale: false };
}

function behind(safe: number): SourcePoll {
  return { end: held('behind', 'behind', 'source is behind'), safe: BigInt(safe), isStale: false };
}

function selector(sourceCount: number, maxLagBlocks = 0): SourceSelector {
  return new SourceSelector({ sourceCount, maxLagBlocks });
}

/** Notes the same health some times, and returns the changes made. */
function noted(
  of: SourceSelector,
  index: number,
  health: SourcePoll,
  times: number,
  nowMs = 0,
): string[] {
  const changes: string[] = [];
  for (let i = 0; i < times; i += 1) {
    of.note(index, health, nowMs);
    const change = of.change();
    if (change !== null) changes.push(`${change.from}>${change.to} ${change.why}`);
  }
  return changes;
}

describe('failover', () => {
  it('comes with the third bad poll in a row', () => {
    const sources = selector(2);
    expect(noted(sources, 0, BAD, 2)).toEqual([]);
    expect(noted(sources, 0, good(5), 1)).toEqual([]);
    expect(noted(sources, 0, BAD, 2)).toEqual([]);
    expect(noted(sources, 0, BAD, 1)).toEqual(['0>1 failing']);
    expect(sources.active).toBe(1);
  });

  it('is not moved by polls that our own side could not check', () => {
    const sources = selector(2);
    expect(noted(sources, 0, WAITING, 50)).toEqual([]);
    noted(sources, 0, BAD, 2);
    noted(sources, 0, WAITING, 5);
    expect(noted(sources, 0, BAD, 1)).toEqual(['0>1 failing']);
  });

  it('gives a source that is behind five minutes, and three polls more', () => {
    const sources = selector(2);
    expect(noted(sources, 0, behind(5), 20, 1_000)).toEqual([]);
    expect(noted(sources, 0, behind(6), 20, 300_999)).toEqual([]);
    expect(noted(sources, 0, behind(6), 2, 301_000)).toEqual([]);
    expect(noted(sources, 0, behind(6), 1, 303_000)).toEqual(['0>1 failing']);
  });

  it('starts the grace time anew after a good poll', () => {
    const sources = selector(2);
    noted(sources, 0, behind(5), 1, 0);
    noted(sources, 0, good(9), 1, 299_000);
    expect(noted(sources, 0, behind(5), 10, 301_000)).toEqual([]);
  });

  it('has nowhere to go with one source', () => {
    expect(noted(selector(1), 0, BAD, 10)).toEqual([]);
  });

  it('goes round, past sources that failed on standby', () => {
    const sources = selector(3);
    expect(noted(sources, 0, BAD, 3)).toEqual(['0>1 failing']);
    expect(noted(sources, 1, BAD, 3)).toEqual(['1>2 failing']);
    noted(sources, 0, good(5), 1);
    expect(noted(sources, 2, BAD, 3)).toEqual(['2>0 failing']);
  });

  it('goes on round when all fail, with three polls for each', () => {
    const sources = selector(2);
    expect(noted(sources, 0, BAD, 3)).toEqual(['0>1 failing']);
    expect(noted(sources, 1, BAD, 2)).toEqual([]);
    expect(noted(sources, 1, BAD, 1)).toEqual(['1>0 failing']);
    expect(noted(sources, 0, BAD, 2)).toEqual([]);
    expect(noted(sources, 0, BAD, 1)).toEqual(['0>1 failing']);
  });
});

describe('return', () => {
  it('to a source higher in the list takes five good polls in a row', () => {
    const sources = selector(2);
    noted(sources, 0, BAD, 3);
    expect(sources.standby).toEqual([0]);
    expect(noted(sources, 0, good(5), 4)).toEqual([]);
    expect(noted(sources, 0, behind(5), 1)).toEqual([]);
    expect(noted(sources, 0, good(6), 4)).toEqual([]);
    expect(noted(sources, 0, good(6), 1)).toEqual(['1>0 preferred']);
  });

  it('never goes down the list', () => {
    const sources = selector(2, 5);
    expect(noted(sources, 1, good(5), 20)).toEqual([]);
    expect(sources.active).toBe(0);
  });
});

describe('lag', () => {
  it('polls no standby source when it is off and the first one is active', () => {
    expect(selector(3).standby).toEqual([]);
    expect(selector(3, 1).standby).toEqual([1, 2]);
  });

  it('changes when the active source stands still and another is more than the limit ahead', () => {
    const sources = selector(3, 10);
    noted(sources, 0, good(100), 1);
    noted(sources, 1, good(111), 1);
    noted(sources, 2, good(115), 1);
    expect(noted(sources, 0, good(100), 2)).toEqual([]);
    expect(noted(sources, 0, good(100), 1)).toEqual(['0>2 lagging']);
  });

  it.each([
    ['exactly the limit ahead', good(110)],
    ['not proven to descend from our safe head', good(150, false)],
    ['behind us', behind(150)],
    ['bad', BAD],
  ])('does not change to a source that is %s', (_, health) => {
    const sources = selector(2, 10);
    noted(sources, 1, health, 1);
    expect(noted(sources, 0, good(100), 10)).toEqual([]);
  });

  it('does not change while the active source moves, however far behind', () => {
    const sources = selector(2, 10);
    noted(sources, 1, good(500), 1);
    for (let safe = 100; safe < 120; safe += 1) {
      expect(noted(sources, 0, good(safe), 1)).toEqual([]);
    }
  });

  it('never changes for it when it is off', () => {
    const sources = selector(2, 0);
    noted(sources, 1, good(9_000), 1);
    expect(noted(sources, 0, good(100), 10)).toEqual([]);
  });
});

describe('a stale source', () => {
  const STALE: SourcePoll = { end: held('stale', 'stale', 'old'), safe: 5n, isStale: true };

  it('is left for a good and fresh one after three stale polls, which are not bad ones', () => {
    const sources = selector(3);
    expect(noted(sources, 0, STALE, 1)).toEqual([]);
    expect(sources.standby).toEqual([1, 2]);
    noted(sources, 1, behind(4), 1);
    noted(sources, 2, good(6), 1);
    expect(noted(sources, 0, STALE, 1)).toEqual([]);
    expect(noted(sources, 0, STALE, 1)).toEqual(['0>2 stale']);
  });

  it('is followed on where the others are down, stale, or behind', () => {
    const sources = selector(4);
    noted(sources, 0, STALE, 10);
    expect(noted(sources, 1, STALE, 10)).toEqual([]);
    expect(noted(sources, 2, behind(4), 10)).toEqual([]);
    expect(noted(sources, 3, BAD, 10)).toEqual([]);
    expect(noted(sources, 0, STALE, 50)).toEqual([]);
    expect(sources.active).toBe(0);
  });

  it('is left as well where it brings something new now and then, or is behind our heads', () => {
    for (const poll of [good(5), behind(5)]) {
      const sources = selector(2);
      noted(sources, 1, good(9), 1);
      expect(noted(sources, 0, { ...poll, isStale: true }, 3)).toEqual(['0>1 stale']);
    }
  });

  it('is not gone back to before it is fresh, however good', () => {
    const sources = selector(2);
    noted(sources, 1, good(9), 1);
    noted(sources, 0, STALE, 3);
    expect(noted(sources, 0, { ...good(9), isStale: true }, 20)).toEqual([]);
    expect(noted(sources, 0, good(9), 1)).toEqual(['1>0 preferred']);
  });

  it('counts a failed poll neither as stale nor as fresh', () => {
    const sources = selector(2);
    noted(sources, 1, good(9), 1);
    noted(sources, 0, STALE, 2);
    expect(noted(sources, 0, BAD, 1)).toEqual([]);
    expect(noted(sources, 0, STALE, 1)).toEqual(['0>1 stale']);
  });
});
