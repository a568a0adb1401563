import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DerivationActor } from '../../../../src/derive/actors/derivationActor.js';
import { NodeError } from '../../../../src/errors/nodeError.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../../../src/types/block.js';
import { ZERO_L1_REF } from '../../../../src/types/block.js';
import type { ConsolidateResult } from '../../../../src/types/building.js';
import type { DerivedAttributes, PayloadAttributes } from '../../../../src/types/payload.js';
import type { StepResult } from '../../../../src/types/stepResult.js';
import {
  childOf,
  FakeDeriveEngine,
  FakeListener,
  l1Labels,
} from '../../../support/deriveEngine.js';
import { derivedAttributes, l1Block, l2Block } from '../../../support/deriveFakes.js';
import { expectWaits } from '../../../support/expectWaits.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { rejection } from '../../../support/until.js';

/** Answers steps as the test says. */
class FakePipeline {
  origin: L1BlockRef = ZERO_L1_REF;
  isReady = false;
  resets = 0;
  confirms = 0;
  readonly steps: (StepResult | NodeError)[] = [];
  readonly pendingSafe: bigint[] = [];
  readonly replaced: BlockId[] = [];
  /** Runs during the next step. */
  meanwhile: () => void = () => undefined;

  async step(pendingSafe: L2BlockRef): Promise<StepResult> {
    this.pendingSafe.push(pendingSafe.number);
    this.meanwhile();
    const next = this.steps.shift() ?? { kind: 'needL1', number: this.origin.number + 1n };
    if (next instanceof NodeError) throw next;
    if (next.kind === 'advanced' && next.newOrigin !== null) {
      this.origin = next.newOrigin;
      this.isReady = true;
    }
    return next;
  }
  async ahead(parent: L2BlockRef): Promise<PayloadAttributes | null> {
    return derivedAttributes(parent, this.origin).attributes;
  }
  reset(): void {
    this.resets += 1;
    this.isReady = false;
  }
  confirmEngineReset(): void {
    this.confirms += 1;
  }
  depositsOnly(parent: BlockId, derivedFrom: L1BlockRef): DerivedAttributes {
    this.replaced.push(parent);
    return derivedAttributes(l2Block(Number(parent.number)), derivedFrom);
  }
}

const failure = (severity: 'temporary' | 'reset' | 'critical') =>
  new NodeError('DERIVE_L1_REORG', 'made to fail', { severity });

