import type { PeerId } from './ports.js';

const MAX_BYTES = 128 * 1024 * 1024;
/** A whole answer of the largest size, and as much as usual ones are. */
const MAX_PEER_BYTES = 16 * 1024 * 1024;

/** Bounds what answers hold in memory while slow readers take them. */
export class AnswerBudget {
  private total = 0;
  private readonly perPeer = new Map<PeerId, number>();

  /** @returns what gives the bytes back; null when the peer, or all together, hold too many. */
  reserve(peer: PeerId, bytes: number): (() => void) | null {
    const held = this.perPeer.get(peer) ?? 0;
    if (held + bytes > MAX_PEER_BYTES || this.total + bytes > MAX_BYTES) return null;
    this.hold(peer, bytes);
    return () => this.hold(peer, -bytes);
  }

  private hold(peer: PeerId, bytes: number): void {
    this.total += bytes;
    const held = (this.perPeer.get(peer) ?? 0) + bytes;
    if (held === 0) this.perPeer.delete(peer);
    else this.perPeer.set(peer, held);
  }
}
