import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postBlocks } from '../../conformance/postBlocks.js';
import { FollowRig, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';
import { builtNode, launchNode } from '../../devnet/nodeProcess.js';
import { rpc } from '../../devnet/rpcClient.js';
import { VERSION } from '../../src/node/nodeDeps.js';
import { STOP_MS } from '../support/patience.js';

describe('start and stop of the node', () => {
  const world = recordedWorld('forks');
  let rig: FollowRig;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
  });
  afterAll(() => rig?.close());

  const follow = () => [`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW];

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with exit code 0 on %s', async (signal) => {
    await rig.startNode(follow());
    await rig.reach('the engine is ready', ({ unsafe_l2 }) => BigInt(unsafe_l2.hash) !== 0n);
    rig.node.process.signal(signal);
    expect(await rig.node.process.ended(STOP_MS)).toEqual({ code: 0, signal: null });
  });

  it('ends with exit code 0 while its source hangs', async () => {
    await rig.startNode(follow());
    rig.source.faults.arm({ kind: 'hang', count: 0, ms: 60_000 });
    const before = rig.source.requests;
    await rig.reach('a poll under way', () => rig.source.requests > before);
    rig.node.process.signal('SIGTERM');
    const exit = await rig.node.process.ended(STOP_MS);
    rig.source.truth();
    expect(exit).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['in order on one signal', ['SIGTERM'], 0],
    ['at once on a second signal', ['SIGTERM', 'SIGINT'], 1],
  ] as const)('ends %s while its engine hangs', async (_, signals, code) => {
    // A silent source: the engine has nothing to do but what is posted.
    rig.source.faults.arm({ kind: 'hang', count: 0, ms: 60_000 });
    await rig.startNode(follow());
    const { unsafe_l2 } = await rig.reach('the engine is ready', (status) => {
      return BigInt(status.unsafe_l2.hash) !== 0n;
    });
    const next = unsafe_l2.number + 1;
    rig.geth.process.signal('SIGSTOP');
    try {
      await postBlocks(rig.node.url, world, { from: next, to: next });
      // A caller whose answer hangs too holds the stop for the server's grace: time for a second signal.
      const caller = rpc(rig.node.url, 'optimism_outputAtBlock', ['0x0']).catch(() => undefined);
      const isThere = (count: number) => count > 0;
      const posted = { rpc: 'engine-api', method: 'engine_newPayloadV2' };
      await rig.reachMetric('rpc_client_requests_total', isThere, posted);
      const asked = { rpc: 'main', method: 'optimism_outputAtBlock' };
      await rig.reachMetric('rpc_server_requests_total', isThere, asked);
      // Stopped meanwhile, the node gets them together, however late this process gets its turn.
      for (const signal of ['SIGSTOP', ...signals, 'SIGCONT'] as const) {
        rig.node.process.signal(signal);
      }
      expect(await rig.node.process.ended(STOP_MS)).toEqual({ code, signal: null });
      await caller;
    } finally {
      rig.geth.process.signal('SIGCONT');
      rig.source.truth();
    }
  });

  it('starts again on the same engine and goes on from its labels', async () => {
    await rig.startNode(follow());
    await rig.post(1, world.status.unsafe_l2.number);
    const before = await rig.reach(
      'the recorded safe head',
      ({ safe_l2 }) => safe_l2.hash === world.status.safe_l2.hash,
    );
    rig.node.process.signal('SIGTERM');
    await rig.node.process.ended(STOP_MS);
    await rig.source.close();
    await rig.startNode(follow());
    const status = await rig.reach('its old heads', ({ safe_l2 }) => safe_l2.number > 0);
    expect(status.unsafe_l2).toEqual(before.unsafe_l2);
    expect(status.safe_l2).toEqual(before.safe_l2);
    expect(status.finalized_l2).toEqual(before.finalized_l2);
    await rig.source.listen();
  });

  it('runs without a source and serves RPC', async () => {
    await rig.startNode([]);
    const { version, meta } = VERSION;
    expect(await rpc<string>(rig.node.url, 'optimism_version')).toBe(`${version}-${meta}`);
    rig.node.process.signal('SIGTERM');
    expect(await rig.node.process.ended(STOP_MS)).toEqual({ code: 0, signal: null });
  });

  it('stops with exit code 1 and names each missing flag', async () => {
    const [command = '', ...args] = builtNode();
    const child = rig.group.start({ name: 'no-flags', command, args });
    expect(await child.ended(STOP_MS)).toEqual({ code: 1, signal: null });
    expect(child.output).toContain('l1');
    expect(child.output).toContain('l2.jwt-secret');
    expect(child.output).not.toContain('    at ');
  });

  it('stops with exit code 1 on an engine of another genesis, naming both hashes', async () => {
    const { group, geth, l1 } = rig;
    const { genesis } = world.rollup;
    const wanted = `0x${'ab'.repeat(32)}`;
    const file = join(group.folder, 'other-genesis.json');
    const other = { ...genesis, l2: { ...genesis.l2, hash: wanted } };
    writeFileSync(file, JSON.stringify({ ...world.rollup, genesis: other }));
    const path = (name: string) => (name === 'rollup.json' ? file : world.path(name));
    const child = launchNode(group, { name: 'genesis', world: { path }, geth, l1: l1.url });
    expect(await child.ended(STOP_MS)).toEqual({ code: 1, signal: null });
    expect(child.output).toContain(
      `incorrect L2 genesis block hash ${genesis.l2.hash}, expected ${wanted}`,
    );
  });

  it.each([
    ['an unknown flag', '--l2.follow.sauce=x', 'l2.follow.sauce'],
    ['a bad value', '--l2.follow.poll-interval=0s', 'l2.follow.poll-interval'],
  ])('stops with exit code 1 on %s and names it', async (_, flag, named) => {
    const { group, geth, l1 } = rig;
    const child = launchNode(group, { name: named, world, geth, l1: l1.url, flags: [flag] });
    expect(await child.ended(STOP_MS)).toEqual({ code: 1, signal: null });
    expect(child.output).toContain(named);
    expect(child.output).not.toContain('    at ');
  });
});
