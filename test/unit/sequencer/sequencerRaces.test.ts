import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import type { PayloadAttributes } from '../../../src/types/payload.js';
import { GENESIS_REF, l1Block, TEST_ROLLUP } from '../../support/l2Chain.js';
import {
  ATTRIBUTES,
  childOf,
  FakeSequencerEngine,
  ok,
  SequencerRig,
  unavailable,
} from '../../support/sequencerRig.js';

let rig: SequencerRig;
afterEach(() => rig.stop());

/** The block that the fake engine makes of its first job. */
const FIRST = childOf(GENESIS_REF, '0x0000000000000001');
const OTHER = childOf(GENESIS_REF, 'other').ref;

/** A wait that the test ends. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe('while the conductor takes a block', () => {
  async function committing(): Promise<() => void> {
    rig = await new SequencerRig().start();
    const { passed, open } = gate();
    rig.onCommit = () => passed;
    await rig.clock.advance(1_950);
    expect(rig.state.get().work?.kind).toBe('committing');
    return open;
  }

  it('the chain may pass it: then nobody gets to see it', async () => {
    const open = await committing();
    rig.engine.move({ unsafe: OTHER });
    open();
    await rig.clock.advance(1_000);
    expect(rig.published).toEqual([]);
    expect(rig.engine.inserted).toEqual([]);
  });

  it('it may be stopped by who does not lead any more: then nobody gets to see it', async () => {
    const open = await committing();
    rig.leader = async () => false;
    expect(await rig.admin.stop(rig.signal)).toBe(GENESIS_REF.hash);
    open();
    await rig.clock.advance(5_000);
    expect(rig.published).toEqual([]);
    expect(rig.engine.inserted).toEqual([]);
  });
});

describe('while the followed chain is another, and not reached', () => {
  const target = { hash: OTHER.hash, number: OTHER.number };

  it('nothing is built, whatever time passes, and then on the head that it leads to', async () => {
    rig = await new SequencerRig().start();
    await rig.clock.advance(4_000);
    const { unsafe } = rig.engine.heads.get();
    expect(rig.head).toBe(2);
    rig.engine.move({ movingTo: target });
    await rig.clock.advance(60_000);
    expect(rig.engine.heads.get().unsafe).toEqual(unsafe);
    const before = rig.engine.calls.length;
    rig.engine.move({ unsafe: OTHER, localSafe: OTHER, movingTo: null });
    await rig.clock.advance(2_000);
    expect(rig.engine.calls.slice(before, before + 3)).toEqual(['build 2', 'seal 2', 'insert 2']);
    expect(rig.engine.built.at(-1)?.parent.number).toBeGreaterThanOrEqual(OTHER.number);
    expect(rig.log.find('Sequencer rests until the engine is on the followed chain')).toHaveLength(
      1,
    );
  });

  it('the job that runs is cancelled, and another one begins where the move is called off', async () => {
    rig = await new SequencerRig().start();
    await rig.clock.advance(1_000);
    expect(rig.state.get().work?.kind).toBe('building');
    rig.engine.move({ movingTo: target });
    await rig.clock.advance(10);
    expect(rig.engine.cancelled).toHaveLength(1);
    expect(rig.state.get().work).toBeNull();
    await rig.clock.advance(5_000);
    expect(rig.published).toEqual([]);
    rig.engine.move({ movingTo: null });
    await rig.clock.advance(3_000);
    expect(rig.head).toBeGreaterThan(0);
  });

  it('a block that the conductor takes at that time is not published', async () => {
    rig = await new SequencerRig().start();
    const { passed, open } = gate();
    rig.onCommit = () => passed;
    await rig.clock.advance(1_950);
    rig.engine.move({ movingTo: target });
    open();
    await rig.clock.advance(5_000);
    expect([rig.published, rig.engine.inserted]).toEqual([[], []]);
    expect(rig.committed).toHaveLength(1);
  });

  it('a job that was just started is cancelled', async () => {
    const engine = new FakeSequencerEngine();
    rig = await new SequencerRig({}, engine).start(false);
    const job = { info: { id: '0x00000000000000aa', timestamp: 2n }, startedMs: 0 } as const;
    engine.next.build.push(async () => {
      engine.move({ movingTo: target });
      return ok({ kind: 'started', job: { ...job, parent: GENESIS_REF } });
    });
    await rig.admin.start(GENESIS_REF.hash, rig.signal);
    await rig.clock.advance(5_000);
    expect(engine.cancelled).toEqual([job.info]);
    expect(rig.published).toEqual([]);
  });

  /** Peers have it, and the engine could not be reached. */
  async function published(): Promise<void> {
    rig = await new SequencerRig().start();
    rig.engine.next.insert.push(unavailable());
    await rig.clock.advance(1_950);
    expect(rig.state.get().work?.kind).toBe('published');
  }

  it('a block that is out is kept, and inserted where the move comes to nothing', async () => {
    await published();
    rig.engine.move({ movingTo: target });
    await rig.clock.advance(10_000);
    expect(rig.engine.inserted).toEqual([]);
    rig.engine.move({ movingTo: null });
    await rig.clock.advance(10);
    expect(rig.engine.inserted[0]?.ref).toEqual(FIRST.ref);
    expect(rig.published.slice(0, 2)).toEqual([
      FIRST.ref.hash,
      childOf(FIRST.ref, '0x0000000000000002').ref.hash,
    ]);
  });

  it('a block that is out is inserted where the engine is led to it: nobody else may have it', async () => {
    await published();
    rig.engine.move({ movingTo: FIRST.ref });
    await rig.clock.advance(2_000);
    expect(rig.engine.inserted[0]?.ref).toEqual(FIRST.ref);
    expect(rig.state.get().work).toBeNull();
  });

  it('a block that is out is kept also where the engine knows of the move first', async () => {
    await published();
    rig.engine.next.insert.push(async () => {
      rig.engine.move({ movingTo: target });
      return ok({ kind: 'stale' });
    });
    await rig.clock.advance(5_000);
    expect(rig.state.get().work?.kind).toBe('published');
    rig.engine.move({ movingTo: null });
    await rig.clock.advance(10);
    expect(rig.engine.inserted[0]?.ref).toEqual(FIRST.ref);
  });

  it('a block that is out is dropped where the chain it is on is left', async () => {
    await published();
    rig.engine.move({ movingTo: target });
    await rig.clock.advance(1_000);
    rig.engine.move({ unsafe: OTHER, localSafe: OTHER, movingTo: null });
    await rig.clock.advance(10);
    expect(rig.engine.inserted).toEqual([]);
    expect(rig.state.get().work?.kind).not.toBe('published');
  });

  it('a stop does not wait for the block that is out', async () => {
    await published();
    rig.engine.move({ movingTo: target });
    expect(await rig.admin.stop(rig.signal)).toBe(GENESIS_REF.hash);
  });

  it('a stop waits for the block that is out where the engine is led to it', async () => {
    await published();
    rig.engine.next.insert.push(unavailable());
    rig.engine.move({ movingTo: FIRST.ref });
    const stopped = rig.admin.stop(rig.signal);
    await rig.clock.advance(3_000);
    expect(await stopped).toBe(FIRST.ref.hash);
  });

  it('a stop that waits for the block that is out waits no longer', async () => {
    await published();
    rig.engine.next.insert.push(unavailable(), unavailable());
    const stopped = rig.admin.stop(rig.signal);
    await rig.clock.advance(500);
    rig.engine.move({ movingTo: target });
    expect(await stopped).toBe(GENESIS_REF.hash);
  });
});

