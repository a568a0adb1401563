import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { attributesDifference } from '../../../conformance/offline/attributesDifference.js';
import type { OfflineWorld } from '../../../conformance/offline/offlineWorld.js';
import { loadOfflineWorld } from '../../../conformance/offline/offlineWorld.js';
import { RecordedL2 } from '../../../conformance/offline/recordedL2.js';
import { World } from '../../../conformance/world.js';
import type { PipelineDeps } from '../../../src/derive/pipeline.js';
import { DerivationPipeline } from '../../../src/derive/pipeline.js';
import { SILENT_OBSERVER } from '../../../src/derive/ports.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import type { AttributesWithParent, PayloadAttributes } from '../../../src/types/payload.js';
import type { StepResult } from '../../../src/types/stepResult.js';
import { NEVER, RecordingObserver } from '../../support/deriveFakes.js';
import { seededRandom } from '../../support/seededRandom.js';
import { NO_TURN } from '../../support/sliced.js';

const WORLDS = fileURLToPath(new URL('../../../conformance/worlds/', import.meta.url));
const load = (name: string): OfflineWorld => loadOfflineWorld(new World(`${WORLDS}${name}`));

function rig(world: OfflineWorld, changes: Partial<PipelineDeps> = {}) {
  const { config, l1Config, l1 } = world;
  const l2 = new RecordedL2(config);
  const canonical = l1.canonical;
  const observer = SILENT_OBSERVER;
  const common = { l1, canonical, blobs: l1, altDa: null, l2, observer, turn: NO_TURN };
  const deps: PipelineDeps = { ...common, ...changes };
  return { l2, pipeline: new DerivationPipeline({ config, l1Config }, deps) };
}

/** Steps until attributes come or L1 ends. */
async function next(pipeline: DerivationPipeline, safeHead: L2BlockRef) {
  for (;;) {
    const result = await pipeline.step(safeHead, NEVER);
    if (result.kind !== 'advanced') return result;
  }
}

/** The first steps after a reset. */
async function trace(pipeline: DerivationPipeline, safeHead: L2BlockRef) {
  pipeline.confirmEngineReset();
  const results: StepResult[] = [];
  while (results.length < 60) results.push(await pipeline.step(safeHead, NEVER));
  return results;
}

