import { l1Ref, l2Ref } from './l2Ref.js';
import type { L2RefJson, SyncStatusJson } from './recorded.js';
import type { World } from './world.js';

/** Which unsafe head a made-up status shows: the safe head (a verifier without gossip) or the sequencer's tip then. */
export type UnsafeHead = 'safe' | 'sequencer';

/**
 * What op-node would answer to `optimism_syncStatus` once it had derived everything up to L1 block `height`, with
 * L1's labels at the recorded distances. At the recorded head it equals the recorded status.
 */
export function statusAtL1(
  world: World,
  height: number,
  unsafe: UnsafeHead = 'safe',
): SyncStatusJson {
  const rest = world.facts.l1;
  const l1At = (number: number) => {
    const entry = world.l1[Math.max(0, number)];
    if (!entry) throw new Error(`L1 block ${number} is not recorded`);
    return l1Ref(entry.block);
  };
  const head = l1At(height);
  const finalizedL1 = l1At(height - (rest.head - rest.finalized));
  const safe = l2At(world, safeNumberAt(world, height));
  const tip = unsafe === 'safe' ? safe : l2At(world, sequencerTip(world, head.timestamp, safe));
  return {
    current_l1: head,
    current_l1_finalized: finalizedL1,
    head_l1: head,
    safe_l1: l1At(height - (rest.head - rest.safe)),
    finalized_l1: finalizedL1,
    unsafe_l2: tip,
    safe_l2: safe,
    finalized_l2: l2At(world, safeNumberAt(world, finalizedL1.number)),
    pending_safe_l2: safe,
    cross_unsafe_l2: tip,
    local_safe_l2: safe,
  };
}

/** The L2 block reference at a recorded number. */
export function l2At(world: World, number: number): L2RefJson {
  const block = world.l2[number];
  if (!block) throw new Error(`L2 block ${number} is not recorded`);
  return l2Ref(block, world.rollup);
}

/** Safe head after deriving L1 block `height`; genesis where op-node had none yet. */
function safeNumberAt(world: World, height: number): number {
  const entry = world.safeHeads.find((candidate) => candidate.l1 === height);
  return entry?.answer.safeHead?.number ?? world.rollup.genesis.l2.number;
}

/** The last recorded L2 block that is not younger than the L1 head, never below the safe head. */
function sequencerTip(world: World, time: number, safe: L2RefJson): number {
  const count = world.l2.filter((block) => Number(block.timestamp) <= time).length;
  return Math.max(safe.number, count - 1);
}
