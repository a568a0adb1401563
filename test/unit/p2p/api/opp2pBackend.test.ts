import { describe, expect, it } from 'vitest';
import { Opp2pBackend, type Opp2pDeps } from '../../../../src/p2p/api/opp2pBackend.js';
import { BanBook } from '../../../../src/p2p/host/banBook.js';
import { BlockLists } from '../../../../src/p2p/host/blockLists.js';
import { MemoryP2pStore } from '../../../../src/stores/memoryP2pStore.js';
import { FakeClock } from '../../../support/fakeClock.js';

const KEY = '16Uiu2HAkw5gXznubTJea2wdX3csqdjHrdad9CxUjWq69fRtRwqFa';
/** Its key is no point of the curve. */
const NO_KEY = '16Uiu2HAkw5gXznubTJea2wdX3csqdjHrdad1CxUjWq69fRXxMkX4';

describe('opp2p_disconnectPeer', () => {
  function start() {
    const store = new MemoryP2pStore();
    const clock = new FakeClock();
    const lists = new BlockLists(store);
    const bans = new BanBook({ durationMs: 1_000 }, { store, clock, onUnban: () => {} });
    const forgotten: string[] = [];
    const host = {
      hangUp: async () => {},
      peerStore: { delete: async (peer: unknown) => void forgotten.push(String(peer)) },
    };
    const { signal } = new AbortController();
    const deps: Partial<Opp2pDeps> = { lists, bans, clock, signal, host: host as never };
    return { backend: new Opp2pBackend(deps as Opp2pDeps), lists, forgotten };
  }

  it('only unblocks whom nobody can have met', async () => {
    const { backend, lists, forgotten } = start();
    await backend.blockPeer(NO_KEY);
    await backend.disconnectPeer(NO_KEY);
    expect(lists.peers).toEqual([]);
    expect(forgotten).toEqual([]);
  });

  it('forgets and unblocks anybody else', async () => {
    const { backend, lists, forgotten } = start();
    await backend.blockPeer(KEY);
    await backend.disconnectPeer(KEY);
    expect(lists.peers).toEqual([]);
    expect(forgotten).toEqual([KEY]);
  });
});
