import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it } from 'vitest';
import { Crowd, type CrowdDeps } from '../../../../src/p2p/host/crowd.js';

type Direction = 'inbound' | 'outbound';

function crowdOf(...open: readonly (readonly [Direction, string])[]): Crowd {
  const deps: CrowdDeps = {
    connections: () =>
      open.map(([direction, address]) => ({ direction, remoteAddr: multiaddr(address) })),
    isExempt: (peer) => peer === 'static',
  };
  return new Crowd({ max: 2 }, deps);
}

describe('a crowd at one address', () => {
  const full = crowdOf(
    ['inbound', '/ip4/10.0.0.1/tcp/1'],
    ['inbound', '/ip4/10.0.0.1/tcp/2'],
    ['outbound', '/ip4/10.0.0.2/tcp/1'],
    ['outbound', '/ip4/10.0.0.2/tcp/2'],
    ['inbound', '/ip6/2001:db8::1/tcp/1'],
    ['inbound', '/ip6/2001:db8:0:0:9::2/tcp/1'],
  );

  it.each([
    ['/ip4/10.0.0.1/tcp/3', true],
    ['/ip4/10.0.0.2/tcp/3', false],
    ['/ip4/10.0.0.3/tcp/3', false],
    ['/ip6/2001:db8::ffff/tcp/3', true],
    ['/ip6/2001:db8:0:1::1/tcp/3', false],
    ['/ip6/::1/tcp/3', false],
    ['/dns4/peer.example/tcp/3', false],
  ])('%s is full: %s', (address, isFull) => {
    expect(full.isFull('peer', multiaddr(address))).toBe(isFull);
    expect(full.isFull('static', multiaddr(address))).toBe(false);
  });
});
