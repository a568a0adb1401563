import { ENR, SignableENR } from '@chainsafe/enr';
import { describe, expect, it } from 'vitest';
import { bootnodeRecord } from '../../../../src/p2p/discovery/bootnode.js';
import { DEFAULT_BOOTNODES } from '../../../../src/p2p/discovery/bootnodes.js';
import { foundPeer, netRestriction } from '../../../../src/p2p/discovery/foundPeer.js';
import {
  decodeOpstackEntry,
  encodeOpstackEntry,
  OPSTACK_KEY,
} from '../../../../src/p2p/discovery/opstackEntry.js';
import { testKey } from '../../../support/gossipRig.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ANY = netRestriction([]);

describe('the entry of a chain', () => {
  it.each([
    [10n, '0a00'],
    [8453n, '854200'],
    [0n, '0000'],
    [2n ** 64n - 1n, 'ffffffffffffffffff0100'],
  ])('%d is %s', (chainId, text) => {
    expect(hex(encodeOpstackEntry(chainId))).toBe(text);
    expect(decodeOpstackEntry(Buffer.from(text, 'hex'))).toBe(chainId);
    expect(decodeOpstackEntry(Buffer.from(`${text}ffff`, 'hex'))).toBe(chainId);
  });

  it.each(['', '0a', '0a01', '85', 'ffffffffffffffffff0200', 'ffffffffffffffffffff00'])(
    '%s is none',
    (text) => expect(decodeOpstackEntry(Buffer.from(text, 'hex'))).toBeNull(),
  );
});

describe('bootnodes', () => {
  const local = DEFAULT_BOOTNODES.filter((text) => !text.includes('bootnode.conduit.xyz'));

  it.each(local)('%s is a node to ask', async (text) => {
    const record = await bootnodeRecord(text);
    expect(record.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(record.udp).toBeGreaterThan(0);
    expect(record.nodeId).toHaveLength(64);
  });

  it('take the port for discovery from the query', async () => {
    const text = local.find((bootnode) => bootnode.endsWith(':0?discport=30305')) ?? '';
    expect((await bootnodeRecord(text)).udp).toBe(30_305);
  });

  it.each(['', 'enode://abcd@1.2.3.4:1', 'enr:-nonsense', '1.2.3.4:9222'])(
    '%j is none',
    async (text) => {
      await expect(bootnodeRecord(text)).rejects.toThrow();
    },
  );
});

describe('a discovered record', () => {
  function record(values: Record<string, Uint8Array> = {}, ip: string | undefined = '10.1.2.3') {
    const made = SignableENR.createV4(testKey(7));
    made.ip = ip;
    made.tcp = 9222;
    made.set(OPSTACK_KEY, encodeOpstackEntry(901n));
    for (const [key, value] of Object.entries(values)) made.set(key, value);
    return ENR.decodeTxt(made.encodeTxt());
  }

  it('is a peer to dial where its entry names our chain', () => {
    const found = foundPeer(record(), 901n, ANY);
    expect(found?.address.toString()).toBe(`/ip4/10.1.2.3/tcp/9222/p2p/${found?.peer}`);
    expect(found?.peer.toString()).toMatch(/^16Uiu2HA/);
  });

  it('is none of another chain, version, without an address, or outside of the allowed networks', () => {
    expect(foundPeer(record(), 902n, ANY)).toBeNull();
    expect(
      foundPeer(record({ [OPSTACK_KEY]: Buffer.from('850701', 'hex') }), 901n, ANY),
    ).toBeNull();
    const nowhere = SignableENR.createV4(testKey(7));
    nowhere.set(OPSTACK_KEY, encodeOpstackEntry(901n));
    expect(foundPeer(nowhere, 901n, ANY)).toBeNull();
    expect(foundPeer(record(), 901n, netRestriction(['10.1.0.0/16']))).not.toBeNull();
    expect(foundPeer(record(), 901n, netRestriction(['10.2.0.0/16']))).toBeNull();
    expect(foundPeer(record(), 901n, netRestriction(['nonsense']))).toBeNull();
  });
});
