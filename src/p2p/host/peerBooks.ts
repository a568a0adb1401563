import type { P2pNodeOptions, P2pNodePeers } from '../p2pNodeOptions.js';
import { type AppScores, DisabledAppScores, LightAppScores } from '../scores/appScores.js';
import { FloodScores } from '../scores/floodScores.js';
import { BanBook } from './banBook.js';
import { BlockLists } from './blockLists.js';
import { Deliveries } from './deliveries.js';

/** What is known about peers, and decides who may be one. */
export interface PeerBooks {
  readonly appScores: AppScores;
  readonly floods: FloodScores;
  readonly lists: BlockLists;
  readonly bans: BanBook;
  readonly deliveries: Deliveries;
}

/** The books as they are at the start: what the store has of earlier runs. */
export function makePeerBooks(
  { p2p }: P2pNodeOptions,
  { store, clock, recorder }: P2pNodePeers,
): PeerBooks {
  return {
    appScores: p2p.isScoring ? new LightAppScores() : new DisabledAppScores(),
    floods: new FloodScores(),
    lists: new BlockLists(store),
    bans: new BanBook(p2p.ban, { store, clock, onUnban: recorder.peerUnban }),
    deliveries: new Deliveries(clock),
  };
}
