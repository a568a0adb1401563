import type { Log } from '../../telemetry/logger.js';

/** One connected peer is looked at in each such time. op-node `op-node/p2p/monitor/peer_monitor.go`. */
export const MONITOR_ROUND_MS = 1_000;

export interface BanMonitorOptions {
  readonly threshold: number;
  /** Fewer known peers than this is a small network. */
  readonly smallNetwork: number;
}

export interface BanMonitorDeps {
  readonly connectedPeers: () => readonly string[];
  readonly knownPeers: () => Promise<number>;
  readonly score: (peer: string) => number;
  readonly isSafe: (peer: string) => boolean;
  /** Resolves to the milliseconds of the ban. */
  readonly ban: (peer: string, isNetworkSmall: boolean) => Promise<number>;
  readonly close: (peer: string) => Promise<void>;
  readonly log: Log;
}

/** Bans peers of a low score, one look a second round the list of who is connected. */
export class BanMonitor {
  private round: string[] = [];

  constructor(
    private readonly options: BanMonitorOptions,
    private readonly deps: BanMonitorDeps,
  ) {}

  async look(): Promise<void> {
    if (this.round.length === 0) this.round = [...this.deps.connectedPeers()];
    const peer = this.round.pop();
    if (peer === undefined) return;
    const { score, isSafe, ban, close, knownPeers, log } = this.deps;
    const total = score(peer);
    if (total >= this.options.threshold || isSafe(peer)) return;
    const isNetworkSmall = (await knownPeers()) < this.options.smallNetwork;
    const durationMs = await ban(peer, isNetworkSmall);
    log.warn('Banned peer with a bad score', { peer, score: total, durationMs });
    await close(peer);
  }
}
