import { FoundBook } from '../discovery/foundBook.js';
import { type P2pNodeOptions, type P2pNodePeers, slotMs } from '../p2pNodeOptions.js';
import { type AppScores, DisabledAppScores, LightAppScores } from '../scores/appScores.js';
import { FloodScores } from '../scores/floodScores.js';
import { RETAIN_SCORE_SLOTS } from '../scores/parameters.js';
import { ScoreBook } from '../scores/scoreBook.js';
import { BanBook } from './banBook.js';
import { BlockLists } from './blockLists.js';
import { Deliveries } from './deliveries.js';

/** What is known about peers, and decides who may be one. */
export interface PeerBooks {
  readonly appScores: AppScores;
  /** Null while nobody is scored. */
  readonly scoreBook: ScoreBook | null;
  readonly found: FoundBook;
  readonly floods: FloodScores;
  readonly lists: BlockLists;
  readonly bans: BanBook;
  readonly deliveries: Deliveries;
}

/** The books as they are at the start: what the store has of earlier runs. */
export function makePeerBooks(
  { p2p, rollup }: P2pNodeOptions,
  { store, clock, recorder }: P2pNodePeers,
): PeerBooks {
  const scores = p2p.isScoring ? new LightAppScores() : null;
  const keepMs = RETAIN_SCORE_SLOTS * slotMs(rollup);
  const scoreBook = scores === null ? null : new ScoreBook({ keepMs }, { store, scores, clock });
  scoreBook?.restore();
  return {
    appScores: scores ?? new DisabledAppScores(),
    scoreBook,
    found: new FoundBook(store, clock),
    floods: new FloodScores(),
    lists: new BlockLists(store),
    bans: new BanBook(p2p.ban, { store, clock, onUnban: recorder.peerUnban }),
    deliveries: new Deliveries(clock),
  };
}
