import { BlockList, isIP } from 'node:net';
import type { P2pStore } from '../ports.js';

const PEERS = '/gater/peer/';
const ADDRESSES = '/gater/addr/';
const SUBNETS = '/gater/subnet/';
const NOTHING = new Uint8Array();

/** A network of addresses: `ip/bits`. */
export interface Subnet {
  readonly ip: string;
  readonly bits: number;
}

/** Peers, addresses and networks that the operator blocks by RPC, over restarts. Open connections stay. */
export class BlockLists {
  private list: BlockList;

  constructor(private readonly store: P2pStore) {
    this.list = this.makeList();
  }

  get peers(): readonly string[] {
    return this.keys(PEERS);
  }

  get addresses(): readonly string[] {
    return this.keys(ADDRESSES);
  }

  get subnets(): readonly Subnet[] {
    return this.keys(SUBNETS).map((text) => {
      const [ip = '', bits] = text.split('/');
      return { ip, bits: Number(bits) };
    });
  }

  isPeerBlocked(peer: string): boolean {
    return this.store.get(PEERS + peer) !== null;
  }

  isAddressBlocked(ip: string): boolean {
    const family = isIP(ip);
    return family !== 0 && this.list.check(ip, family === 6 ? 'ipv6' : 'ipv4');
  }

  async setPeer(peer: string, isBlocked: boolean): Promise<void> {
    await this.set(PEERS + peer, isBlocked);
  }

  async setAddress(ip: string, isBlocked: boolean): Promise<void> {
    await this.set(ADDRESSES + ip, isBlocked);
  }

  async setSubnet({ ip, bits }: Subnet, isBlocked: boolean): Promise<void> {
    await this.set(`${SUBNETS}${ip}/${bits}`, isBlocked);
  }

  private async set(key: string, isBlocked: boolean): Promise<void> {
    if (isBlocked) await this.store.put(key, NOTHING);
    else await this.store.delete(key);
    this.list = this.makeList();
  }

  private keys(prefix: string): readonly string[] {
    return [...this.store.entries(prefix)].map(([key]) => key.slice(prefix.length));
  }

  private makeList(): BlockList {
    const list = new BlockList();
    // What a former release has stored need not be an address.
    for (const ip of this.addresses.filter(isIP)) list.addAddress(ip, familyOf(ip));
    for (const { ip, bits } of this.subnets.filter(isNetwork)) {
      list.addSubnet(ip, bits, familyOf(ip));
    }
    return list;
  }
}

function familyOf(ip: string): 'ipv4' | 'ipv6' {
  return isIP(ip) === 6 ? 'ipv6' : 'ipv4';
}

function isNetwork({ ip, bits }: Subnet): boolean {
  const size = { 0: -1, 4: 32, 6: 128 }[isIP(ip)] ?? -1;
  return bits >= 0 && bits <= size;
}
