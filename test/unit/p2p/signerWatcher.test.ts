import { describe, expect, it } from 'vitest';
import { SignerWatcher } from '../../../src/p2p/signerWatcher.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const SIGNER = `0x${'11'.repeat(20)}` as const;

describe('who may sign blocks', () => {
  it('is known as soon as it is on its way to the thread, which may still load', async () => {
    const events: string[] = [];
    const stopping = new AbortController();
    const watcher = new SignerWatcher(
      { reloadMs: 0 },
      {
        read: async () => SIGNER,
        set: (address) => {
          events.push(`set ${address}`);
          return new Promise(() => undefined);
        },
        onFirst: () => events.push('known'),
        clock: new FakeClock(),
        log: new FakeLogger(),
      },
    );
    void watcher.step(stopping.signal);
    await Promise.resolve();
    await Promise.resolve();
    expect(events).toEqual([`set ${SIGNER}`, 'known']);
  });
});
