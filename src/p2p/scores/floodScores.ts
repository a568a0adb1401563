import type { PeerId } from '../reqresp/ports.js';
import { DECAY_PER_SLOT, DECAY_TO_ZERO } from './parameters.js';

/** Why a message was refused before it could be the sequencer's. */
export type MessageFault = 'garbage' | 'stranger';

interface FaultRule {
  /** So many cost nothing. */
  readonly free: number;
  readonly cap: number;
  /** Of each beyond. */
  readonly weight: number;
}

/**
 * Of one peer, with the decay of the application score. Garbage is never passed on by an honest peer, and ends in a ban. What
 * a stranger has signed may be honest: between L1's word on a new signer and our next look at it, all peers pass such blocks
 * on, a few a slot. A flood of those is ignored while it lasts, and bans nobody.
 */
const RULES: Readonly<Record<MessageFault, FaultRule>> = {
  garbage: { free: 10, cap: 50, weight: -5 },
  stranger: { free: 60, cap: 120, weight: -1 },
};
const FAULTS = Object.keys(RULES) as MessageFault[];
/** Peers with counters at once: those that were counted longest ago are forgotten. */
const MAX_PEERS = 1000;

type Counts = Readonly<Record<MessageFault, number>>;
const NONE: Counts = { garbage: 0, stranger: 0 };

/**
 * What floods of messages cost their senders, added to the application score. Differs: op-node scores no topic, so that a
 * peer may send what is nothing for ever, and each such message is judged.
 */
export class FloodScores {
  private readonly peers = new Map<PeerId, Counts>();

  count(peer: PeerId, fault: MessageFault): void {
    const counts = this.peers.get(peer) ?? NONE;
    this.peers.delete(peer);
    this.peers.set(peer, { ...counts, [fault]: Math.min(counts[fault] + 1, RULES[fault].cap) });
    const [oldest] = this.peers.keys();
    if (this.peers.size > MAX_PEERS && oldest !== undefined) this.peers.delete(oldest);
  }

  /** Zero or less. */
  score(peer: PeerId): number {
    const counts = this.peers.get(peer);
    if (counts === undefined) return 0;
    return FAULTS.reduce((sum, fault) => {
      const { free, weight } = RULES[fault];
      return sum + Math.max(0, counts[fault] - free) * weight;
    }, 0);
  }

  /** Once a slot: of all peers, so that one that comes again is not judged by what was long ago. */
  decay(): void {
    for (const [peer, counts] of this.peers) {
      const garbage = decayed(counts.garbage);
      const stranger = decayed(counts.stranger);
      if (garbage === 0 && stranger === 0) this.peers.delete(peer);
      else this.peers.set(peer, { garbage, stranger });
    }
  }
}

function decayed(count: number): number {
  const less = count * DECAY_PER_SLOT;
  return less < DECAY_TO_ZERO ? 0 : less;
}
