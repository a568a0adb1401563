import { BlockList, isIP } from 'node:net';
import type { BaseENR } from '@chainsafe/enr';
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { decodeOpstackEntry, OPSTACK_KEY } from './opstackEntry.js';

/** A node of our chain that can be dialled. */
export interface FoundPeer {
  readonly peer: PeerId;
  readonly address: Multiaddr;
  /** The record as text. */
  readonly enr: string;
}

/** Which addresses may be peers. */
export type IsAllowed = (ip: string) => boolean;

/** The networks of `--p2p.netrestrict`; without any all are allowed. A mask that cannot be read allows nothing. */
export function netRestriction(masks: readonly string[]): IsAllowed {
  if (masks.length === 0) return () => true;
  const list = new BlockList();
  for (const mask of masks) {
    const [ip = '', bits] = mask.split('/');
    const family = isIP(ip);
    const most = family === 6 ? 128 : 32;
    const length = Number(bits ?? most);
    if (family === 0 || !Number.isInteger(length) || length < 0 || length > most) continue;
    list.addSubnet(ip, length, family === 6 ? 'ipv6' : 'ipv4');
  }
  return (ip) => isIP(ip) !== 0 && list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
}

/** The peer of a record; null for one of another chain, without an address, or at an address that is not allowed. */
export function foundPeer(
  record: BaseENR,
  chainId: bigint,
  isAllowed: IsAllowed,
): FoundPeer | null {
  const entry = record.kvs.get(OPSTACK_KEY);
  if (entry === undefined || decodeOpstackEntry(entry) !== chainId) return null;
  const place =
    record.ip !== undefined && record.tcp !== undefined
      ? { family: 'ip4', ip: record.ip, tcp: record.tcp }
      : { family: 'ip6', ip: record.ip6, tcp: record.tcp6 ?? record.tcp };
  if (place.ip === undefined || !place.tcp || !isAllowed(place.ip)) return null;
  const peer = peerIdFromPublicKey(publicKeyFromRaw(record.publicKey));
  const address = multiaddr(`/${place.family}/${place.ip}/tcp/${place.tcp}/p2p/${peer.toString()}`);
  return { peer, address, enr: record.encodeTxt() };
}
