import type { Clock } from '../../runtime/clock.js';
import type { Log } from '../../telemetry/logger.js';
import type { NoPeerReason } from '../p2pMetrics.js';

/** How often the reason is looked at. */
export const NO_PEERS_ROUND_MS = 15_000;
/** Time between two lines that say the same. */
const SAY_AGAIN_MS = 5 * 60_000;

const EXPLANATIONS: Readonly<Record<Exclude<NoPeerReason, 'none'>, string>> = {
  no_addresses_known: 'no peer is known: no static peers, and discovery has found none',
  no_bootnode_answers:
    'no peer is known, and no node that discovery could ask answers: is UDP let through?',
  netrestrict: 'all nodes that discovery knows of are outside of --p2p.netrestrict',
  all_banned: 'every known peer is blocked or banned',
  dials_fail: 'no known peer can be reached, and none has called: is the port open to others?',
};

/** What may be wrong with discovery. */
export type DiscoveryFault = Extract<NoPeerReason, 'no_bootnode_answers' | 'netrestrict'>;

export interface NoPeersDeps {
  readonly connected: () => number;
  /** Ids of known peers that have addresses, without this node; static ones too. */
  readonly known: () => Promise<readonly string[]>;
  /** Why discovery has found nobody, where it knows. */
  readonly whyNobodyFound: () => DiscoveryFault | null;
  readonly isRefused: (peer: string) => boolean;
  readonly record: (reason: NoPeerReason) => void;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Log;
}

/** Says why there are no peers, by a line and a gauge. */
export class NoPeers {
  private said: { readonly reason: NoPeerReason; readonly atMs: number } | null = null;

  constructor(private readonly deps: NoPeersDeps) {}

  async look(): Promise<void> {
    const reason = await this.reason();
    this.deps.record(reason);
    if (reason === 'none') {
      this.said = null;
      return;
    }
    const now = this.deps.clock.monotonicMs();
    const { said } = this;
    if (said?.reason === reason && now - said.atMs < SAY_AGAIN_MS) return;
    this.said = { reason, atMs: now };
    this.deps.log.warn('No peers', { reason, why: EXPLANATIONS[reason] });
  }

  private async reason(): Promise<NoPeerReason> {
    const { connected, known, whyNobodyFound, isRefused } = this.deps;
    if (connected() > 0) return 'none';
    const peers = await known();
    if (peers.length === 0) return whyNobodyFound() ?? 'no_addresses_known';
    return peers.every(isRefused) ? 'all_banned' : 'dials_fail';
  }
}
