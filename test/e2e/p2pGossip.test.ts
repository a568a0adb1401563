import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { quickChain } from '../../devnet/live/liveDevnet.js';
import { type LiveNode, LiveRig } from '../../devnet/live/liveRig.js';
import { isSameAt } from '../../devnet/live/networkHeads.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS } from '../support/patience.js';

interface PeerList {
  readonly totalConnected: number;
  readonly peers: Readonly<Record<string, { readonly gossipBlocks: boolean }>>;
}

/** Engines that know nothing of each other: what reaches them comes from their nodes, and those have it by gossip alone. */
describe('unsafe blocks by gossip', () => {
  const chain = quickChain(Math.floor(Date.now() / 1000));
  let group: ProcessGroup;
  let rig: LiveRig;
  let sequencer: LiveNode;
  let verifier: LiveNode;
  let follower: LiveNode;

  const peersOf = ({ node }: LiveNode) => rpc<PeerList>(node.url, 'opp2p_peers', [true]);
  const status = ({ node }: LiveNode) => rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
  const selfOf = ({ node }: LiveNode) =>
    rpc<{ readonly peerID: string; readonly addresses: readonly string[] }>(node.url, 'opp2p_self');
  /** The flag that switches peers off is undone: the last of a flag's values counts. */
  const p2pFlags = (name: string) => [
    ...['--p2p.disable=false', '--p2p.listen.ip=127.0.0.1', '--p2p.listen.tcp=0'],
    ...['--p2p.no-discovery', '--p2p.peerstore.path=memory', '--p2p.discovery.path=memory'],
    `--p2p.priv.path=${group.folder}/${name}.key`,
  ];
  const reach = (what: string, node: LiveNode, holds: (now: SyncStatusJson) => boolean) =>
    waitFor(
      async () => {
        const now = await status(node);
        return holds(now) ? now : undefined;
      },
      { what, timeoutMs: REACH_MS, failIf: () => node.node.process.failure() },
    );

  beforeAll(async () => {
    group = await ProcessGroup.open();
    rig = await LiveRig.open(group, { chain, l1BlockTimeSec: 2, say: () => undefined });
    const key = rig.chain.genesis.accounts.sequencerP2P.privateKey;
    const geths = [
      await rig.engine('op-geth-sequencer'),
      await rig.engine('op-geth-verifier'),
      await rig.engine('op-geth-follower'),
    ] as const;
    sequencer = await rig.node({
      name: 'sequencer',
      geth: geths[0],
      flags: [
        ...['--sequencer.enabled', '--sequencer.l1-confs=1', '--sequencer.stopped'],
        ...[`--p2p.sequencer.key=${key}`, ...p2pFlags('sequencer')],
      ],
    });
    const address = (await selfOf(sequencer)).addresses[0] ?? '';
    const isStatic = `--p2p.static=${address}`;
    [verifier, follower] = await Promise.all([
      rig.node({
        name: 'verifier',
        geth: geths[1],
        flags: [...p2pFlags('verifier'), isStatic, '--syncmode.req-resp'],
      }),
      rig.node({
        name: 'follower',
        geth: geths[2],
        flags: [
          ...[...p2pFlags('follower'), isStatic, '--syncmode.req-resp'],
          `--l2.follow.source=${sequencer.node.url}`,
        ],
      }),
    ]);
    // Connected is not enough: a block that is published before they have said what they want is none for them.
    const wanting = async () =>
      Object.values((await peersOf(sequencer)).peers).filter((peer) => peer.gossipBlocks);
    await waitFor(async () => (await wanting()).length === 2 || undefined, {
      what: 'both want blocks',
      timeoutMs: REACH_MS,
    });
    const { unsafe_l2 } = await status(sequencer);
    await rpc(sequencer.node.url, 'admin_startSequencer', [unsafe_l2.hash]);
  });
  afterAll(() => group?.stop());

  it('reach a verifier and a follower that nothing else can have given them', async () => {
    const { unsafe_l2 } = await reach('blocks', verifier, (now) => now.unsafe_l2.number >= 8);
    await reach('blocks', follower, (now) => now.unsafe_l2.number >= 8);
    const urls = [sequencer, verifier, follower].map(({ geth }) => geth.url);
    expect(await isSameAt(urls, 8)).toBe(true);
    expect((await status(verifier)).safe_l2.number).toBe(0);
    expect(unsafe_l2.number).toBeGreaterThanOrEqual(8);
    expect(verifier.node.process.output).toContain('successfully processed payload');
    const sequencerId = (await selfOf(sequencer)).peerID;
    expect((await peersOf(verifier)).peers[sequencerId]).toMatchObject({ gossipBlocks: true });
  });

  it('that were missed in a partition are asked for from peers', async () => {
    const { peerID, addresses } = await selfOf(sequencer);
    await rpc(verifier.node.url, 'opp2p_blockPeer', [peerID]);
    const { peerID: verifierId } = await selfOf(verifier);
    await rpc(sequencer.node.url, 'opp2p_blockPeer', [verifierId]);
    const before = (await status(verifier)).unsafe_l2.number;
    await rpc(sequencer.node.url, 'opp2p_disconnectPeer', [verifierId]);
    await rpc(sequencer.node.url, 'opp2p_blockPeer', [verifierId]);
    await reach('more blocks', sequencer, (now) => now.unsafe_l2.number >= before + 5);
    await rpc(sequencer.node.url, 'opp2p_unblockPeer', [verifierId]);
    await rpc(verifier.node.url, 'opp2p_unblockPeer', [peerID]);
    await rpc(verifier.node.url, 'opp2p_connectPeer', [addresses[0]]);
    const { unsafe_l2 } = await status(sequencer);
    await reach('all blocks', verifier, (now) => now.unsafe_l2.number > unsafe_l2.number);
    expect(verifier.node.process.output).toContain(
      'requesting engine missing unsafe L2 block range',
    );
  });
});