describe('derivation actor', () => {
  let engine: FakeDeriveEngine;
  let pipeline: FakePipeline;
  let listener: FakeListener;
  let labels: ReturnType<typeof l1Labels>;
  let recorded: string[];
  let actor: DerivationActor;
  let stop: AbortController;

  beforeEach(() => make(0n));
  afterEach(() => stop.abort());

  function make(l1Confs: bigint): void {
    engine = new FakeDeriveEngine();
    pipeline = new FakePipeline();
    listener = new FakeListener();
    labels = l1Labels(l1Block(20));
    recorded = [];
    stop = new AbortController();
    const note = (what: string) => void recorded.push(what);
    actor = new DerivationActor(
      { l1Confs },
      {
        pipeline,
        engine,
        l1: labels,
        listener,
        recorder: {
          originMoved: (origin) => note(`origin ${origin.number}`),
          idle: (isIdle) => note(isIdle ? 'idle' : 'busy'),
          pipelineReset: () => note('reset'),
          failed: () => note('failed'),
        },
        log: new FakeLogger(),
      },
    );
  }

  async function steps(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) await actor.step(stop.signal);
  }

  const origin = (number: number): StepResult => ({
    kind: 'advanced',
    newOrigin: l1Block(number),
  });
  const attributes = (parent: number, from: number, concluding = true) => ({
    kind: 'attributes' as const,
    attributes: derivedAttributes(l2Block(parent), l1Block(from), concluding),
  });
  const settled = (value: ConsolidateResult) => ({ kind: 'ok' as const, value });

  it('does nothing before the engine has found its heads', async () => {
    const waiting = actor.step(stop.signal);
    engine.reset(l2Block(3));
    await waiting;
    expect(pipeline.pendingSafe).toEqual([]);
    pipeline.steps.push(origin(12));
    await steps(1);
    expect(pipeline.confirms).toBe(1);
    expect(pipeline.pendingSafe).toEqual([3n]);
  });

  it('applies one block before it derives the next, on top of the pending safe head', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(20), attributes(3, 20, false), attributes(4, 20));
    await steps(6);
    expect(engine.consolidated.map(({ attributes: a }) => a.parent.number)).toEqual([3n, 4n]);
    expect(pipeline.pendingSafe).toEqual([3n, 3n, 4n, 5n]);
  });

  it('lets the engine ask for what comes next on the block that it inserts', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(20), attributes(3, 20));
    await steps(3);
    const told = await engine.consolidated[0]?.ahead(l2Block(4), stop.signal);
    expect(told).toEqual(derivedAttributes(l2Block(4), l1Block(20)).attributes);
  });

  it('tells of a safe block only at the last of a batch', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(12), attributes(3, 12, false), attributes(4, 12));
    await steps(5);
    expect(listener.safe).toEqual([{ safe: engine.heads.get().safe, derivedFrom: l1Block(12) }]);
    expect(engine.heads.get().safe.number).toBe(5n);
  });

  it('says where it derives from, and synchronizes the engine once an L1 block', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(12), origin(13));
    await steps(1);
    expect(actor.derivedL1.get().currentL1).toEqual(l1Block(12));
    await steps(1);
    expect(actor.derivedL1.get().currentL1).toEqual(l1Block(13));
    expect(engine.synchronizations).toBe(2);
    expect(recorded).toEqual(['reset', 'busy', 'origin 12', 'busy', 'origin 13']);
  });

  it('says nothing of steps within an L1 block', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(12), { kind: 'advanced', newOrigin: null });
    await steps(2);
    expect(recorded).toEqual(['reset', 'busy', 'origin 12']);
    expect(engine.synchronizations).toBe(1);
  });

  it('is idle at the end of L1 until there is another head', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(20));
    await steps(2);
    expect(listener.idle).toEqual([l1Block(20)]);
    expect(engine.synchronizations).toBe(2);
    expect(recorded.at(-1)).toBe('idle');
    const stepped = pipeline.pendingSafe.length;
    const waiting = actor.step(stop.signal);
    labels.set({ head: l1Block(21), finalized: l1Block(5) });
    await waiting;
    expect(pipeline.pendingSafe).toHaveLength(stepped);
    pipeline.steps.push(origin(21));
    await steps(1);
    expect(actor.derivedL1.get().currentL1).toEqual(l1Block(21));
  });

  it('does not miss an L1 head that arrives during a step', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(20));
    await steps(1);
    pipeline.meanwhile = () => labels.set({ head: l1Block(21), finalized: ZERO_L1_REF });
    await steps(1);
    pipeline.meanwhile = () => undefined;
    pipeline.steps.push(origin(21));
    await steps(1);
    expect(actor.derivedL1.get().currentL1).toEqual(l1Block(21));
  });

  it.each([
    ['a block below its head', 12],
    ['its own head', 19],
  ])('tries again where L1 lacks %s', async (_, number) => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(number));
    await steps(1);
    expect(await rejection(actor.step(stop.signal))).toMatchObject({
      code: 'DERIVE_L1_UNAVAILABLE',
      severity: 'temporary',
    });
  });

  it('is idle below the head by the confirmation depth', async () => {
    make(5n);
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(15));
    await steps(2);
    expect(listener.idle).toEqual([l1Block(15)]);
  });

  it('asks for deposits alone where the engine wants them', async () => {
    engine.reset(l2Block(3));
    const parent = l2Block(3);
    engine.answers.push(
      settled({ kind: 'depositsOnly', parent, derivedFrom: l1Block(12), reason: 'x' }),
    );
    pipeline.steps.push(origin(12), attributes(3, 12));
    await steps(5);
    expect(pipeline.replaced).toEqual([parent]);
    expect(engine.consolidated).toHaveLength(2);
    expect(listener.safe).toHaveLength(1);
  });

  it('derives the next batch after one was dropped', async () => {
    engine.reset(l2Block(3));
    engine.answers.push(settled({ kind: 'dropped', reason: 'x' }));
    pipeline.steps.push(origin(12), attributes(3, 12), attributes(3, 12));
    await steps(5);
    expect(pipeline.pendingSafe).toEqual([3n, 3n, 3n]);
    expect(listener.safe).toHaveLength(1);
    expect(engine.resets).toEqual([]);
  });

  it('lets a temporary failure of the pipeline leave the step, and repeats the step', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(failure('temporary'), origin(12));
    expect(await rejection(actor.step(stop.signal))).toMatchObject({ severity: 'temporary' });
    expect(engine.resets).toEqual([]);
    await steps(1);
    expect(actor.derivedL1.get().currentL1).toEqual(l1Block(12));
    expect(recorded[0]).toBe('failed');
  });

  it('lets a critical failure leave the step', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(failure('critical'));
    expect(await rejection(actor.step(stop.signal))).toMatchObject({ severity: 'critical' });
  });

  it('has the engine reset where the pipeline contradicts it, and waits for that', async () => {
    engine.reset(l2Block(9));
    pipeline.steps.push(origin(12), failure('reset'));
    await steps(2);
    expect(engine.resets.map(({ code }) => code)).toEqual(['DERIVE_L1_REORG']);
    expect(actor.derivedL1.get().currentL1).toEqual(ZERO_L1_REF);
    const asked = pipeline.pendingSafe.length;
    const waiting = actor.step(stop.signal);
    engine.reset(l2Block(2));
    await waiting;
    pipeline.steps.push(origin(11));
    await steps(1);
    expect(pipeline.pendingSafe.slice(asked)).toEqual([2n]);
    expect(pipeline.confirms).toBe(2);
    expect(engine.resets).toHaveLength(1);
  });

  it('starts over after a reset that others asked for, and drops what was derived meanwhile', async () => {
    engine.reset(l2Block(9));
    pipeline.steps.push(origin(12), attributes(9, 12));
    await steps(1);
    pipeline.meanwhile = () => engine.reset(l2Block(2));
    await steps(1);
    pipeline.meanwhile = () => undefined;
    pipeline.steps.push(origin(11));
    await steps(1);
    expect(engine.consolidated).toEqual([]);
    expect(engine.resets).toEqual([]);
    expect(listener.resets).toBe(2);
    expect(pipeline.pendingSafe.at(-1)).toBe(2n);
  });

  it('gives the engine the epoch that attributes were derived in', async () => {
    engine.reset(l2Block(3));
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(12), attributes(3, 12));
    await steps(3);
    expect(engine.consolidated.map(({ epoch }) => epoch)).toEqual([2]);
  });

  it.each([
    ['failed for a contradiction', { kind: 'failed', error: failure('reset') }],
    ['superseded by a reset', { kind: 'superseded' }],
  ] as const)('asks for a reset when its attributes %s', async (_, answer) => {
    engine.reset(l2Block(3));
    engine.answers.push(answer);
    pipeline.steps.push(origin(12), attributes(3, 12));
    await steps(3);
    expect(engine.resets).toHaveLength(1);
    expect(listener.safe).toEqual([]);
  });

  it('asks for no reset where the engine has been reset since', async () => {
    engine.reset(l2Block(3));
    pipeline.steps.push(origin(12), failure('reset'), origin(11));
    await steps(1);
    pipeline.meanwhile = () => engine.reset(l2Block(2));
    await steps(1);
    pipeline.meanwhile = () => undefined;
    await steps(1);
    expect(engine.resets).toEqual([]);
    expect(actor.derivedL1.get().currentL1).toEqual(l1Block(11));
  });

  it('keeps attributes over a temporary failure', async () => {
    engine.reset(l2Block(3));
    engine.answers.push({ kind: 'failed', error: failure('temporary') });
    pipeline.steps.push(origin(12), attributes(3, 12));
    await steps(2);
    expect(await rejection(actor.step(stop.signal))).toMatchObject({ severity: 'temporary' });
    await steps(1);
    const [first, second] = engine.consolidated;
    expect(second?.attributes).toBe(first?.attributes);
    expect(engine.heads.get().safe).toEqual(childOf(attributes(3, 12).attributes));
  });

  it('waits during the initial sync of the execution layer', async () => {
    engine.reset(l2Block(3));
    engine.move({ elSync: 'started' });
    const waiting = actor.step(stop.signal);
    engine.move({ elSync: 'finished', resetEpoch: 2 });
    await waiting;
    expect(pipeline.pendingSafe).toEqual([]);
    pipeline.steps.push(origin(12));
    await steps(1);
    expect(pipeline.pendingSafe).toEqual([3n]);
  });

  it('has the engine reset when it is asked to start over', async () => {
    engine.reset(l2Block(3));
    actor.requestReset();
    expect(engine.resets.map(({ code }) => code)).toEqual(['DERIVE_RESET_REQUESTED']);
    expect(recorded).toEqual(['reset']);
  });

  it('ends its waits when it is stopped', async () => {
    await expectWaits(actor);
    expect(recorded).toEqual([]);
  });
});