describe('while the attributes are prepared', () => {
  async function preparing(): Promise<() => void> {
    rig = new SequencerRig();
    const { prepare } = rig;
    const { passed, open } = gate();
    rig.prepare = async (parent) => {
      await passed;
      return prepare(parent);
    };
    await rig.start();
    return open;
  }

  it.each([
    ['it may be stopped', async () => void (await rig.admin.stop(rig.signal))],
    ['the head may move', async () => rig.engine.move({ unsafe: OTHER })],
  ])('%s: then they are not built', async (_, change) => {
    const open = await preparing();
    await change();
    open();
    await rig.clock.flush();
    expect(rig.engine.calls).not.toContain('build 1');
  });

  it('the engine may be reset to the same head: their L1 origin was chosen before', async () => {
    const open = await preparing();
    rig.engine.move({ resetEpoch: 2 });
    open();
    await rig.clock.flush();
    expect(rig.state.get().work).toBeNull();
    await rig.clock.advance(4_000);
    expect(rig.head).toBeGreaterThan(0);
  });

  it('what can never be made ends the sequencer', async () => {
    rig = new SequencerRig();
    rig.prepare = async () => {
      throw new NodeError('DERIVE_DEPOSITS_INVALID', 'deposits', { severity: 'critical' });
    };
    await rig.admin.init(true);
    await expect(rig.actor.step(rig.signal)).rejects.toMatchObject({ severity: 'critical' });
  });
});

