import { describe, expect, it } from 'vitest';
import { LightAppScores } from '../../../../src/p2p/scores/appScores.js';
import { ScoreBook } from '../../../../src/p2p/scores/scoreBook.js';
import { MemoryP2pStore } from '../../../../src/stores/memoryP2pStore.js';
import { FakeClock } from '../../../support/fakeClock.js';

const KEEP_MS = 1_200_000;

/** A run of a node on a store that others have used before. */
function run(store = new MemoryP2pStore(), clock = new FakeClock()) {
  const scores = new LightAppScores();
  const book = new ScoreBook({ keepMs: KEEP_MS }, { store, scores, clock });
  book.restore();
  return { scores, book, store, clock };
}

describe('scores over restarts', () => {
  it('are those of the last run', async () => {
    const { scores, book, store, clock } = run();
    scores.rejectedPayload('bad');
    scores.validResponse('good');
    await book.save();
    const later = run(store, clock);
    expect([later.scores.score('bad'), later.scores.score('good')]).toEqual([-20, 0.5]);
    expect(later.scores.score('stranger')).toBe(0);
  });

  it('are forgotten 600 slots after their last change, by a run as well', async () => {
    const { scores, book, store, clock } = run();
    scores.rejectedPayload('gone');
    scores.rejectedPayload('here');
    await book.save();
    await clock.advance(KEEP_MS);
    scores.decay(['here']);
    await book.save();
    expect(scores.score('gone')).toBe(-20);
    await clock.advance(1);
    await book.save();
    expect(scores.score('gone')).toBe(0);
    expect(scores.score('here')).toBeLessThan(-18);
    const later = run(store, clock);
    expect(later.scores.score('gone')).toBe(0);
    expect(later.scores.score('here')).toBeLessThan(-18);
  });

  it('are cleaned up once they are old', async () => {
    const { scores, book, store, clock } = run();
    scores.rejectedPayload('gone');
    await book.save();
    await clock.advance(KEEP_MS);
    await book.cleanUp();
    expect([...store.entries('')]).toHaveLength(1);
    await clock.advance(1);
    await book.cleanUp();
    expect([...store.entries('')]).toEqual([]);
  });
});