/** A source whose calls fail temporarily where `fails` says so. */
function failing<T extends object>(source: T, fails: (method: PropertyKey) => boolean): T {
  return new Proxy(source, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (fails(key)) {
          throw new NodeError('TRANSPORT_TIMEOUT', 'no answer', { severity: 'temporary' });
        }
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** True at this rate, at random but always alike. */
function chance(seed: number, rate: number): () => boolean {
  const random = seededRandom(seed);
  return () => random() < rate;
}

describe('DerivationPipeline', () => {
  it('is idle until the engine reset is confirmed, and again after a reset', async () => {
    const world = load('forks');
    const { pipeline, l2 } = rig(world);
    expect(await pipeline.step(l2.genesis, NEVER)).toEqual({ kind: 'idle' });
    expect(pipeline.isReady).toBe(false);
    pipeline.confirmEngineReset();
    expect(await pipeline.step(l2.genesis, NEVER)).toMatchObject({
      kind: 'advanced',
      newOrigin: { number: 0n },
    });
    expect(pipeline.isReady).toBe(true);
    expect(await next(pipeline, l2.genesis)).toMatchObject({ kind: 'attributes' });
    pipeline.reset();
    expect(await pipeline.step(l2.genesis, NEVER)).toEqual({ kind: 'idle' });
  });

  it('asks for the next L1 block and goes on when it is there', async () => {
    const world = load('forks');
    world.l1.head = 2n;
    const { pipeline, l2 } = rig(world);
    pipeline.confirmEngineReset();
    expect(await next(pipeline, l2.genesis)).toEqual({ kind: 'needL1', number: 3n });
    expect(await next(pipeline, l2.genesis)).toEqual({ kind: 'needL1', number: 3n });
    expect(pipeline.origin.number).toBe(2n);
    world.l1.head = 20n;
    expect(await next(pipeline, l2.genesis)).toMatchObject({ kind: 'attributes' });
  });

  /** Derives a world from sources that fail; `disturb` runs after each step and failure. */
  async function deriveFlaky(
    world: OfflineWorld,
    { seed, rate }: { seed: number; rate: number },
    disturb: (pipeline: DerivationPipeline) => void = () => undefined,
  ): Promise<number> {
    let failures = 0;
    const counted = (fails: () => boolean) => () => {
      const isFailure = fails();
      if (isFailure) failures += 1;
      return isFailure;
    };
    const recorded = new RecordedL2(world.config);
    const { pipeline } = rig(world, {
      l1: failing(world.l1, counted(chance(seed, rate))),
      l2: failing(recorded, counted(chance(seed + 100, rate))),
      blobs: failing(world.l1, chance(seed + 200, rate)),
    });
    pipeline.confirmEngineReset();
    let safeHead = recorded.genesis;
    const differences: (string | null)[] = [];
    for (let isDone = false; !isDone; disturb(pipeline)) {
      try {
        const result = await pipeline.step(safeHead, NEVER);
        isDone = result.kind === 'needL1';
        if (result.kind !== 'attributes') continue;
        const line = world.derived[differences.length];
        if (line === undefined) throw new Error('more attributes than recorded');
        differences.push(attributesDifference(result.attributes, line, world.config));
        safeHead = recorded.append(line);
      } catch (thrown) {
        if (!(thrown instanceof NodeError) || thrown.severity !== 'temporary') throw thrown;
      }
    }
    expect(differences).toEqual(world.derived.map(() => null));
    return failures;
  }

  it.each([
    ['forks', 1],
    ['forks', 2],
    ['adversarial', 3],
    ['adversarial', 4],
  ])('loses nothing by temporary failures of all sources: %s, seed %d', async (name, seed) => {
    expect(await deriveFlaky(load(name), { seed, rate: 0.2 })).toBeGreaterThan(100);
  });

  it.each([
    ['forks', 5],
    ['adversarial', 8],
  ])('goes on the same from a reset at any moment: %s, seed %d', async (name, seed) => {
    const random = seededRandom(seed);
    // Each goes back over a channel timeout of L1 blocks: without end to them it would never arrive.
    let steps = 0;
    let due = 50;
    let resets = 0;
    await deriveFlaky(load(name), { seed, rate: 0.1 }, (pipeline) => {
      steps += 1;
      if (steps < due || resets === 8) return;
      due = steps + 30 + Math.floor(random() * 150);
      resets += 1;
      pipeline.reset();
      pipeline.confirmEngineReset();
    });
    expect(resets).toBe(8);
  });

  it.each(['forks', 'adversarial'])('holds nothing over from before a reset: %s', async (name) => {
    const world = load(name);
    for (let instant = 20; instant < 600; instant += 73) {
      const recorded = new RecordedL2(world.config);
      let isDown = false;
      // What is fetched for attributes fails at the end, so that a batch is left over too.
      const l1 = failing(world.l1, (method) => isDown && method === 'l1ReceiptsByHash');
      const { pipeline } = rig(world, { l1, l2: recorded });
      pipeline.confirmEngineReset();
      let safeHead = recorded.genesis;
      for (let step = 0, derived = 0; step < instant; step += 1) {
        isDown = step > instant - 5;
        const result = await pipeline.step(safeHead, NEVER).catch(() => null);
        const line = result?.kind === 'attributes' && world.derived[derived++];
        if (line) safeHead = recorded.append(line);
      }
      isDown = false;
      pipeline.reset();
      expect(await trace(pipeline, safeHead)).toEqual(
        await trace(rig(world, { l1, l2: recorded }).pipeline, safeHead),
      );
    }
  });

  it.each([
    ['steady', 250],
    ['forks', 50],
    ['adversarial', 25],
  ])(
    'tells the next attributes before their parent is safe, and derives the same: %s',
    async (name, atLeast) => {
      const world = load(name);
      const { pipeline, l2 } = rig(world);
      expect(await pipeline.ahead(l2.genesis, NEVER)).toBeNull();
      pipeline.confirmEngineReset();
      let [safeHead, right, wrong] = [l2.genesis, 0, 0];
      let ahead: PayloadAttributes | null = null;
      for (const line of world.derived) {
        const result = await next(pipeline, safeHead);
        if (result.kind !== 'attributes') throw new Error(result.kind);
        expect(attributesDifference(result.attributes, line, world.config)).toBeNull();
        if (ahead !== null && result.attributes.attributes === ahead) right += 1;
        else if (ahead !== null) wrong += 1;
        safeHead = l2.append(line);
        ahead = await pipeline.ahead(safeHead, NEVER);
      }
      expect(right).toBeGreaterThan(atLeast);
      expect(wrong).toBe(0);
    },
  );

  it('asks for a reset when L1 goes on with another chain', async () => {
    const world = load('reorg');
    const folder = new World(`${WORLDS}reorg`);
    world.l1.head = 28n;
    const { pipeline, l2 } = rig(world);
    pipeline.confirmEngineReset();
    let safeHead = l2.genesis;
    for (let result = await next(pipeline, safeHead); result.kind === 'attributes'; ) {
      const line = world.derived[Number(safeHead.number)];
      if (line === undefined) throw new Error('more attributes than recorded');
      safeHead = l2.append(line);
      result = await next(pipeline, safeHead);
    }
    world.l1.extend(folder.l1Fork('depth20'));
    await expect(next(pipeline, safeHead)).rejects.toMatchObject({
      code: 'DERIVE_L1_REORG',
      severity: 'reset',
    });
  });

  it('waits when a block or a blob that it reads is not there', async () => {
    const world = load('steady');
    for (const gone of ['l1TransactionsByHash', 'blobsByHash'] as const) {
      const l1 = new Proxy(world.l1, {
        get: (target, key) => {
          const value = Reflect.get(target, key);
          if (key === gone) return async () => null;
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const { pipeline, l2 } = rig(world, { l1, blobs: l1 });
      pipeline.confirmEngineReset();
      let safeHead = l2.genesis;
      const run = async () => {
        for (const line of world.derived) {
          const result = await next(pipeline, safeHead);
          if (result.kind !== 'attributes') return;
          safeHead = l2.append(line);
        }
      };
      await expect(run()).rejects.toMatchObject({
        code: 'DERIVE_L1_DATA_MISSING',
        severity: 'temporary',
      });
    }
  });

  it('waits at the first blob of the batcher without a blob source, and derives all before it', async () => {
    const world = load('forks');
    const { pipeline, l2 } = rig(world, { blobs: null });
    pipeline.confirmEngineReset();
    let safeHead = l2.genesis;
    const run = async () => {
      for (;;) {
        const result = await next(pipeline, safeHead);
        if (result.kind !== 'attributes') return;
        const line = world.derived[Number(safeHead.number)];
        if (line === undefined) return;
        expect(attributesDifference(result.attributes, line, world.config)).toBeNull();
        safeHead = l2.append(line);
      }
    };
    const waiting = { code: 'DERIVE_NO_BLOB_SOURCE', severity: 'temporary' };
    await expect(run()).rejects.toMatchObject(waiting);
    expect(safeHead.timestamp).toBeGreaterThan(world.config.forks.ecotone ?? 0n);
    await expect(run()).rejects.toMatchObject(waiting);
  });

  it('waits where the safe head has an L1 origin that L1 does not know yet', async () => {
    const world = load('forks');
    const l1 = new Proxy(world.l1, {
      get: (target, key) => {
        const value = Reflect.get(target, key);
        if (key === 'l1BlockRefByHash') return async () => null;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { pipeline, l2 } = rig(world, { l1 });
    pipeline.confirmEngineReset();
    await expect(pipeline.step(l2.genesis, NEVER)).rejects.toMatchObject({
      code: 'DERIVE_L1_UNAVAILABLE',
      severity: 'temporary',
    });
    expect(pipeline.isReady).toBe(false);
  });

  it('follows the rules of Holocene also where another fork activates with it between two L1 blocks', async () => {
    const world = load('karst');
    const { holocene = 0n, granite = 0n } = world.config.forks;
    const observer = new RecordingObserver();
    const { pipeline, l2 } = rig(world, { observer });
    pipeline.confirmEngineReset();
    let safeHead = l2.genesis;
    let last: AttributesWithParent | null = null;
    for (const line of world.derived) {
      const result = await next(pipeline, safeHead);
      if (result.kind !== 'attributes') throw new Error(result.kind);
      last = result.attributes;
      safeHead = l2.append(line);
      if (last.attributes.transactions.length > 1 && line.number > 25) break;
    }
    const before = [...Array(Number(world.l1.head)).keys()].map((number) => BigInt(number));
    const times = await Promise.all(before.map((number) => world.l1.l1BlockRefByNumber(number)));
    const first = times.find((block) => block !== null && block.timestamp >= holocene);
    const previous = times[Number(first?.number ?? 0n) - 1];
    expect(previous?.timestamp).toBeLessThan(granite);
    const changes = observer.notes.filter(({ message }) => message === 'Transforming stages');
    expect(changes.map(({ fields }) => fields.fork)).toEqual(
      expect.arrayContaining(['granite', 'holocene']),
    );
    // Only the stages from Holocene on can drop a channel.
    if (last?.derivedFrom == null) throw new Error('no attributes');
    const replaced = pipeline.depositsOnly(last.parent, last.derivedFrom);
    expect(replaced.attributes.transactions).toHaveLength(1);
  });

  it('replaces a block by its deposits after Holocene and goes on without the rest of its channel', async () => {
    const world = load('steady');
    const { pipeline, l2 } = rig(world);
    pipeline.confirmEngineReset();
    let safeHead = l2.genesis;
    let last: AttributesWithParent | null = null;
    for (const line of world.derived.slice(0, 100)) {
      const result = await next(pipeline, safeHead);
      if (result.kind !== 'attributes') throw new Error(result.kind);
      last = result.attributes;
      safeHead = l2.append(line);
    }
    if (last?.derivedFrom == null) throw new Error('no attributes');
    const replaced = pipeline.depositsOnly(last.parent, last.derivedFrom);
    expect(last.attributes.transactions.length).toBeGreaterThan(1);
    expect(replaced.attributes.transactions).toEqual(last.attributes.transactions.slice(0, 1));
    const after = await next(pipeline, safeHead);
    if (after.kind === 'attributes') {
      expect(after.attributes.derivedFrom?.number).toBeGreaterThan(last.derivedFrom.number);
    }
  });
});
