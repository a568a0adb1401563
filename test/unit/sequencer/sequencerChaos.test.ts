import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { Hash } from '../../../src/types/block.js';
import { TEST_ROLLUP } from '../../support/l2Chain.js';
import { seededRandom } from '../../support/seededRandom.js';
import { childOf, SequencerRig, unavailable } from '../../support/sequencerRig.js';

const ROUNDS = 400;
const CALM_MS = 60_000;
const LONGEST_MS = 3_000;

/**
 * A world that goes wrong at random for some hundred rounds: the engine fails, hangs for a while, calls blocks invalid,
 * is reset, the chain is replaced, the conductor refuses, the clock is set, the sequencer is stopped and started.
 */
async function chaos(seed: number): Promise<void> {
  const random = seededRandom(seed);
  // The fake L1 stands still: its drift must not end the run.
  const rig = new SequencerRig({ config: { ...TEST_ROLLUP, maxSequencerDrift: 1_000_000n } });
  const { clock, engine, admin } = rig;
  const sometimes = (share: number) => random() < share;
  const replaced = new Set<Hash>();
  rig.onCommit = async () => {
    if (isCalm || !sometimes(0.2)) return;
    if (sometimes(0.5)) await clock.sleep(random() * LONGEST_MS, rig.signal);
    throw new NodeError('SEQUENCER_CONDUCTOR_FAILED', 'no', { severity: 'temporary' });
  };
  let isCalm = false;
  const faults: readonly (() => unknown)[] = [
    () => engine.next.build.push(unavailable()),
    () => engine.next.build.push({ kind: 'ok', value: { kind: 'invalid', reason: 'bad' } }),
    () =>
      engine.next.seal.push({
        kind: 'ok',
        value: { kind: 'expired', reason: 'gone', isAnswered: true },
      }),
    () => engine.next.insert.push(unavailable(), unavailable()),
    () => engine.next.insert.push({ kind: 'superseded' }),
    () => engine.next.seal.push({ kind: 'superseded' }),
    () => engine.move({ resetEpoch: engine.heads.get().resetEpoch + 1 }),
    () => {
      const { unsafe } = engine.heads.get();
      replaced.add(unsafe.hash);
      engine.move({ unsafe: childOf(unsafe, `posted ${random()}`).ref });
    },
    () => {
      clock.skewMs += Math.floor((random() - 0.5) * 4_000);
    },
    async () => {
      if (admin.isActive) await admin.stop(rig.signal).catch(() => undefined);
    },
    () => admin.start(engine.heads.get().unsafe.hash, rig.signal).catch(() => undefined),
  ];
  await rig.start();
  for (let round = 0; round < ROUNDS; round++) {
    // Not awaited: a stop may have to wait for what comes later.
    void faults[Math.floor(random() * faults.length)]?.();
    await clock.advance(random() * LONGEST_MS);
  }
  isCalm = true;
  clock.skewMs = 0;
  for (const queue of Object.values(engine.next)) queue.splice(0);
  await clock.advance(CALM_MS);
  if (!admin.isActive) await admin.start(engine.heads.get().unsafe.hash, rig.signal);
  await clock.advance(CALM_MS);
  await catchUp(rig);
  expectOrder(rig, replaced);
  const lateSec = clock.nowMs() / 1000 - Number(engine.heads.get().unsafe.timestamp);
  expect(lateSec).toBeLessThan(2);
  await rig.stop();
}

/** Late blocks are made one after the other while the time stands still; an advance would leave them behind. */
async function catchUp({ clock, engine }: SequencerRig): Promise<void> {
  for (let before = -1, calls = engine.calls.length; calls !== before; ) {
    before = calls;
    await clock.flush();
    calls = engine.calls.length;
  }
}

function expectOrder({ engine, published, committed }: SequencerRig, replaced: Set<Hash>): void {
  const inserted = engine.inserted.map(({ ref }) => ref);
  // Each block is inserted once, on the head of its time; one height twice only where somebody else's came between.
  expect(new Set(inserted.map(({ hash }) => hash)).size).toBe(inserted.length);
  for (const [index, ref] of inserted.entries()) {
    const before = inserted[index - 1];
    const follows = before === undefined || ref.parentHash === before.hash;
    const isOnOthers = before !== undefined && ref.number > before.number + 1n;
    expect(follows || isOnOthers || replaced.has(before?.hash ?? '0x')).toBe(true);
  }
  expect(published.length).toBe(new Set(published).size);
  for (const hash of published) expect(committed).toContain(hash);
  for (const { hash } of inserted) expect(published).toContain(hash);
}

describe('a sequencer in a world that goes wrong at random', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'keeps the order of its blocks, and catches up when calm returns: seed %i',
    (seed) => chaos(seed),
  );
});
