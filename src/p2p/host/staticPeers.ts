import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import type { Multiaddr } from '@multiformats/multiaddr';
import { multiaddr } from '@multiformats/multiaddr';
import { NodeError, toNodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { Log } from '../../telemetry/logger.js';
import { limited } from './limited.js';

/** Longest time for one round of dials. */
const DIAL_LIMIT_MS = 30_000;
/** How often it is looked whether a static peer is still connected. */
export const STATIC_ROUND_MS = 60_000;

/** A peer's id and how to reach it. */
export interface PeerAddress {
  readonly peer: PeerId;
  readonly address: Multiaddr;
}

/** @throws NodeError P2P_BAD_ADDRESS for what is no multiaddress that ends in `/p2p/`. */
export function parsePeerAddress(text: string): PeerAddress {
  let address: Multiaddr;
  try {
    address = multiaddr(text);
  } catch (cause) {
    const why = text.startsWith('/') ? toNodeError(cause).message : 'must begin with /';
    throw badAddress(`failed to parse multiaddr ${JSON.stringify(text)}: ${why}`, cause);
  }
  const last = address.getComponents().at(-1);
  if (last?.name !== 'p2p' || last.value === undefined) throw badAddress('invalid p2p multiaddr');
  return { peer: peerIdFromString(last.value), address };
}

function badAddress(message: string, cause?: unknown): NodeError {
  return new NodeError('P2P_BAD_ADDRESS', message, { severity: 'temporary', cause });
}

export interface StaticPeersDeps {
  readonly self: string;
  readonly isConnected: (peer: PeerId) => boolean;
  /** Dials, with names resolved anew each time. */
  readonly dial: (address: Multiaddr, signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Peers of `--p2p.static`: kept connected, and never let go or banned. */
export class StaticPeers {
  private readonly peers: readonly PeerAddress[];
  private readonly ids: ReadonlySet<string>;

  /** @throws NodeError P2P_BAD_ADDRESS */
  constructor(
    addresses: readonly string[],
    private readonly deps: StaticPeersDeps,
  ) {
    const all = addresses.map(parsePeerAddress);
    this.peers = all.filter(({ peer }) => peer.toString() !== deps.self);
    if (this.peers.length < all.length) {
      deps.log.info('Static-peer list contains address of local peer, ignoring the address.', {
        peer_id: deps.self,
      });
    }
    this.ids = new Set(this.peers.map(({ peer }) => peer.toString()));
  }

  get all(): readonly string[] {
    return [...this.ids];
  }

  has(peer: string): boolean {
    return this.ids.has(peer);
  }

  /** Dials all that are not connected, at once, each with its own address list entry. Never rejects. */
  async connect(signal: AbortSignal): Promise<void> {
    const { isConnected, dial, clock, log } = this.deps;
    const limit = { clock, signal, limitMs: DIAL_LIMIT_MS, doing: 'dialling' };
    const missing = this.peers.filter(({ peer }) => !isConnected(peer));
    await Promise.all(
      missing.map(async ({ peer, address }) => {
        try {
          await limited(limit, (inner) => dial(address, inner));
        } catch (thrown) {
          if (signal.aborted) return;
          const err = thrown instanceof Error ? thrown.message : String(thrown);
          log.warn('error dialing static peer', {
            peer: peer.toString(),
            addr: address.toString(),
            err,
          });
        }
      }),
    );
  }
}
