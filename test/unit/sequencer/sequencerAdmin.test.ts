import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { GENESIS_REF, hashOf } from '../../support/l2Chain.js';
import { FakeSequencerEngine, SequencerRig, unavailable } from '../../support/sequencerRig.js';
import { rejection } from '../../support/until.js';

let rig: SequencerRig;
afterEach(() => rig.stop());

const WRONG = hashOf('wrong');
const failing = async (): Promise<never> => {
  throw new NodeError('SEQUENCER_STATE_UNWRITABLE', 'disk full', { severity: 'temporary' });
};

describe('start', () => {
  it('checks in order: leader, running, known head, same head', async () => {
    const engine = new FakeSequencerEngine();
    const { unsafe } = engine.heads.get();
    engine.move({ unsafe: { ...unsafe, hash: `0x${'0'.repeat(64)}` } });
    rig = await new SequencerRig({}, engine).start();
    const start = () => rig.admin.start(WRONG, rig.signal);
    rig.leader = async () => false;
    await expect(start()).rejects.toThrow('sequencer is not the leader, aborting');
    rig.leader = failing;
    await expect(start()).rejects.toThrow('sequencer leader check failed: disk full');
    rig.leader = async () => true;
    await expect(start()).rejects.toThrow('sequencer already running');
    await rig.admin.stop(rig.signal);
    await expect(start()).rejects.toThrow(
      `no prestate, cannot determine if sequencer start at ${WRONG} is safe`,
    );
    engine.move({ unsafe });
    await expect(start()).rejects.toThrow(
      `block hash does not match: head ${unsafe.hash}:0, received ${WRONG}`,
    );
    await rig.admin.start(unsafe.hash, rig.signal);
    expect(rig.admin.isActive).toBe(true);
  });

  it('is not possible while the sync of the execution layer has not started', async () => {
    rig = await new SequencerRig().start(false);
    rig.engine.move({ elSync: 'willStart' });
    await expect(rig.admin.start(GENESIS_REF.hash, rig.signal)).rejects.toThrow('no prestate');
    rig.engine.move({ elSync: 'finished' });
    await rig.admin.start(GENESIS_REF.hash, rig.signal);
    expect(rig.admin.isActive).toBe(true);
  });

  it('and stop come one after the other, however long a state takes to be stored', async () => {
    rig = await new SequencerRig().start(false);
    const opens: (() => void)[] = [];
    rig.onStore = () => new Promise((resolve) => opens.push(resolve));
    const start = () => rig.admin.start(GENESIS_REF.hash, rig.signal);
    const first = start();
    const second = rejection(start());
    await rig.clock.flush();
    const stop = rig.admin.stop(rig.signal);
    await rig.clock.flush();
    expect(opens).toHaveLength(1);
    opens.shift()?.();
    await first;
    expect(await second).toMatchObject({ message: 'sequencer already running' });
    await rig.clock.flush();
    opens.shift()?.();
    expect(await stop).toBe(GENESIS_REF.hash);
    expect(rig.admin.isActive).toBe(false);
    expect(rig.stored).toEqual(['stopped', 'started', 'stopped']);
  });

  it('stores the start before anything is built, and does not start when it cannot', async () => {
    rig = await new SequencerRig().start(false);
    expect(rig.stored).toEqual(['stopped']);
    rig.onStore = failing;
    await expect(rig.admin.start(GENESIS_REF.hash, rig.signal)).rejects.toThrow(
      'failed to notify sequencer-state listener of start: disk full',
    );
    await rig.clock.advance(5_000);
    expect(rig.engine.calls).toEqual([]);
    expect(rig.counts.active).toBe(false);
  });
});

describe('stop', () => {
  it('answers the head, once', async () => {
    rig = await new SequencerRig().start();
    await rig.clock.advance(4_000);
    expect(await rig.admin.stop(rig.signal)).toBe(rig.engine.heads.get().unsafe.hash);
    expect(rig.counts.active).toBe(false);
    expect(rig.stored).toEqual(['started', 'stopped']);
    await expect(rig.admin.stop(rig.signal)).rejects.toThrow('sequencer not running');
  });

  async function stoppingWithBlockOut(): Promise<{ hash: Promise<string>; isDone: () => boolean }> {
    rig = await new SequencerRig().start();
    rig.engine.next.insert.push(unavailable());
    await rig.clock.advance(1_950);
    let isDone = false;
    const hash = rig.admin.stop(rig.signal).finally(() => {
      isDone = true;
    });
    await rig.clock.advance(500);
    return { hash, isDone: () => isDone };
  }

  it('waits until a block that others may have seen is the head', async () => {
    const { hash, isDone } = await stoppingWithBlockOut();
    expect(isDone()).toBe(false);
    await rig.clock.advance(500);
    expect(await hash).toBe(rig.published[0]);
    expect(rig.engine.heads.get().unsafe.hash).toBe(rig.published[0]);
  });

  it.each([
    ['does not lead', async () => false],
    ['cannot tell who leads', failing],
  ])('does not wait where it %s', async (_, leader) => {
    rig = await new SequencerRig().start();
    rig.engine.next.insert.push(unavailable());
    await rig.clock.advance(1_950);
    rig.leader = leader;
    expect(await rig.admin.stop(rig.signal)).toBe(GENESIS_REF.hash);
    await rig.clock.advance(5_000);
    expect(rig.head).toBe(0);
  });

  it('waits for a commit under way, and drops a block that was not committed', async () => {
    rig = await new SequencerRig().start();
    let end: (error?: Error) => void = () => undefined;
    rig.onCommit = () =>
      new Promise((resolve, reject) => {
        end = (error) => (error === undefined ? resolve() : reject(error));
      });
    await rig.clock.advance(1_950);
    const stopped = rig.admin.stop(rig.signal);
    await rig.clock.flush();
    end(new NodeError('SEQUENCER_CONDUCTOR_FAILED', 'no', { severity: 'temporary' }));
    expect(await stopped).toBe(GENESIS_REF.hash);
    await rig.clock.advance(5_000);
    expect(rig.published).toEqual([]);
  });

  it('goes on sequencing when the stop cannot be stored', async () => {
    rig = await new SequencerRig().start();
    rig.onStore = failing;
    await expect(rig.admin.stop(rig.signal)).rejects.toThrow(
      'failed to notify sequencer-state listener of stop: disk full',
    );
    expect(rig.admin.isActive).toBe(true);
    await rig.clock.advance(4_000);
    expect(rig.head).toBeGreaterThan(0);
  });
});
