import { multiaddr } from '@multiformats/multiaddr';
import { describe, expect, it } from 'vitest';
import { maskBits, maskText } from '../../../../src/p2p/api/subnetMask.js';
import { BlockLists } from '../../../../src/p2p/host/blockLists.js';
import { ipOf } from '../../../../src/p2p/host/ipOf.js';
import { MemoryP2pStore } from '../../../../src/stores/memoryP2pStore.js';

describe('block lists', () => {
  it('hold peers, addresses and networks, over a restart, until they are taken out', async () => {
    const store = new MemoryP2pStore();
    const lists = new BlockLists(store);
    await lists.setPeer('peer', true);
    await lists.setAddress('10.1.2.3', true);
    await lists.setAddress('2001:db8::1', true);
    await lists.setSubnet({ ip: '10.9.0.0', bits: 16 }, true);
    const later = new BlockLists(store);
    expect(later.isPeerBlocked('peer')).toBe(true);
    expect(later.addresses).toEqual(['10.1.2.3', '2001:db8::1']);
    expect(later.subnets).toEqual([{ ip: '10.9.0.0', bits: 16 }]);
    const asked = ['10.1.2.3', '10.1.2.4', '10.9.255.1', '10.10.0.1', '2001:db8::1', 'no.ip'];
    expect(asked.map((ip) => later.isAddressBlocked(ip))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    await later.setAddress('10.1.2.3', false);
    await later.setSubnet({ ip: '10.9.0.0', bits: 16 }, false);
    await later.setPeer('peer', false);
    expect(later.isAddressBlocked('10.1.2.3')).toBe(false);
    expect(later.isAddressBlocked('10.9.0.1')).toBe(false);
    expect(later.isPeerBlocked('peer')).toBe(false);
  });

  it('pass over what was stored and is no address', async () => {
    const store = new MemoryP2pStore();
    for (const key of ['/gater/addr/', '/gater/subnet/10.0.0.0/128', '/gater/subnet//8']) {
      await store.put(key, new Uint8Array());
    }
    const lists = new BlockLists(store);
    await lists.setAddress('10.1.2.3', true);
    expect(lists.isAddressBlocked('10.1.2.3')).toBe(true);
    expect(lists.isAddressBlocked('10.0.0.1')).toBe(false);
  });

  it('are asked with the address that a multiaddress begins with', () => {
    expect(ipOf(multiaddr('/ip4/10.1.2.3/tcp/9222'))).toBe('10.1.2.3');
    expect(ipOf(multiaddr('/ip6/2001:db8::1/tcp/9222'))).toBe('2001:db8::1');
    expect(ipOf(multiaddr('/dns4/peer.example/tcp/9222'))).toBeNull();
  });
});

describe('masks', () => {
  it('are read and written as Go does', () => {
    expect(maskBits('//8AAA==', '10.0.0.0')).toBe(16);
    expect(maskText('10.9.0.0', 16)).toBe('//8AAA==');
    expect(maskText('10.0.0.0', 0)).toBe('AAAAAA==');
    expect(maskBits(maskText('2001:db8::', 33), '2001:db8::')).toBe(33);
    expect(maskBits('/wD/AA==', '10.0.0.0')).toBeNull();
    expect(maskBits('AAA=', '10.0.0.0')).toBeNull();
    expect(maskBits('//8AAA==', '2001:db8::')).toBeNull();
    expect(maskBits('////////////////AAAA', '10.0.0.0')).toBeNull();
    expect(maskBits(maskText('2001:db8::', 104), '10.0.0.0')).toBe(8);
  });
});
