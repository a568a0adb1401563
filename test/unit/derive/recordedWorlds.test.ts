import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OfflineDerivation } from '../../../conformance/offline/offlineDerivation.js';
import type { OfflineWorld } from '../../../conformance/offline/offlineWorld.js';
import { loadOfflineWorld } from '../../../conformance/offline/offlineWorld.js';
import type { SafeHeadEntry } from '../../../conformance/recorded.js';
import { World } from '../../../conformance/world.js';

const WORLDS = fileURLToPath(new URL('../../../conformance/worlds/', import.meta.url));

function open(name: string): { world: World; offline: OfflineWorld } {
  const world = new World(`${WORLDS}${name}`);
  return { world, offline: loadOfflineWorld(world) };
}

/** The answers of `optimism_safeHeadAtL1Block` that follow from where derivation concluded safe blocks. */
function safeHeadAnswers(derivation: OfflineDerivation, offline: OfflineWorld, heights: number) {
  const { genesis } = offline.config;
  let l1Number = Number(genesis.l1.number);
  let safe: { hash: string; number: bigint } = genesis.l2;
  return Array.from({ length: heights }, (_, l1) => {
    const concluded = derivation.safeHeads.get(BigInt(l1));
    if (concluded !== undefined) {
      l1Number = l1;
      safe = concluded;
    }
    return { l1, at: l1Number, safe: safe.hash };
  });
}

function recordedAnswers(entries: readonly SafeHeadEntry[]) {
  return entries.map(({ l1, answer }) => ({
    l1,
    at: answer.l1Block?.number,
    safe: answer.safeHead?.hash,
  }));
}

describe('recorded worlds', () => {
  it.each([
    ['forks', 129],
    ['adversarial', 129],
    ['steady', 310],
    ['karst', 58],
    ['lagoon', 64],
    ['altda', 110],
  ])('%s: derives all %d blocks with every attribute as recorded', async (name, blocks) => {
    const { world, offline } = open(name);
    const derivation = new OfflineDerivation(offline);
    const outcome = await derivation.run();
    expect(outcome.difference).toBeNull();
    expect(outcome.equal).toBe(blocks);
    expect(outcome.equal).toBe(offline.derived.length);
    expect(outcome.l1Origin).toBe(offline.l1.head);
    expect(safeHeadAnswers(derivation, offline, world.safeHeads.length)).toEqual(
      recordedAnswers(world.safeHeads),
    );
  });

  it.each(['forks', 'adversarial'])('%s: ends the same when started at any block', async (name) => {
    const { offline } = open(name);
    for (let from = 0; from < offline.derived.length; from += 19) {
      const outcome = await new OfflineDerivation(offline, { from }).run();
      expect(outcome).toMatchObject({ difference: null, equal: offline.derived.length - from });
    }
  });

  // The 25th line is the block that the lost input gave: a node that stopped on it goes back from there.
  it.each([15, 24, 25, 65])('altda: ends the same when started at line %d', async (from) => {
    const { offline } = open('altda');
    const outcome = await new OfflineDerivation(offline, { from }).run();
    const last = offline.derived.at(-1);
    expect([outcome.difference, outcome.safeHead.hash]).toEqual([null, last?.hash]);
  });

  it('reorg: follows three L1 reorgs to the recorded safe heads', async () => {
    const { world, offline } = open('reorg');
    const states = JSON.parse(readFileSync(world.path('forks/states.json'), 'utf8')) as readonly {
      readonly name: string;
      readonly safeHeads: readonly SafeHeadEntry[];
    }[];
    const derivation = new OfflineDerivation(offline);
    for (const { name, safeHeads } of states) {
      if (name !== 'base') offline.l1.extend(world.l1Fork(name));
      const outcome = await derivation.run();
      expect(outcome.difference).toBeNull();
      expect(safeHeadAnswers(derivation, offline, safeHeads.length)).toEqual(
        recordedAnswers(safeHeads),
      );
    }
    expect(states).toHaveLength(4);
  });

  it('altda: without what L1 says of challenges the lost input stays in the chain', async () => {
    const { offline } = open('altda');
    const { altDa } = offline.config;
    if (altDa === null) throw new Error('the recording has no alt-DA config');
    const elsewhere = { ...altDa, daChallengeAddress: `0x${'11'.repeat(20)}` as const };
    const config = { ...offline.config, altDa: elsewhere };
    const outcome = await new OfflineDerivation({ ...offline, config }).run();
    expect(outcome.difference).toMatch(/^block 26: parent is /);
    expect(outcome.safeHead.hash).toBe(offline.derived[24]?.hash);
    expect(offline.derived[24]).toMatchObject({ number: 25, canonical: false });
  });

  it('karst: without keep_karst_upgrade_gas only the activation block has the upgrade gas', async () => {
    const { offline } = open('karst');
    const config = { ...offline.config, keepKarstUpgradeGas: false };
    const outcome = await new OfflineDerivation({ ...offline, config }).run();
    expect(outcome.equal).toBe(20);
    expect(outcome.difference).toBe('block 21: gasLimit is "0x3938700", recorded "0x6e06aa1"');
  });

  it('lagoon: not moved there, the chain is another from the activation block on', async () => {
    const { offline } = open('lagoon');
    const { lagoon: _, ...forks } = offline.config.forks;
    const outcome = await new OfflineDerivation({
      ...offline,
      config: { ...offline.config, forks },
    }).run();
    expect(outcome.equal).toBe(21);
    expect(outcome.difference).toMatch(/^block 22: transactions is /);
  });
});
