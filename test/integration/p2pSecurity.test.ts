import { afterEach, describe, expect, it } from 'vitest';
import type { P2pOptions } from '../../src/types/p2pOptions.js';
import { startPeer, type TestPeer } from '../support/p2pNetwork.js';

type Security = P2pOptions['security'];

/** Two nodes in this process that keep connections secret in one way or another. */
describe('--p2p.security', () => {
  const peers: TestPeer[] = [];
  const startTwo = async (ours: Security, theirs: Security): Promise<[TestPeer, TestPeer]> => {
    const [one, two] = await Promise.all([
      startPeer(2, { security: ours }),
      startPeer(3, { security: theirs }),
    ]);
    peers.push(one, two);
    return [one, two];
  };
  afterEach(async () => {
    await Promise.all(peers.splice(0).map(({ node }) => node.stop()));
  });

  it.each<readonly [Security, Security]>([
    [['tls'], ['tls']],
    [['none'], ['none']],
    [
      ['noise', 'tls'],
      ['tls', 'noise'],
    ],
    [['tls', 'noise'], ['noise']],
  ])('%j reaches %j, and each knows who the other is', async (ours, theirs) => {
    const [one, two] = await startTwo(ours, theirs);
    await one.node.api.connectPeer(two.address);
    expect(Object.keys((await one.node.api.peers(true)).peers)).toEqual([two.id]);
    expect(Object.keys((await two.node.api.peers(true)).peers)).toEqual([one.id]);
  });

  it.each<readonly [Security, Security]>([
    [['tls'], ['noise']],
    [['none'], ['noise', 'tls']],
  ])('%j does not reach %j', async (ours, theirs) => {
    const [one, two] = await startTwo(ours, theirs);
    await expect(one.node.api.connectPeer(two.address)).rejects.toMatchObject({
      code: 'P2P_UNREACHABLE',
    });
  });
});
