import { describe, expect, it } from 'vitest';
import { FoundBook } from '../../../../src/p2p/discovery/foundBook.js';
import { MemoryP2pStore } from '../../../../src/stores/memoryP2pStore.js';
import { FakeClock } from '../../../support/fakeClock.js';

const WEEK_MS = 7 * 24 * 3600 * 1000;

describe('what discovery knows of a peer', () => {
  it('is kept over restarts for a week after it was found for the last time', async () => {
    const clock = new FakeClock();
    const store = new MemoryP2pStore();
    const book = new FoundBook(store, clock);
    await book.keep('peer', { enr: 'enr:-old', chainId: 901 });
    await clock.advance(WEEK_MS);
    await book.keep('peer', { enr: 'enr:-new', chainId: 901 });
    await clock.advance(WEEK_MS);
    await book.cleanUp();
    expect(new FoundBook(store, clock).of('peer')).toMatchObject({ enr: 'enr:-new', chainId: 901 });
    expect(book.of('stranger')).toBeNull();
    await clock.advance(1);
    expect(book.of('peer')).toBeNull();
    await book.cleanUp();
    expect([...store.entries('')]).toEqual([]);
  });
});
