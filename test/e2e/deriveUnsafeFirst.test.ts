import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtBlocks } from '../../conformance/builtBlocks.js';
import { compareSafeHeads } from '../../conformance/compareDerive.js';
import { type PayloadEnvelope, payloadOf } from '../../conformance/payload.js';
import type { BlockJson } from '../../conformance/recorded.js';
import { Report } from '../../conformance/report.js';
import { DeriveRig, derivedWorld } from '../../devnet/deriveRig.js';
import { buildOtherBlock, fillOpGeth, newPayload } from '../../devnet/engineApi.js';
import { startOpGeth } from '../../devnet/opGethProcess.js';
import { rpc } from '../../devnet/rpcClient.js';

const ALTERED = 60;

describe('derivation of a chain whose unsafe blocks came first', () => {
  const world = derivedWorld('forks');
  const tip = world.status.unsafe_l2;
  const hashAt = (number: number) => world.l2[number]?.hash ?? '';
  let rig: DeriveRig;

  beforeEach(async () => {
    rig = await DeriveRig.open(world, { l1Head: 0 });
    await rig.startNode();
  });
  afterEach(() => rig?.close());

  const atRest = () =>
    rig.reach('the recorded heads', ({ safe_l2, unsafe_l2, finalized_l2 }) => {
      const { status } = world;
      const isSafe = safe_l2.hash === status.safe_l2.hash && unsafe_l2.hash === tip.hash;
      return isSafe && finalized_l2.hash === status.finalized_l2.hash;
    });

  it('consolidates every block and builds none', async () => {
    await rig.post(1, tip.number);
    await rig.reach('the posted blocks', ({ unsafe_l2 }) => unsafe_l2.hash === tip.hash);
    rig.l1.chain.moveHead(world.facts.l1.head);
    await atRest();
    expect(builtBlocks(rig.tap)).toEqual([]);
    const report = new Report(console.log);
    await compareSafeHeads(world.safeHeads, rig.node.url, report);
    expect(report).toMatchObject({ failed: 0, passed: world.safeHeads.length });
  });

  /** Valid blocks beside the recorded ones, from `ALTERED` on. */
  async function otherBlocks(count: number): Promise<readonly PayloadEnvelope[]> {
    const geth = await startOpGeth(rig.group, {
      name: 'other',
      genesisFile: world.path('l2-genesis.json.gz'),
      chainId: BigInt(world.rollup.l2_chain_id),
    });
    let parent = hashAt(ALTERED - 1);
    const labels = { unsafe: parent, safe: hashAt(0), finalized: hashAt(0) };
    await fillOpGeth(geth, world, { from: 1, to: ALTERED - 1 }, labels);
    const blocks: PayloadEnvelope[] = [];
    for (let number = ALTERED; number < ALTERED + count; number += 1) {
      const block = await buildOtherBlock(geth, world, number, parent);
      await newPayload(geth, world, block);
      parent = block.executionPayload.blockHash;
      blocks.push(block);
    }
    return blocks;
  }

  it('drops a block whose shape the engine refuses, and takes the right one', async () => {
    const post = (block: PayloadEnvelope) =>
      rpc<null>(rig.node.url, 'admin_postUnsafePayload', [block]);
    await rig.post(1, ALTERED - 1);
    const right = payloadOf(world.l2[ALTERED] as BlockJson, world.rollup);
    const { withdrawals: _, ...rest } = right.executionPayload;
    // From Isthmus on the header does not say whether there are withdrawals: the hash is right.
    await post({ ...right, executionPayload: rest });
    expect(await rig.metric('engine_unsafe_payloads_dropped_total')).toBe(1);
    await post(right);
    expect((await rig.status()).unsafe_l2.hash).toBe(hashAt(ALTERED));
  });

  it('reorgs at exactly the block that was altered', async () => {
    await rig.post(1, ALTERED - 1);
    const altered = await otherBlocks(3);
    for (const block of altered) {
      await rpc<null>(rig.node.url, 'admin_postUnsafePayload', [block]);
    }
    const last = altered.at(-1)?.executionPayload.blockHash;
    await rig.reach('the altered blocks', ({ unsafe_l2 }) => unsafe_l2.hash === last);
    rig.l1.chain.moveHead(world.facts.l1.head);
    await atRest();
    const built = builtBlocks(rig.tap);
    expect(built[0]).toMatchObject({
      number: ALTERED,
      hash: hashAt(ALTERED),
      parent: hashAt(ALTERED - 1),
    });
    expect(built.map(({ hash }) => hash)).toEqual(
      world.l2.slice(ALTERED, world.status.safe_l2.number + 1).map(({ hash }) => hash),
    );
  });
});
