import type { ConnectionGater } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { BanBook } from './banBook.js';
import type { BlockLists } from './blockLists.js';
import type { Crowd } from './crowd.js';
import { ipOf } from './ipOf.js';

export interface GaterDeps {
  readonly lists: Pick<BlockLists, 'isPeerBlocked' | 'isAddressBlocked'>;
  readonly bans: Pick<BanBook, 'isBanned'>;
  /** Null: an address may have as many connections as there are places. */
  readonly crowd: Pick<Crowd, 'isFull'> | null;
  readonly recorder: { dial(isAllowed: boolean): void; accept(isAllowed: boolean): void };
}

/** Whom we call and who may call: nobody who is blocked or banned, nor a crowd at one address. op-node `op-node/p2p/gating`. */
export function makeGater({ lists, bans, crowd, recorder }: GaterDeps): ConnectionGater {
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
    denyInboundUpgradedConnection: (peer, { remoteAddr }) => {
      const isRefused = crowd?.isFull(peer.toString(), remoteAddr) ?? false;
      if (isRefused) recorder.accept(false);
      return isRefused;
    },
  };
}
