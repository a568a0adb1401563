import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { Settled } from '../../../src/runtime/laneQueue.js';
import type { SequencerOptions } from '../../../src/sequencer/sequencerActor.js';
import { GENESIS_REF, l1Block } from '../../support/l2Chain.js';
import {
  childOf,
  FakeSequencerEngine,
  ok,
  SequencerRig,
  unavailable,
} from '../../support/sequencerRig.js';

let rig: SequencerRig;
afterEach(() => rig.stop());

async function sequencer(
  options: Partial<SequencerOptions> = {},
  engine?: FakeSequencerEngine,
): Promise<SequencerRig> {
  rig = new SequencerRig(options, engine);
  return rig.start();
}

const temporary = (message: string) =>
  new NodeError('SEQUENCER_CONDUCTOR_FAILED', message, { severity: 'temporary' });

describe('timing', () => {
  it('starts a block one block time before it is due and seals it shortly before', async () => {
    const { clock, engine } = await sequencer();
    expect(engine.calls).toEqual(['build 1']);
    await clock.advance(1_949);
    expect(engine.calls).toEqual(['build 1']);
    await clock.advance(1);
    expect(engine.calls).toEqual(['build 1', 'seal 1', 'insert 1']);
    await clock.advance(49);
    expect(engine.calls).toHaveLength(3);
    await clock.advance(1);
    expect(engine.calls.at(-1)).toBe('build 2');
  });

  it.each([
    [0, 1_950],
    [-5, 1_950],
    [300, 1_700],
  ])('with a sealing duration of %i ms it seals after %i ms', async (sealingMs, afterMs) => {
    const { clock, engine } = await sequencer({ sealingMs });
    await clock.advance(afterMs - 1);
    expect(engine.calls).toEqual(['build 1']);
    await clock.advance(1);
    expect(engine.calls).toContain('seal 1');
  });

  it('catches up block by block without a wait when it is late', async () => {
    rig = new SequencerRig();
    await rig.clock.advance(9_000);
    await rig.start();
    expect(rig.head).toBe(4);
    expect(rig.engine.calls.at(-1)).toBe('build 5');
    expect(rig.engine.built.map(({ attributes }) => Number(attributes.timestamp))).toEqual([
      1_002, 1_004, 1_006, 1_008, 1_010,
    ]);
  });

  it('notices within a second that the clock was set', async () => {
    const { clock } = await sequencer();
    clock.skewMs = -60_000;
    await clock.advance(3_000);
    expect(rig.head).toBe(0);
    clock.skewMs = 0;
    await clock.advance(1_000);
    expect(rig.head).toBe(2);
    clock.skewMs = 6_000;
    await clock.advance(1_000);
    expect(rig.head).toBe(5);
  });

  it('takes users transactions, but none in recover mode', async () => {
    const { engine, clock, admin } = await sequencer();
    expect(engine.built[0]?.attributes.noTxPool).toBe(false);
    admin.setRecoverMode(true);
    await clock.advance(2_000);
    expect(engine.built[1]?.attributes.noTxPool).toBe(true);
    expect(engine.built[1]).toMatchObject({ concluding: false, derivedFrom: null });
  });
});

describe('a sealed block', () => {
  it('goes to the conductor, then to peers, then into the engine', async () => {
    const order: string[] = [];
    const { clock, engine } = await sequencer();
    rig.onCommit = async () => void order.push(`commit, published ${rig.published.length}`);
    engine.next.insert.push(async () => {
      order.push(`insert, published ${rig.published.length}`);
      return unavailable();
    });
    await clock.advance(1_950);
    expect(order).toEqual(['commit, published 0', 'insert, published 1']);
  });

  it('is not published before a commit succeeds, and is committed again as it is', async () => {
    const { clock, engine } = await sequencer();
    const seen: number[] = [];
    rig.onCommit = async () => {
      seen.push(clock.monotonicMs());
      if (seen.length < 3) throw temporary('not the leader');
    };
    await clock.advance(2_000);
    expect(rig.published).toEqual([]);
    expect(engine.calls).toEqual(['build 1', 'seal 1']);
    await clock.advance(1_950);
    expect(seen.slice(0, 3)).toEqual([1_950, 2_950, 3_950]);
    expect(engine.inserted[0]?.ref.hash).toBe(rig.published[0]);
    expect(rig.published).toEqual(rig.committed);
    expect(engine.calls.filter((call) => call === 'seal 1')).toHaveLength(1);
  });

  it('is inserted again and again while that fails, and no other of its height is built', async () => {
    const { clock, engine } = await sequencer();
    engine.next.insert.push(unavailable(), unavailable(), unavailable());
    await clock.advance(1_950 + 2_999);
    expect(rig.head).toBe(0);
    await clock.advance(1);
    expect(rig.head).toBeGreaterThan(0);
    expect(engine.calls.filter((call) => call === 'build 1')).toHaveLength(1);
    expect(engine.calls.filter((call) => call === 'insert 1')).toHaveLength(4);
    expect(rig.published.filter((hash) => hash === engine.inserted[0]?.ref.hash)).toHaveLength(1);
  });

  it('survives a reset of the engine while it fits, and goes when it does not', async () => {
    const { clock, engine } = await sequencer();
    engine.next.insert.push({ kind: 'superseded' });
    await clock.advance(1_950);
    const [hash] = rig.published;
    engine.move({ resetEpoch: 2 });
    await clock.advance(2_000);
    expect(engine.inserted[0]?.ref.hash).toBe(hash);
    const before = rig.head;
    engine.next.insert.push(unavailable());
    await clock.advance(2_000);
    const lost = rig.published.at(-1);
    engine.move({ resetEpoch: 3, unsafe: childOf(GENESIS_REF, 'other').ref });
    await clock.advance(6_000);
    expect(rig.log.messages('warn')).toContain(
      'Dropped sealed block, sequencing pre-state is different',
    );
    expect(engine.inserted.map(({ ref }) => ref.hash)).not.toContain(lost);
    expect(rig.head).toBeGreaterThan(before);
  });

  it.each(['invalid', 'stale'] as const)('is dropped when its insertion is %s', async (kind) => {
    const { clock, engine } = await sequencer();
    engine.next.insert.push(ok(kind === 'invalid' ? { kind, reason: 'bad' } : { kind }));
    await clock.advance(1_950);
    expect(rig.state.get().work).toBeNull();
    await clock.advance(2_000);
    expect(engine.calls.filter((call) => call === 'build 1')).toHaveLength(2);
    expect(rig.counts.errors).toBe(kind === 'invalid' ? 1 : 0);
  });
});

