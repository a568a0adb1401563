import { beforeEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { PeerReads } from '../../../../src/rpc/methods/peerReads.js';
import type { RpcP2pPort } from '../../../../src/rpc/ports.js';
import { FakeClock } from '../../../support/fakeClock.js';

describe('PeerReads', () => {
  let clock: FakeClock;
  let calls: string[];
  /** Settle the calls, in their order. */
  let settle: { resolve: (value: unknown) => void; reject: (error: unknown) => void }[];
  let reads: PeerReads;
  beforeEach(() => {
    clock = new FakeClock();
    calls = [];
    settle = [];
    const call = (name: string, argument: unknown) => {
      calls.push(`${name} ${argument}`);
      return new Promise((resolve, reject) => settle.push({ resolve, reject }));
    };
    reads = new PeerReads({ call } as unknown as RpcP2pPort, clock);
  });

  it('asks once for those who ask within a moment, whether the answer is there or not', async () => {
    const both = [reads.read('self', null), reads.read('self', null)];
    expect(reads.kept('self', null)).toBeNull();
    settle[0]?.resolve({ peerID: 'ä<' });
    expect(await Promise.all(both)).toEqual(Array(2).fill('{"peerID":"\u00c3\u00a4\\u003c"}'));
    await clock.advance(19);
    expect(reads.kept('self', null)).toBe('{"peerID":"\u00c3\u00a4\\u003c"}');
    expect(calls).toEqual(['self null']);
    await clock.advance(21);
    expect(reads.kept('self', null)).toBeNull();
    void reads.read('self', null);
    expect(calls).toEqual(['self null', 'self null']);
  });

  it('asks again while an answer stands, once, and answers by it until the next is there', async () => {
    const first = reads.read('peerStats', null);
    settle[0]?.resolve(1);
    await first;
    await clock.advance(20);
    expect([reads.kept('peerStats', null), reads.kept('peerStats', null)]).toEqual(['1', '1']);
    expect(calls).toEqual(['peerStats null', 'peerStats null']);
    settle[1]?.resolve(2);
    await clock.advance(19);
    expect(reads.kept('peerStats', null)).toBe('2');
    expect(calls).toHaveLength(2);
  });

  it('drops what was asked again before a command', async () => {
    const first = reads.read('listBlockedPeers', null);
    settle[0]?.resolve([]);
    await first;
    await clock.advance(20);
    expect(reads.kept('listBlockedPeers', null)).toBe('[]');
    const done = reads.command('blockPeer', 'p');
    settle[1]?.resolve([]);
    settle[2]?.resolve(undefined);
    await done;
    expect(reads.kept('listBlockedPeers', null)).toBeNull();
  });

  it('answers by a fault where that is what the next one is', async () => {
    const first = reads.read('discoveryTable', null);
    settle[0]?.resolve([]);
    await first;
    await clock.advance(20);
    expect(reads.kept('discoveryTable', null)).toBe('[]');
    settle[1]?.reject(new Error('no'));
    await clock.advance(1);
    expect(() => reads.kept('discoveryTable', null)).toThrow('no');
  });

  it('tells questions apart', () => {
    void reads.read('peers', true);
    void reads.read('peers', false);
    void reads.read('peerStats', null);
    expect(calls).toEqual(['peers true', 'peers false', 'peerStats null']);
  });

  it('keeps a fault as any other answer', async () => {
    const asked = reads.read('discoveryTable', null);
    const off = new NodeError('P2P_DISCOVERY_OFF', 'discovery disabled', { severity: 'temporary' });
    settle[0]?.reject(off);
    await expect(asked).rejects.toBe(off);
    expect(() => reads.kept('discoveryTable', null)).toThrow(off);
  });

  it('asks anew behind a command that was given, and behind one that is done', async () => {
    void reads.read('listBlockedPeers', null);
    const done = reads.command('blockPeer', 'p');
    const during = reads.read('listBlockedPeers', null);
    settle[2]?.resolve([]);
    expect(await during).toBe('[]');
    settle[1]?.resolve(undefined);
    await done;
    expect(reads.kept('listBlockedPeers', null)).toBeNull();
    const after = reads.read('listBlockedPeers', null);
    settle[3]?.resolve(['p']);
    expect(await after).toBe('["p"]');
    expect(calls).toEqual([
      'listBlockedPeers null',
      'blockPeer p',
      'listBlockedPeers null',
      'listBlockedPeers null',
    ]);
  });

  it('asks anew behind a command that failed', async () => {
    const done = reads.command('connectPeer', 'a');
    settle[0]?.reject(new Error('no'));
    await expect(done).rejects.toThrow('no');
    expect(reads.kept('peerStats', null)).toBeNull();
  });
});
