import { toNodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { Log } from '../../telemetry/logger.js';
import type { PeerScores } from '../../types/peerInfo.js';
import type { FoundBook } from '../discovery/foundBook.js';
import type { P2pRecorder } from '../p2pMetrics.js';
import type { AppScores } from '../scores/appScores.js';
import type { FloodScores } from '../scores/floodScores.js';
import { SCORE_SNAPSHOT_MS } from '../scores/parameters.js';
import type { ScoreBook } from '../scores/scoreBook.js';
import type { BanBook } from './banBook.js';
import { type BanMonitor, MONITOR_ROUND_MS } from './banMonitor.js';
import type { Deliveries } from './deliveries.js';
import { NO_PEERS_ROUND_MS, type NoPeers } from './noPeers.js';
import { type PeerTrimmer, TRIM_ROUND_MS } from './peerTrimmer.js';
import { PING_ROUND_MS, type Pings } from './pings.js';
import { repeat } from './repeat.js';
import { STATIC_ROUND_MS, type StaticPeers } from './staticPeers.js';

/** op-node `op-node/p2p/store/gc.go`. */
const CLEAN_UP_ROUND_MS = 2 * 3600 * 1000;

export interface PeerRoundsDeps {
  readonly statics: StaticPeers;
  readonly trimmer: PeerTrimmer;
  readonly noPeers: NoPeers;
  /** Null: off, each. */
  readonly monitor: BanMonitor | null;
  readonly pings: Pings | null;
  readonly appScores: AppScores;
  /** Null: nobody is scored. */
  readonly scoreBook: Pick<ScoreBook, 'save' | 'cleanUp'> | null;
  readonly bans: Pick<BanBook, 'cleanUp'>;
  readonly deliveries: Pick<Deliveries, 'isIdle'>;
  readonly found: Pick<FoundBook, 'cleanUp'>;
  readonly floods: Pick<FloodScores, 'decay'>;
  readonly slotMs: number;
  readonly connectedPeers: () => readonly string[];
  readonly streamCount: () => number;
  readonly scores: (peer: string) => PeerScores;
  readonly recorder: Pick<P2pRecorder, 'peerScores' | 'streamCount' | 'idlePeers'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything that is looked at again and again. Ends with the signal; never rejects. */
export async function peerRounds(deps: PeerRoundsDeps, signal: AbortSignal): Promise<void> {
  const { statics, trimmer, noPeers, monitor, pings, appScores, floods, slotMs, recorder } = deps;
  const { connectedPeers, streamCount, scores, scoreBook, bans, found, deliveries } = deps;
  const round = (
    what: string,
    everyMs: number,
    run: (signal: AbortSignal) => Promise<void> | void,
  ): Promise<void> => repeat(what, everyMs, async (s) => run(s), { ...deps, signal });
  await Promise.all([
    statics.connect(signal),
    round('static peers', STATIC_ROUND_MS, (s) => statics.connect(s)),
    round('trim', TRIM_ROUND_MS, () => trimmer.trim()),
    round('no peers', NO_PEERS_ROUND_MS, () => noPeers.look()),
    round('decay', slotMs, () => {
      appScores.decay(connectedPeers());
      floods.decay();
    }),
    // One timer for both: each one wakes a thread that rests.
    round('counts and bans', MONITOR_ROUND_MS, () => {
      recorder.streamCount(streamCount());
      monitor?.look();
    }),
    round('scores', SCORE_SNAPSHOT_MS, async () => {
      for (const peer of connectedPeers()) recorder.peerScores(scores(peer));
      recorder.idlePeers(connectedPeers().filter((peer) => deliveries.isIdle(peer)).length);
      await scoreBook?.save();
    }),
    round('clean-up', CLEAN_UP_ROUND_MS, async () => {
      for (const book of [scoreBook, bans, found]) await book?.cleanUp();
    }),
    pings === null ? undefined : round('pings', PING_ROUND_MS, (s) => pings.round(s)),
  ]);
  await scoreBook?.save().catch((thrown) => {
    deps.log.warn('Scores of peers were not kept', { err: toNodeError(thrown).message });
  });
}