describe('back-off', () => {
  it.each([
    ['a second after a temporary failure', unavailable(), 1_000, 0],
    ['thirty seconds while the engine syncs', unavailable('ENGINE_EL_SYNCING'), 30_000, 0],
    [
      'a block time after invalid attributes',
      ok({ kind: 'invalid', reason: 'bad' } as const),
      2_000,
      1,
    ],
    ['a second after a full lane', { kind: 'superseded' } as const, 1_000, 0],
  ] as const)('%s', async (_, outcome, waitMs, errors) => {
    const engine = new FakeSequencerEngine();
    engine.next.build.push(outcome);
    const { clock } = await sequencer({}, engine);
    await clock.advance(waitMs - 1);
    expect(engine.calls).toEqual(['build 1']);
    await clock.advance(1);
    expect(engine.calls.slice(0, 2)).toEqual(['build 1', 'build 1']);
    expect(rig.counts.errors).toBe(errors);
  });

  it.each(['expired', 'invalid'] as const)('a block time after a seal that is %s', async (kind) => {
    const { clock, engine } = await sequencer();
    engine.next.seal.push(ok({ kind, reason: 'gone', isAnswered: true }));
    await clock.advance(1_950 + 1_999);
    expect(engine.calls).toEqual(['build 1', 'seal 1']);
    await clock.advance(1);
    expect(engine.calls[2]).toBe('build 1');
    expect(rig.counts.errors).toBe(1);
  });

  it('ends when the head moves up', async () => {
    const engine = new FakeSequencerEngine();
    engine.next.build.push(unavailable('ENGINE_EL_SYNCING'));
    const { clock } = await sequencer({}, engine);
    engine.move({ unsafe: childOf(GENESIS_REF, 'synced').ref });
    await clock.advance(2_000);
    expect(engine.calls).toContain('build 2');
  });

  it('a second after L1 could not give what the attributes need', async () => {
    rig = new SequencerRig();
    const { prepare } = rig;
    let tries = 0;
    rig.prepare = async (parent) => {
      tries += 1;
      if (tries === 1) {
        throw new NodeError('DERIVE_L1_UNAVAILABLE', 'no block', { severity: 'temporary' });
      }
      return prepare(parent);
    };
    await rig.start();
    await rig.clock.advance(999);
    expect(rig.engine.calls).toEqual([]);
    await rig.clock.advance(1);
    expect(rig.engine.calls).toEqual(['build 1']);
  });

  it('does not wait for attributes for ever', async () => {
    rig = new SequencerRig();
    const { prepare } = rig;
    rig.prepare = () => new Promise(() => undefined);
    await rig.start();
    rig.prepare = prepare;
    await rig.clock.advance(21_000);
    expect(rig.engine.calls[0]).toBe('build 1');
  });
});

