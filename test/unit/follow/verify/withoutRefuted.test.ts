import { describe, expect, it } from 'vitest';
import { withoutRefuted } from '../../../../src/follow/verify/withoutRefuted.js';
import { WatchCell } from '../../../../src/runtime/watch.js';
import type { BlockId } from '../../../../src/types/block.js';
import { blockId } from '../../../../src/types/block.js';
import { followTarget } from '../../../support/engineHarness.js';
import { FakeFollowEngine } from '../../../support/fakeFollowEngine.js';
import type { MadeBlock } from '../../../support/l2Chain.js';
import { GENESIS_REF, makeBlock, makeChain } from '../../../support/l2Chain.js';

describe('withoutRefuted', () => {
  it('keeps the refuted block out, as long as it is refuted, and lets all else pass', async () => {
    const engine = new FakeFollowEngine();
    const refuted = new WatchCell<BlockId | null>(null);
    const guarded = withoutRefuted(engine, { refuted });
    const block = makeBlock(GENESIS_REF);
    const other = makeBlock(GENESIS_REF, { fork: 'other' });
    refuted.set(blockId(block.ref));
    guarded.addUnsafePayload(block.envelope);
    guarded.addUnsafePayload(other.envelope);
    expect(engine.payloads).toEqual([other.envelope]);
    refuted.set(null);
    guarded.addUnsafePayload(block.envelope);
    expect(engine.payloads).toEqual([other.envelope, block.envelope]);
    const target = followTarget(GENESIS_REF);
    await guarded.follow(target, new AbortController().signal);
    expect(engine.targets).toEqual([target]);
    expect(guarded.heads).toBe(engine.heads);
  });

  it('keeps out the rest of a chain whose refuted block has passed', () => {
    const engine = new FakeFollowEngine();
    const refuted = new WatchCell<BlockId | null>(null);
    const guarded = withoutRefuted(engine, { refuted });
    const lie = makeChain(GENESIS_REF, 6);
    for (const { envelope } of lie.slice(0, 3)) guarded.addUnsafePayload(envelope);
    refuted.set(blockId((lie[1] as MadeBlock).ref));
    for (const { envelope } of lie.slice(3)) guarded.addUnsafePayload(envelope);
    expect(engine.payloads).toEqual(lie.slice(0, 3).map(({ envelope }) => envelope));
  });

  it('keeps out what builds on the refuted block, and takes what replaces it', () => {
    const engine = new FakeFollowEngine();
    const refuted = new WatchCell<BlockId | null>(null);
    const guarded = withoutRefuted(engine, { refuted });
    const lie = makeChain(GENESIS_REF, 4);
    const honest = makeChain(GENESIS_REF, 4, 'honest');
    refuted.set(blockId((lie[0] as MadeBlock).ref));
    for (const { envelope } of lie.slice(1)) guarded.addUnsafePayload(envelope);
    for (const { envelope } of honest) guarded.addUnsafePayload(envelope);
    expect(engine.payloads).toEqual(honest.map(({ envelope }) => envelope));
    refuted.set(blockId((honest[2] as MadeBlock).ref));
    for (const { envelope } of [...lie, ...honest]) guarded.addUnsafePayload(envelope);
    const passed = [...lie, ...honest.slice(0, 2)].map(({ envelope }) => envelope);
    expect(engine.payloads.slice(honest.length)).toEqual(passed);
  });
});
