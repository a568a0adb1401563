import { secp256k1 } from '@noble/curves/secp256k1.js';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../devnet/waitFor.js';
import type { P2pOptions } from '../../src/types/p2pOptions.js';
import { testKey } from '../support/gossipRig.js';
import { startPeer, type TestPeer } from '../support/p2pNetwork.js';

const PATIENCE_MS = 30_000;

/** The address of a node as older tools write it. */
function enodeOf(seed: number, { address }: TestPeer): string {
  const point = secp256k1.Point.fromBytes(secp256k1.getPublicKey(testKey(seed)));
  const key = Buffer.from(point.toBytes(false).subarray(1)).toString('hex');
  return `enode://${key}@127.0.0.1:0?discport=${address.split('/')[4]}`;
}

describe('discovery', () => {
  const peers: TestPeer[] = [];
  const start = async (seed: number, overrides: Partial<P2pOptions> = {}): Promise<TestPeer> => {
    const peer = await startPeer(seed, {
      isDiscoveryEnabled: true,
      advertiseIp: '127.0.0.1',
      ...overrides,
    });
    peers.push(peer);
    return peer;
  };
  afterEach(async () => {
    await Promise.all(peers.splice(0).map(({ node }) => node.stop()));
  });
  const recordOf = async ({ node }: TestPeer) => (await node.api.self()).ENR;
  const connectedTo = async ({ node }: TestPeer) =>
    Object.keys((await node.api.peers(true)).peers).sort();

  it('finds nodes that only a bootnode knows, by its record or as an enode address', async () => {
    const bootnode = await start(2);
    const enr = await recordOf(bootnode);
    const first = await start(3, { bootnodes: [enr, 'enr:-nonsense', 'enode://nothing'] });
    const second = await start(4, { bootnodes: [enodeOf(2, bootnode)] });
    const all = [bootnode.id, first.id, second.id];
    for (const peer of [first, second, bootnode]) {
      const others = all.filter((id) => id !== peer.id).sort();
      await waitFor(async () => `${await connectedTo(peer)}` === `${others}` || undefined, {
        what: `${peer.id} is connected to the others`,
        timeoutMs: PATIENCE_MS,
      });
    }
    const { peers: known } = await first.node.api.peers(true);
    expect(known[bootnode.id]).toMatchObject({ ENR: enr, chainID: 901 });
    expect(await first.node.api.discoveryTable()).toContain(enr);
    expect((await first.node.api.peerStats()).table).toBeGreaterThan(0);
  });

  it('leaves nodes outside of the allowed networks alone', async () => {
    const bootnode = await start(2);
    const choosy = await start(3, {
      bootnodes: [await recordOf(bootnode)],
      netRestrict: ['10.0.0.0/8'],
    });
    const open = await start(4, { bootnodes: [await recordOf(bootnode)] });
    await waitFor(async () => (await connectedTo(open)).includes(bootnode.id) || undefined, {
      what: 'the open one is connected',
      timeoutMs: PATIENCE_MS,
    });
    expect((await choosy.node.api.discoveryTable()).length).toBe(0);
    await waitFor(
      () => choosy.metrics.value('p2p_no_peers', { reason: 'netrestrict' }) || undefined,
      {
        what: 'the reason',
        timeoutMs: PATIENCE_MS,
      },
    );
  });
});
