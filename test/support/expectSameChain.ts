import { expect } from 'vitest';
import type { BlockJson, L2RefJson } from '../../conformance/recorded.js';
import type { World } from '../../conformance/world.js';
import { DeriveRig } from '../../devnet/deriveRig.js';
import { type EngineKind, enginesHere } from '../../devnet/engines.js';
import { rpc } from '../../devnet/rpcClient.js';
import { type BadBatches, READS_WRITTEN_L1 } from './badBatches.js';

/** What came of the batches with one kind of engine. */
export interface BadBatchOutcome {
  readonly kind: EngineKind;
  /** `engine_faulty_attributes_total`. */
  readonly leftOut: number;
  readonly neverBuilt: number;
}

interface SafeHeadAnswer {
  readonly safeHead: { readonly hash: string };
}

/**
 * Derives the batches on op-geth while they are written, then all at once on each other kind of engine that can be had here,
 * and expects the recorded chain up to Holocene, blocks of deposits alone from there on, the good batch at the end, and
 * the same chain and safe heads on every kind.
 */
export async function expectSameChain(
  world: World,
  batches: BadBatches,
): Promise<readonly BadBatchOutcome[]> {
  const outcomes: BadBatchOutcome[] = [];
  let first: { readonly heads: readonly L2RefJson[]; readonly safe: readonly string[] } | null =
    null;
  for (const kind of enginesHere(process.env)) {
    const rig = await DeriveRig.open(world, { l1Head: 0, engine: kind });
    try {
      if (first === null) {
        const heads = await batches.derive(rig);
        await expectChain(rig, heads);
        first = { heads, safe: await safeHeads(rig, batches) };
      } else {
        const { heads, safe } = first;
        rig.l1.chain.replace(batches.l1.entries);
        await rig.startNode(READS_WRITTEN_L1);
        const end = heads.at(-1);
        await rig.reach(`the end on ${kind}`, ({ safe_l2 }) => safe_l2.number === end?.number);
        expect((await rig.status()).safe_l2).toEqual(end);
        expect(await safeHeads(rig, batches)).toEqual(safe);
      }
      outcomes.push({ kind, ...(await faults(rig)) });
    } finally {
      await rig.close();
    }
  }
  return outcomes;
}

async function expectChain(rig: DeriveRig, heads: readonly L2RefJson[]): Promise<void> {
  const [recorded, ...ours] = heads;
  expect(recorded?.hash).toBe(rig.world.l2[recorded?.number ?? 0]?.hash);
  const counts: number[] = [];
  for (const { hash } of ours) {
    const block = await rpc<BlockJson>(rig.geth.url, 'eth_getBlockByHash', [hash, true]);
    counts.push(block.transactions.filter(({ type }) => type !== '0x7e').length);
  }
  expect(counts).toEqual([...Array.from({ length: ours.length - 1 }, () => 0), 1]);
}

/** By L1 block; `none` where it has none. */
async function safeHeads(rig: DeriveRig, { l1 }: BadBatches): Promise<readonly string[]> {
  const heads: string[] = [];
  for (const { block } of l1.entries) {
    const answer = rpc<SafeHeadAnswer>(rig.node.url, 'optimism_safeHeadAtL1Block', [block.number]);
    heads.push(
      await answer.then(
        ({ safeHead }) => safeHead.hash,
        () => 'none',
      ),
    );
  }
  return heads;
}

async function faults(rig: DeriveRig): Promise<Omit<BadBatchOutcome, 'kind'>> {
  const count = (fault: string) => rig.metric('engine_faulty_attributes_total', { fault });
  return { leftOut: await count('left_out'), neverBuilt: await count('never_built') };
}
