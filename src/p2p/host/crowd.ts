import type { Connection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { ipOf } from './ipOf.js';

export interface CrowdDeps {
  readonly connections: () => readonly Pick<Connection, 'direction' | 'remoteAddr'>[];
  /** Who is let in however many there are. */
  readonly isExempt: (peer: string) => boolean;
}

/**
 * How many may call from one address: beyond that gossip's score punishes all who are there, and one address could take all
 * places. An IPv6 host has a whole network of 64 bits, which counts as one address.
 */
export class Crowd {
  constructor(
    private readonly options: { readonly max: number },
    private readonly deps: CrowdDeps,
  ) {}

  /** True where one more that calls from there is too many. */
  isFull(peer: string, address: Multiaddr): boolean {
    const { connections, isExempt } = this.deps;
    const place = placeOf(address);
    if (place === null || isExempt(peer)) return false;
    const there = connections().filter(
      ({ direction, remoteAddr }) => direction === 'inbound' && placeOf(remoteAddr) === place,
    );
    return there.length >= this.options.max;
  }
}

/** Null for a name. */
function placeOf(address: Multiaddr): string | null {
  const ip = ipOf(address);
  return ip?.includes(':') ? networkOf(ip) : ip;
}

/** The first 64 bits of an IPv6 address: four groups, of which `::` may hide some. */
function networkOf(ip: string): string {
  const [front = '', back] = ip.split('::');
  const left = front === '' ? [] : front.split(':');
  const right = back === undefined || back === '' ? [] : back.split(':');
  const hidden = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...hidden, ...right].slice(0, 4).join(':');
}
