import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeriveRig, derivedWorld } from '../../devnet/deriveRig.js';
import { rpc } from '../../devnet/rpcClient.js';
import { STOP_MS } from '../support/patience.js';

const L1_CONFS = 5;

describe('a node that derives', () => {
  const world = derivedWorld('reorg');
  const base = world.forkStates[0]?.syncStatus;
  let rig: DeriveRig;

  beforeEach(async () => {
    rig = await DeriveRig.open(world);
  });
  afterEach(() => rig?.close());

  const atRest = () => rig.reach('the base chain', (now) => isDeepStrictEqual(now, base));

  it('derives again from its safe head when its pipeline is reset by RPC', async () => {
    await rig.startNode();
    await atRest();
    const resets = await rig.metric('engine_resets_total');
    expect(await rpc(rig.node.url, 'admin_resetDerivationPipeline')).toBeNull();
    // At the start, by hand, and when the pipeline had found where to begin again: op-node counts all three.
    await rig.reachMetric('pipeline_resets_total', (count) => count === 3);
    await atRest();
    expect(await rig.metric('engine_resets_total')).toBe(resets + 1);
    await rig.reachMetric('derivation_idle', (idle) => idle === 1);
  });

  it('leaves the newest L1 blocks alone with --verifier.l1-confs', async () => {
    await rig.startNode([`--verifier.l1-confs=${L1_CONFS}`]);
    const head = world.facts.l1.head;
    const status = await rig.reach(
      'the last confirmed L1 block',
      ({ current_l1 }) => current_l1.number === head - L1_CONFS,
    );
    expect(status.head_l1.number).toBe(head);
    await expect(
      rpc(rig.node.url, 'optimism_safeHeadAtL1Block', [`0x${head.toString(16)}`]),
    ).resolves.toMatchObject({ l1Block: { number: expect.any(Number) } });
    rig.l1.chain.reorg('depth1');
    const last = rig.l1.chain.last;
    await rig.reach(
      'the next confirmed L1 block',
      ({ current_l1 }) => current_l1.number === last - L1_CONFS,
    );
    // The reorg went less deep than the confirmations: nothing had been derived from what is gone.
    expect(await rig.metric('engine_resets_total')).toBe(0);
  });

  it('ends with exit code 0 on SIGTERM amid its work', async () => {
    await rig.startNode();
    await rig.reach('some blocks', ({ safe_l2 }) => safe_l2.number > 2);
    rig.node.process.signal('SIGTERM');
    expect(await rig.node.process.ended(STOP_MS)).toEqual({ code: 0, signal: null });
  });

  it('derives nothing before the execution layer has done its own sync', async () => {
    await rig.startNode(['--syncmode=execution-layer']);
    await rig.reach('the head of L1', ({ head_l1 }) => head_l1.number === world.facts.l1.head);
    expect(await rig.metric('pipeline_resets_total')).toBe(0);
    expect(await rig.status()).toMatchObject({ current_l1: { number: 0 }, safe_l2: { number: 0 } });
    // The engine has all that the block builds on: its sync ends at once.
    await rig.post(1, 1);
    expect(Number(await rpc<string>(rig.geth.url, 'eth_blockNumber'))).toBeGreaterThanOrEqual(1);
    await atRest();
    expect(await rig.metric('pipeline_resets_total')).toBe(1);
  });

  it('goes on by itself after a restart with an engine that could sync past its finalized block', async () => {
    await rig.startNode();
    await atRest();
    rig.node.process.signal('SIGTERM');
    await rig.node.process.ended(STOP_MS);
    rig.l1.chain.reorg('depth1');
    await rig.startNode(['--syncmode=execution-layer', '--l2.enginekind=reth']);
    const { current_l1, safe_l2 } = await rig.reach(
      'the end of L1',
      (now) => now.current_l1.number === rig.l1.chain.last,
    );
    expect(current_l1.number).toBe(rig.l1.chain.last);
    expect(safe_l2.number).toBeGreaterThan(0);
  });

  it('goes on after L1 has failed in every way for a while', async () => {
    await rig.startNode();
    for (const kind of ['http500', 'rpcError', 'garbage', 'close', 'truncated'] as const) {
      rig.l1.faults.arm({ kind, count: 3 });
      await rig.reach(`the end of ${kind}`, () => rig.l1.faults.armed === null);
    }
    await atRest();
  });
});
