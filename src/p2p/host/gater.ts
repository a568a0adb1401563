import type { ConnectionGater } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { BanBook } from './banBook.js';
import type { BlockLists } from './blockLists.js';

export interface GaterDeps {
  readonly lists: Pick<BlockLists, 'isPeerBlocked' | 'isAddressBlocked'>;
  readonly bans: Pick<BanBook, 'isBanned'>;
  readonly recorder: { dial(isAllowed: boolean): void; accept(isAllowed: boolean): void };
}

/** Whom we call and who may call: nobody who is blocked or banned. op-node `op-node/p2p/gating`. */
export function makeGater({ lists, bans, recorder }: GaterDeps): ConnectionGater {
  const isPeerRefused = (peer: string): boolean => lists.isPeerBlocked(peer) || bans.isBanned(peer);
  const isAddressRefused = (address: Multiaddr): boolean => {
    const ip = ipOf(address);
    return ip !== null && lists.isAddressBlocked(ip);
  };
  return {
    denyDialPeer: (peer) => {
      const isRefused = isPeerRefused(peer.toString());
      if (isRefused) recorder.dial(false);
      return isRefused;
    },
    denyDialMultiaddr: (address) => {
      const isRefused = isAddressRefused(address);
      recorder.dial(!isRefused);
      return isRefused;
    },
    denyInboundConnection: ({ remoteAddr }) => {
      const isRefused = isAddressRefused(remoteAddr);
      recorder.accept(!isRefused);
      return isRefused;
    },
    denyInboundEncryptedConnection: (peer) => isPeerRefused(peer.toString()),
  };
}

/** The IP address that a multiaddress begins with; null for a name. */
export function ipOf(address: Multiaddr): string | null {
  const first = address.getComponents()[0];
  const isIp = first?.name === 'ip4' || first?.name === 'ip6';
  return isIp ? (first.value ?? null) : null;
}