describe('waits', () => {
  it('a start does not wait for what was waited for before the stop', async () => {
    const engine = new FakeSequencerEngine();
    engine.next.build.push(unavailable('ENGINE_EL_SYNCING'));
    rig = await new SequencerRig({}, engine).start();
    await rig.admin.stop(rig.signal);
    await rig.clock.advance(100);
    await rig.admin.start(GENESIS_REF.hash, rig.signal);
    await rig.clock.advance(100);
    expect(engine.calls).toEqual(['build 1', 'build 1']);
  });

  it('a block of ours that gets in another way ends them, without a word', async () => {
    rig = await new SequencerRig().start();
    rig.engine.next.insert.push(unavailable('ENGINE_EL_SYNCING'));
    await rig.clock.advance(1_950);
    expect(rig.published).toEqual([FIRST.ref.hash]);
    rig.engine.move({ unsafe: FIRST.ref });
    await rig.clock.advance(2_000);
    expect(rig.engine.calls).toContain('insert 2');
    expect(rig.log.messages('warn')).toEqual([]);
  });

  const derived: readonly (readonly [string, (unsafe: L2BlockRef) => object])[] = [
    ['derivation', (unsafe) => ({ unsafe, pendingSafe: unsafe })],
    ['a followed source', (unsafe) => ({ unsafe, safe: unsafe })],
  ];
  it.each(derived)('a block of %s is left alone for a block time', async (_, heads) => {
    rig = new SequencerRig();
    await rig.clock.advance(60_000);
    rig.engine.next.build.push(unavailable());
    await rig.start();
    rig.engine.move(heads(OTHER));
    await rig.clock.advance(1_999);
    expect(rig.engine.calls).toEqual(['build 1']);
    await rig.clock.advance(1);
    expect(rig.engine.calls).toContain('build 2');
  });

  it('our own block is no reason to wait, however far it has got when it is seen', async () => {
    rig = new SequencerRig();
    await rig.clock.advance(60_000);
    const { engine } = rig;
    engine.next.insert.push(async () => {
      engine.move({ unsafe: FIRST.ref, pendingSafe: FIRST.ref, safe: FIRST.ref });
      return ok({ kind: 'inserted', ref: FIRST.ref });
    });
    await rig.start();
    await rig.clock.flush();
    expect(engine.calls).toContain('build 2');
  });
});

describe('heads', () => {
  it('are nothing to speak of for a sequencer at rest', async () => {
    rig = await new SequencerRig().start(false);
    rig.engine.move({ unsafe: FIRST.ref });
    await rig.clock.advance(1);
    rig.engine.move({ unsafe: OTHER });
    await rig.clock.advance(1);
    expect(rig.log.messages('error')).toEqual([]);
  });

  it('that move have the next L1 origin read ahead', async () => {
    rig = new SequencerRig();
    rig.l1ByNumber = async (number) => (number <= 1n ? l1Block(number) : null);
    await rig.start();
    await rig.clock.advance(1);
    expect(rig.ahead).toEqual([l1Block(1n)]);
  });
});

describe('transactions of users', () => {
  const pools = ({ engine }: SequencerRig) =>
    engine.built.map(({ attributes }) => attributes.noTxPool);
  const prepare = async (parent: L2BlockRef): Promise<PayloadAttributes> => ({
    ...ATTRIBUTES,
    timestamp: parent.timestamp + TEST_ROLLUP.blockTime,
  });

  it('stay out of a block that activates a fork, and only of that', async () => {
    const forks = { regolith: 0n, canyon: 0n, delta: 0n, ecotone: GENESIS_REF.timestamp + 4n };
    rig = new SequencerRig({ config: { ...TEST_ROLLUP, forks } });
    rig.prepare = prepare;
    await rig.start();
    await rig.clock.advance(4_000);
    expect(pools(rig)).toEqual([false, true, false]);
    expect(rig.log.messages('info')).toContain('Sequencing Ecotone upgrade block');
  });

  it('stay out of blocks beyond the drift', async () => {
    rig = new SequencerRig({ config: { ...TEST_ROLLUP, maxSequencerDrift: 3n } });
    // The next L1 block is there, but too young for the second block.
    rig.l1ByNumber = async (number) => ({ ...l1Block(number), timestamp: 1_000n + number * 5n });
    rig.prepare = prepare;
    await rig.start();
    await rig.clock.advance(2_000);
    expect(pools(rig)).toEqual([false, true]);
  });
});
