import type { Connection, PeerId } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { BanMonitor } from '../../../../src/p2p/host/banMonitor.js';
import { Deliveries } from '../../../../src/p2p/host/deliveries.js';
import { type DiscoveryFault, NoPeers } from '../../../../src/p2p/host/noPeers.js';
import { PeerTrimmer } from '../../../../src/p2p/host/peerTrimmer.js';
import { Pings } from '../../../../src/p2p/host/pings.js';
import { parsePeerAddress, StaticPeers } from '../../../../src/p2p/host/staticPeers.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';

const PEER = '16Uiu2HAkw5gXznubTJea2wdX3csqdjHrdad9CxUjWq69fRtRwqFa';
const OTHER = '16Uiu2HAm9s755bfjpCM88VnkncwAEaruW2QmnYf6b263G1sK4s4P';
const SIGNAL = new AbortController().signal;

describe('too many peers', () => {
  function setup(count: number) {
    const clock = new FakeClock();
    const closed: string[] = [];
    const open = Array.from({ length: count }, (_, at) => `p${at}`);
    const connections = () =>
      open
        .filter((peer) => !closed.includes(peer))
        .map(
          (peer) =>
            ({
              remotePeer: { toString: () => peer },
              timeline: { open: peer === 'p0' ? clock.nowMs() : 0 },
              close: async () => void closed.push(peer),
            }) as unknown as Connection,
        );
    const trimmer = new PeerTrimmer(
      { low: 4, high: 6, graceMs: 30_000 },
      {
        connections,
        isProtected: (peer) => peer === 'p1',
        isIdle: (peer) => peer === 'p5',
        score: (peer) => (peer === 'p3' ? -5 : 0),
        clock,
        log: new FakeLogger(),
      },
    );
    return { clock, closed, trimmer };
  }

  it('are none up to the high mark', async () => {
    const { closed, trimmer } = setup(6);
    await trimmer.trim();
    expect(closed).toEqual([]);
  });

  it('are let go down to the low one: idle ones first, then by score; who has just come or is protected stays', async () => {
    const { closed, trimmer } = setup(7);
    await trimmer.trim();
    expect(closed).toEqual(['p5', 'p3', 'p2']);
  });

  it('are let go once a minute at most', async () => {
    const { clock, closed, trimmer } = setup(20);
    await trimmer.trim();
    expect(closed).toHaveLength(16);
    closed.length = 0;
    await trimmer.trim();
    expect(closed).toEqual([]);
    await clock.advance(60_000);
    await trimmer.trim();
    expect(closed).toHaveLength(16);
  });
});

describe('peers of a bad score', () => {
  const setup = (known: number) => {
    const banned: unknown[] = [];
    const monitor = new BanMonitor(
      { threshold: -100, smallNetwork: 20 },
      {
        connectedPeers: () => ['good', 'bad', 'static'],
        knownPeers: async () => known,
        score: (peer) => (peer === 'good' ? -100 : -101),
        isSafe: (peer) => peer === 'static',
        ban: async (peer, isSmall) => {
          banned.push([peer, isSmall]);
          return 1;
        },
        close: async (peer) => void banned.push(`${peer} closed`),
        log: new FakeLogger(),
      },
    );
    return { banned, monitor };
  };

  it.each([
    [3, true],
    [20, false],
  ])('are banned one a look, with %d known peers: short %s', async (known, isShort) => {
    const { banned, monitor } = setup(known);
    for (let look = 0; look < 3; look++) await monitor.look();
    expect(banned).toEqual([['bad', isShort], 'bad closed']);
  });
});

describe('peers that deliver nothing', () => {
  it('are idle after ten minutes without a block that was taken', async () => {
    const clock = new FakeClock();
    const deliveries = new Deliveries(clock);
    deliveries.connected('a');
    deliveries.connected('b');
    await clock.advance(9 * 60_000);
    deliveries.record('a', 'accept');
    deliveries.record('b', 'ignore');
    deliveries.recordDuplicate('b');
    deliveries.recordDuplicate('stranger');
    deliveries.record('b', 'reject');
    deliveries.record('stranger', 'accept');
    await clock.advance(2 * 60_000);
    expect([deliveries.isIdle('a'), deliveries.isIdle('b')]).toEqual([false, true]);
    expect(deliveries.of('b')).toMatchObject({ first: 0, late: 2, rejected: 1 });
    deliveries.disconnected('b');
    expect(deliveries.of('b')).toBeNull();
    expect(deliveries.of('stranger')).toBeNull();
  });
});

