import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { attributesDifference } from '../../../../conformance/offline/attributesDifference.js';
import { offlineAltDa } from '../../../../conformance/offline/offlineAltDa.js';
import { loadOfflineWorld } from '../../../../conformance/offline/offlineWorld.js';
import { RecordedL2 } from '../../../../conformance/offline/recordedL2.js';
import type { SafeHeadEntry } from '../../../../conformance/recorded.js';
import { World } from '../../../../conformance/world.js';
import { DerivationPipeline } from '../../../../src/derive/pipeline.js';
import { SILENT_OBSERVER } from '../../../../src/derive/ports.js';
import { FollowVerifier } from '../../../../src/follow/verify/verifier.js';
import { WatchCell } from '../../../../src/runtime/watch.js';
import type { BlockId, L2BlockRef } from '../../../../src/types/block.js';
import { ZERO_L1_REF } from '../../../../src/types/block.js';
import { UNKNOWN_HEADS } from '../../../../src/types/engineHeads.js';
import type { FollowTarget } from '../../../../src/types/followTarget.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { MemorySafeHeads } from '../../../support/memorySafeHeads.js';
import { provenDatabase } from '../../../support/provenDatabase.js';
import { NO_TURN } from '../../../support/sliced.js';
import { until } from '../../../support/until.js';

const WORLDS = fileURLToPath(new URL('../../../../conformance/worlds/', import.meta.url));

const stop = { current: new AbortController() };
afterEach(() => stop.current.abort());

/** A verifier over a recorded world whose blocks are all followed; `altered` has another block at that height. */
function verifying(name: string, altered: number | null = null) {
  const world = new World(`${WORLDS}${name}`);
  const offline = loadOfflineWorld(world);
  const { config, l1Config, l1 } = offline;
  const derived = offline.derived.filter(({ canonical }) => canonical);
  const l2 = new RecordedL2(config);
  const blocks = [l2.genesis, ...derived.map((line) => l2.append(line))];
  const lie: BlockId = { number: BigInt(altered ?? -1), hash: `0x${'ee'.repeat(32)}` };
  const tip = blocks.at(-1) ?? l2.genesis;
  const heads = new WatchCell({
    ...UNKNOWN_HEADS,
    ...{ unsafe: tip, crossUnsafe: tip, localSafe: tip, safe: tip, finalized: l2.genesis },
  });
  const labelsAt = (number: bigint) => ({
    head: { ...ZERO_L1_REF, hash: `0x${'11'.repeat(32)}` as const, number },
    finalized: ZERO_L1_REF,
  });
  const labels = new WatchCell(labelsAt(l1.head));
  const memory = new MemorySafeHeads();
  const out = {
    world,
    memory,
    l1,
    verified: 0,
    origin: 0n,
    replaced: 0,
    refuted: 0,
    startedOver: 0,
    targets: [] as FollowTarget[],
    /** L1 has changed. */
    tell: () => labels.set(labelsAt(l1.head)),
  };
  const verifier = new FollowVerifier(
    { config },
    {
      pipeline: new DerivationPipeline(
        { config, l1Config },
        {
          ...{ l1, canonical: l1.canonical, blobs: l1, altDa: offlineAltDa(offline), l2 },
          ...{ observer: SILENT_OBSERVER, turn: NO_TURN },
        },
      ),
      chain: {
        compare: async (attributes) => {
          const number = Number(attributes.parent.number) + 1;
          const line = derived[number - 1];
          const ref = blocks[number];
          if (line === undefined || ref === undefined) return { kind: 'missing' };
          if (number === altered) return { kind: 'different', block: lie, reason: 'altered' };
          const reason = attributesDifference(attributes, line, config);
          return reason === null
            ? { kind: 'same', ref }
            : { kind: 'different', block: ref, reason };
        },
        hashAt: async (number) =>
          number === lie.number ? lie.hash : (blocks[Number(number)]?.hash ?? null),
      },
      engine: {
        heads,
        follow: async (target) => {
          out.targets.push(target);
          heads.set({ ...heads.get(), localSafe: target.localSafe });
          return { kind: 'ok', value: { kind: 'applied', reorged: true } };
        },
      },
      l2,
      l1,
      labels,
      recorder: {
        verified: ({ number }: L2BlockRef) => {
          out.verified = Number(number);
        },
        originMoved: ({ number }) => {
          out.origin = number;
        },
        refuted: () => {
          out.refuted += 1;
        },
        replaced: () => {
          out.replaced += 1;
        },
        startedOver: () => {
          out.startedOver += 1;
        },
      },
      database: provenDatabase(memory, { genesis: config.genesis.l2, l1 }),
      log: new FakeLogger(),
    },
  );
  stop.current = new AbortController();
  const { signal } = stop.current;
  void (async () => {
    while (!signal.aborted) await verifier.step(signal).catch(() => undefined);
  })();
  return out;
}

/** The database has op-node's answer for every L1 block. */
function expectRecorded({ entries }: MemorySafeHeads, expected: readonly SafeHeadEntry[]): void {
  const text = (id: { readonly hash: string; readonly number: bigint | number } | undefined) =>
    id === undefined ? 'none' : `${id.hash}:${id.number}`;
  for (const { l1, answer } of expected) {
    const found = entries.findLast(({ l1Block }) => l1Block.number <= BigInt(l1));
    expect([l1, text(found?.l1Block), text(found?.safeHead)]).toEqual([
      l1,
      text(answer.l1Block),
      text(answer.safeHead),
    ]);
  }
}

describe('verifying recorded worlds', () => {
  it.each([
    ['forks', 129],
    ['adversarial', 129],
    ['steady', 310],
    ['karst', 58],
    ['lagoon', 64],
    ['altda', 109],
  ])('%s: confirms all %d blocks', async (name, blocks) => {
    const out = verifying(name);
    await until(() => out.verified === blocks);
    expect(out).toMatchObject({ replaced: 0, refuted: 0, targets: [] });
    expectRecorded(out.memory, out.world.safeHeads);
  });

  it.each([
    ['forks', 1],
    ['forks', 26],
    ['forks', 77],
    ['adversarial', 50],
    ['karst', 21],
    ['lagoon', 22],
  ])('%s: finds the altered block %d and no other', async (name, altered) => {
    const out = verifying(name, altered);
    await until(() => out.targets.length > 0);
    expect(out.refuted).toBe(1);
    expect(Number(out.targets[0]?.localSafe.number)).toBe(altered - 1);
  });

  it('reorg: starts over at each of three L1 reorgs and refutes nothing', async () => {
    const out = verifying('reorg');
    const states = JSON.parse(
      readFileSync(out.world.path('forks/states.json'), 'utf8'),
    ) as readonly {
      readonly name: string;
      readonly safeHeads: readonly SafeHeadEntry[];
    }[];
    for (const [index, { name, safeHeads }] of states.entries()) {
      if (name !== 'base') out.l1.extend(out.world.l1Fork(name));
      out.tell();
      await until(() => out.origin === out.l1.head);
      await until(() => out.verified === safeHeads.at(-1)?.answer.safeHead?.number);
      expect(out.startedOver).toBe(index);
      expectRecorded(out.memory, safeHeads);
    }
    expect(states).toHaveLength(4);
    expect(out).toMatchObject({ startedOver: 3, replaced: 0, refuted: 0, targets: [] });
  });
});
