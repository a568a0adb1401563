import type { Connection } from '@libp2p/interface';
import type { Clock } from '../../runtime/clock.js';
import type { Log } from '../../telemetry/logger.js';
import { limited } from './limited.js';

/** How often it is looked whether there are too many peers. */
export const TRIM_ROUND_MS = 10_000;
/** Time between two trims. op-node: the silence period of its connection manager. */
const SILENCE_MS = 60_000;
const CLOSE_LIMIT_MS = 1_000;

export interface PeerTrimmerOptions {
  readonly low: number;
  readonly high: number;
  readonly graceMs: number;
}

export interface PeerTrimmerDeps {
  readonly connections: () => readonly Connection[];
  readonly isProtected: (peer: string) => boolean;
  /** The peer has delivered nothing for a long time. */
  readonly isIdle: (peer: string) => boolean;
  readonly score: (peer: string) => number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Above the high mark lets peers go until the low one is reached: first those that fill a place and deliver nothing, then
 * those of the lowest score. Who is protected or has just come stays.
 */
export class PeerTrimmer {
  private lastTrimMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: PeerTrimmerOptions,
    private readonly deps: PeerTrimmerDeps,
  ) {}

  async trim(): Promise<void> {
    const { connections, clock, log } = this.deps;
    const { low, high } = this.options;
    const open = connections();
    const isQuiet = clock.monotonicMs() - this.lastTrimMs < SILENCE_MS;
    if (open.length <= high || isQuiet) return;
    this.lastTrimMs = clock.monotonicMs();
    const chosen = this.worstFirst(open).slice(0, open.length - low);
    log.info('Too many peers, letting some go', { peers: open.length, go: chosen.length });
    await Promise.all(chosen.map((connection) => closeOrAbort(connection, clock)));
  }

  private worstFirst(open: readonly Connection[]): readonly Connection[] {
    const { isProtected, isIdle, score, clock } = this.deps;
    const bornBefore = clock.nowMs() - this.options.graceMs;
    return open
      .filter(({ remotePeer, timeline }) => {
        return !isProtected(remotePeer.toString()) && timeline.open < bornBefore;
      })
      .map((connection) => {
        const peer = connection.remotePeer.toString();
        return { connection, isIdle: isIdle(peer), score: score(peer) };
      })
      .sort((a, b) => Number(b.isIdle) - Number(a.isIdle) || a.score - b.score)
      .map(({ connection }) => connection);
  }
}

/** A peer that does not answer must not keep its connection. */
export async function closeOrAbort(connection: Connection, clock: Clock): Promise<void> {
  const { signal } = new AbortController();
  try {
    await limited({ clock, signal, limitMs: CLOSE_LIMIT_MS, doing: 'closing' }, (inner) =>
      connection.close({ signal: inner }),
    );
  } catch (thrown) {
    connection.abort(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}