describe('heads that others move', () => {
  it('has the engine reset when the L1 origin of the head is gone', async () => {
    rig = new SequencerRig();
    rig.l1ByNumber = async (number) => (number === 1n ? l1Block(1n, 'other') : null);
    await rig.start();
    expect(rig.engine.resets).toMatchObject([
      { code: 'SEQUENCER_ORIGIN_CONFLICT', severity: 'reset' },
    ]);
    expect(rig.counts.origins).toBeGreaterThan(0);
    expect(rig.engine.calls).toEqual([]);
  });

  it('ends its job and waits a block time after a reset', async () => {
    const { clock, engine } = await sequencer();
    await clock.advance(500);
    engine.move({ resetEpoch: 2 });
    await clock.advance(1_999);
    expect(engine.cancelled).toHaveLength(1);
    expect(engine.calls).toEqual(['build 1']);
    expect(rig.counts.resets).toBe(1);
    expect(rig.log.find('Sequencer encountered reset signal, aborting work')).toHaveLength(1);
    expect(rig.log.find('Engine reset confirmed, sequencer may continue')).toHaveLength(1);
    await clock.advance(1);
    expect(engine.calls[1]).toBe('build 1');
  });

  it('takes the first heads of the engine for no reset', async () => {
    const engine = new FakeSequencerEngine();
    const found = engine.heads.get();
    const zero = { ...found.unsafe, hash: `0x${'0'.repeat(64)}` as const };
    engine.move({ unsafe: zero, resetEpoch: 0 });
    await sequencer({}, engine);
    engine.heads.set(found);
    await rig.clock.advance(1);
    expect(engine.calls).toEqual(['build 1']);
    expect(rig.counts.resets).toBe(0);
  });

  it('drops its job for a block of its height that came from elsewhere', async () => {
    const { clock, engine } = await sequencer();
    await clock.advance(500);
    engine.move({ unsafe: childOf(GENESIS_REF, 'posted').ref });
    await clock.advance(1_500);
    expect(engine.cancelled).toHaveLength(1);
    expect(engine.calls).toEqual(['build 1', 'build 2']);
    expect(rig.log.messages('error')).toEqual([]);
  });

  it('says so and leaves the chain alone for a block time when it was replaced', async () => {
    const { clock, engine } = await sequencer();
    await clock.advance(4_100);
    expect(rig.head).toBe(2);
    const derived = childOf(GENESIS_REF, 'derived').ref;
    engine.move({ unsafe: derived, pendingSafe: derived, safe: derived });
    await clock.advance(1_999);
    expect(rig.log.messages('error')).toEqual(['Unsafe chain was replaced under the sequencer']);
    expect(engine.cancelled).toHaveLength(1);
    expect(rig.head).toBe(1);
    const before = engine.built.length;
    await clock.advance(1);
    expect(engine.built[before]?.parent).toEqual(derived);
  });

  it('stalls while the safe head lags too far, and goes on when it has caught up', async () => {
    const { clock, engine } = await sequencer({ maxSafeLag: 2n });
    await clock.advance(10_000);
    expect(rig.head).toBe(2);
    expect(rig.log.messages('warn')).toHaveLength(1);
    engine.move({ safe: engine.inserted[0]?.ref ?? GENESIS_REF });
    await clock.advance(1);
    expect(rig.head).toBe(3);
  });

  it.each([
    ['syncs its own chain', 'started', []],
    [
      'may sync its own chain, and says what it waits for',
      'willStart',
      ['Sequencer waits for the sync of the execution layer, which an unsafe payload starts'],
    ],
  ] as const)('builds nothing while the engine %s', async (_, elSync, warnings) => {
    const { clock, engine } = await sequencer({}, syncing(elSync));
    await clock.advance(5_000);
    expect(rig.log.messages('warn')).toEqual(warnings);
    expect(engine.calls).toEqual([]);
    engine.move({ elSync: 'finished' });
    await clock.advance(1);
    expect(rig.head).toBe(2);
  });
});

function syncing(elSync: 'willStart' | 'started'): FakeSequencerEngine {
  const engine = new FakeSequencerEngine();
  engine.move({ elSync });
  return engine;
}

describe('stopped meanwhile', () => {
  it('ends a job that the engine starts afterwards', async () => {
    const engine = new FakeSequencerEngine();
    let started: (outcome: Settled<never>) => void = () => undefined;
    const job = {
      info: { id: '0x0000000000000009', timestamp: 1_002n },
      parent: GENESIS_REF,
    } as const;
    engine.next.build.push(() => new Promise((resolve) => (started = resolve as typeof started)));
    await sequencer({}, engine);
    await rig.admin.stop(rig.signal);
    started(ok({ kind: 'started', job: { ...job, startedMs: 0 } }) as unknown as Settled<never>);
    await rig.clock.flush();
    expect(engine.cancelled).toEqual([job.info]);
    await rig.clock.advance(10_000);
    expect(engine.calls).toEqual(['build 1']);
  });

  it('drops a block that is sealed afterwards: nobody sees it', async () => {
    const { clock, engine } = await sequencer();
    let seal: () => void = () => undefined;
    engine.next.seal.push(
      () =>
        new Promise((resolve) => {
          seal = () => resolve(ok({ kind: 'sealed', ...childOf(GENESIS_REF, 'late') }));
        }),
    );
    await clock.advance(1_950);
    await rig.admin.stop(rig.signal);
    seal();
    await clock.advance(5_000);
    expect(rig.committed).toEqual([]);
    expect(rig.published).toEqual([]);
    expect(engine.calls).toEqual(['build 1', 'seal 1']);
  });
});
