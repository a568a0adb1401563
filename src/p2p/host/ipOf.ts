import type { Multiaddr } from '@multiformats/multiaddr';

/** The IP address that a multiaddress begins with; null for a name. */
export function ipOf(address: Multiaddr): string | null {
  const first = address.getComponents()[0];
  const isIp = first?.name === 'ip4' || first?.name === 'ip6';
  return isIp ? (first.value ?? null) : null;
}
