import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { BlockId, L2BlockRef } from '../../../src/types/block.js';
import { isZeroRef } from '../../../src/types/block.js';
import type { DerivedAttributes } from '../../../src/types/payload.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../support/engineHarness.js';
import { FakeEngine } from '../../support/fakeEngine.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, l1Block, makeChain } from '../../support/l2Chain.js';
import { MemorySafeHeads } from '../../support/memorySafeHeads.js';

const chain = makeChain(GENESIS_REF, 12);
const block = (number: number): MadeBlock => chain[number - 1] as MadeBlock;

/** A database whose disk may be full. */
class Database extends MemorySafeHeads {
  readonly events: string[] = [];
  fault: Error | null = null;

  override async safeHeadUpdated(safe: L2BlockRef, l1: BlockId): Promise<void> {
    this.write(`updated ${safe.number} at ${l1.number}`);
    await super.safeHeadUpdated(safe, l1);
  }

  override async safeHeadReset(safe: L2BlockRef): Promise<void> {
    this.write(`reset ${isZeroRef(safe) ? 'all' : safe.number}`);
    await super.safeHeadReset(safe);
  }

  private write(event: string): void {
    if (this.fault !== null) throw this.fault;
    this.events.push(event);
  }
}

let h: EngineHarness;
afterEach(() => h.stop.abort());

async function started(safeHeads: Database, options = {}): Promise<void> {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.slice(0, 5).map(({ envelope }) => envelope));
  h = await new EngineHarness({ ...DERIVE_OPTIONS, ...options }, { engine, safeHeads }).start();
}

function derived({ envelope }: MadeBlock, parent: L2BlockRef): DerivedAttributes {
  const { feeRecipient: suggestedFeeRecipient, ...rest } = envelope.executionPayload;
  const attributes = { ...rest, suggestedFeeRecipient, noTxPool: true };
  return { attributes, parent, concluding: true, derivedFrom: l1Block(50n) };
}

describe('a safe-head database that cannot be written', () => {
  it.each([
    ['full', new Error('no space left on device')],
    ['broken', new NodeError('SAFE_DB_INVALID_ENTRY', 'bad entry', { severity: 'critical' })],
  ])('because it is %s holds up derivation alone, until it can be', async (_, fault) => {
    const safeHeads = new Database();
    await started(safeHeads);
    safeHeads.fault = fault;
    const failed = await h.actor.consolidate(derived(block(1), GENESIS_REF), h.signal);
    expect(failed).toMatchObject({ kind: 'failed', error: { code: 'ENGINE_SAFE_HEAD_RECORD' } });
    await h.settle();
    expect([h.heads.resetEpoch, h.heads.safe]).toEqual([2, GENESIS_REF]);
    expect(h.log.messages('error')).toContain(
      'Safe head db could not be reset, no block becomes safe until it is',
    );
    const waiting = h.actor.consolidate(derived(block(1), GENESIS_REF), h.signal);
    for (const { envelope } of chain.slice(5, 8)) h.actor.addUnsafePayload(envelope);
    await h.settle();
    expect([h.failure, h.heads.unsafe, h.heads.safe]).toEqual([null, block(8).ref, GENESIS_REF]);
    safeHeads.fault = null;
    safeHeads.events.splice(0);
    await h.clock.advance(10_000);
    expect(await waiting).toMatchObject({ value: { kind: 'consolidated' } });
    expect(safeHeads.events).toEqual(['reset 0', 'updated 0 at 0', 'updated 1 at 50']);
    expect(h.heads.safe).toEqual(block(1).ref);
  });

  it('is cleared before anything else once it can be, where no entry is on the synced chain', async () => {
    const safeHeads = new Database();
    const foreign = { hash: block(4).ref.hash, number: 3n };
    safeHeads.entries = [{ l1Block: l1Block(3n), safeHead: foreign }];
    safeHeads.fault = new Error('no space left on device');
    await started(safeHeads, { syncMode: 'execution-layer' });
    h.actor.addUnsafePayload(block(6).envelope);
    await h.settle();
    expect(h.heads).toMatchObject({ elSync: 'finished', unsafe: block(6).ref });
    safeHeads.fault = null;
    const { safe } = h.heads;
    const next = derived(block(Number(safe.number) + 1), safe);
    await h.actor.consolidate(next, h.signal);
    expect(safeHeads.events[0]).toBe('reset all');
    expect(safeHeads.events[1]).toBe(`reset ${safe.number}`);
  });
});