describe('no peers', () => {
  it('are explained by a gauge at each look, and by a line every five minutes', async () => {
    const clock = new FakeClock();
    const log = new FakeLogger();
    const said: string[] = [];
    const state = {
      connected: 0,
      known: [] as string[],
      refused: [] as string[],
      why: null as DiscoveryFault | null,
    };
    const noPeers = new NoPeers({
      connected: () => state.connected,
      known: async () => state.known,
      whyNobodyFound: () => state.why,
      isRefused: (peer) => state.refused.includes(peer),
      record: (reason) => said.push(reason),
      clock,
      log,
    });
    await noPeers.look();
    state.why = 'no_bootnode_answers';
    await noPeers.look();
    state.why = 'netrestrict';
    await noPeers.look();
    state.known = ['a', 'b'];
    await noPeers.look();
    await noPeers.look();
    state.refused = ['a', 'b'];
    await noPeers.look();
    state.connected = 1;
    await noPeers.look();
    expect(said).toEqual([
      'no_addresses_known',
      'no_bootnode_answers',
      'netrestrict',
      'dials_fail',
      'dials_fail',
      'all_banned',
      'none',
    ]);
    expect(log.lines.filter(({ message }) => message === 'No peers')).toHaveLength(5);
  });
});

describe('static peers', () => {
  it('are addresses that end with a peer id', () => {
    expect(parsePeerAddress(`/dns4/a.example/tcp/9222/p2p/${PEER}`).peer.toString()).toBe(PEER);
    expect(() => parsePeerAddress('nope')).toThrow(
      'failed to parse multiaddr "nope": must begin with /',
    );
    expect(() => parsePeerAddress('/ip4/1.2.3.4/tcp/1')).toThrow('invalid p2p multiaddr');
    expect(() => parsePeerAddress('/ip4/1.2.3.4/tcp')).toThrow('failed to parse multiaddr');
  });

  it('are dialled while they are not connected, ourselves left out, and a failure is logged', async () => {
    const log = new FakeLogger();
    const dialled: string[] = [];
    const connected = new Set<string>();
    const statics = new StaticPeers(
      [`/dns4/a.example/tcp/1/p2p/${PEER}`, `/ip4/1.2.3.4/tcp/2/p2p/${OTHER}`],
      {
        self: OTHER,
        isConnected: (peer) => connected.has(peer.toString()),
        dial: async (address) => {
          dialled.push(address.toString());
          throw new Error('refused');
        },
        clock: new FakeClock(),
        log,
      },
    );
    expect([statics.has(PEER), statics.has(OTHER)]).toEqual([true, false]);
    await statics.connect(SIGNAL);
    await statics.connect(SIGNAL);
    connected.add(PEER);
    await statics.connect(SIGNAL);
    // By its name each time: who dials looks it up anew.
    const named = `/dns4/a.example/tcp/1/p2p/${PEER}`;
    expect(dialled).toEqual([named, named]);
    expect(log.lines.map(({ message }) => message)).toContain('error dialing static peer');
  });

  it('that do not answer are given up after 30 s, by the clock', async () => {
    const clock = new FakeClock();
    const log = new FakeLogger();
    const statics = new StaticPeers([`/ip4/1.2.3.4/tcp/1/p2p/${PEER}`], {
      self: OTHER,
      isConnected: () => false,
      dial: () => new Promise(() => undefined),
      clock,
      log,
    });
    const round = statics.connect(SIGNAL);
    await clock.advance(29_999);
    expect(log.lines).toEqual([]);
    await clock.advance(1);
    await round;
    expect(log.lines.map(({ fields }) => fields.err)).toEqual(['dialling took more than 30 s']);
  });
});

describe('pings', () => {
  it('are ten at once, then one a second, for the time of a round; who does not answer is waited for 10 s', async () => {
    const clock = new FakeClock();
    const asked: number[] = [];
    const pings = new Pings({
      peers: () => Array.from({ length: 40 }, (_, at) => peerNamed(`p${at}`)),
      ping: (peer) => {
        asked.push(clock.monotonicMs());
        return peer.toString() === 'p0' ? new Promise(() => undefined) : Promise.resolve(3);
      },
      clock,
    });
    const round = pings.round(SIGNAL);
    for (let second = 0; second < 60; second++) await clock.advance(1_000);
    await round;
    expect(asked.map((ms) => ms / 1000).slice(0, 13)).toEqual([
      0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11, 12, 13,
    ]);
    expect([pings.latencyNs('p0'), pings.latencyNs('p39')]).toEqual([0, 3_000_000]);
  });

  it('end with their round when nobody answers', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const pings = new Pings({
      peers: () => Array.from({ length: 40 }, (_, at) => peerNamed(`p${at}`)),
      ping: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
      clock,
    });
    const round = pings.round(SIGNAL);
    for (let second = 0; second < 200; second++) await clock.advance(1_000);
    await round;
    expect(asked).toBeLessThan(19);
  });
});

function peerNamed(name: string): PeerId {
  return { toString: () => name } as PeerId;
}
