import { afterEach, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../../src/engine/taskContext.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { ZERO_HASH } from '../../../src/types/block.js';
import { DERIVE_OPTIONS, EngineHarness } from '../../support/engineHarness.js';
import { FakeEngine, SYNCING } from '../../support/fakeEngine.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, makeChain } from '../../support/l2Chain.js';

const TIP = 60;
const QUIET_MS = 30_000;
const AGAIN_MS = 60_000;
const chain = makeChain(GENESIS_REF, TIP);
const block = (number: number): MadeBlock => chain[number - 1] as MadeBlock;
const at = (number: number): L2BlockRef => block(number).ref;
const WAITING = 'Nothing is derived during the sync of the execution layer';

let h: EngineHarness;
afterEach(() => h.stop.abort());

async function start(tip: number, options: Partial<EngineOptions> = {}): Promise<FakeEngine> {
  const engine = new FakeEngine();
  engine.importAsHead(...chain.slice(0, tip).map(({ envelope }) => envelope));
  const syncMode = 'execution-layer';
  h = new EngineHarness({ ...DERIVE_OPTIONS, syncMode, ...options }, { engine });
  return engine;
}

describe('a node in execution-layer mode that is restarted', () => {
  it('derives after a quiet time where the engine has lost its labels', async () => {
    await start(TIP);
    await h.start();
    expect(h.heads).toMatchObject({ elSync: 'willStart', resetEpoch: 1 });
    const [line] = h.log.find(
      'The execution layer may be about to sync by itself: nothing is derived before that',
    );
    expect(line?.fields.waitsFor).toBe('an unsafe payload, or 30 s without one');
    await h.clock.advance(QUIET_MS - 1);
    expect(h.engine.forkchoices).toEqual([]);
    await h.clock.advance(1);
    expect(h.engine.forkchoices[0]).toEqual({
      headBlockHash: at(TIP).hash,
      safeBlockHash: ZERO_HASH,
      finalizedBlockHash: ZERO_HASH,
    });
    // As without this mode: what nobody has called safe is not.
    expect(h.heads).toMatchObject({ elSync: 'finished', resetEpoch: 2, unsafe: at(TIP) });
    expect([h.heads.safe, h.heads.finalized]).toEqual([GENESIS_REF, GENESIS_REF]);
    expect(h.clock.pendingTimers).toBe(0);
  });

  it.each(['reth', 'erigon'] as const)(
    'derives after a quiet time from the labels of %s',
    async (engineKind) => {
      const engine = await start(TIP, { engineKind });
      engine.safeHash = at(40).hash;
      engine.finalizedHash = at(30).hash;
      await h.start();
      await h.clock.advance(QUIET_MS);
      expect(h.heads).toMatchObject({
        ...{ elSync: 'finished', resetEpoch: 2, isFinalizedProven: true },
        ...{ unsafe: at(TIP), finalized: at(30) },
      });
      expect(engine.finalizedHash).toBe(at(30).hash);
    },
  );

  it('waits while the engine syncs to a target of its own, and says so', async () => {
    await start(TIP);
    h.engine.peers = 3;
    await h.start();
    h.engine.answerNext('forkchoiceUpdated', SYNCING);
    await h.clock.advance(QUIET_MS);
    expect(h.heads.elSync).toBe('willStart');
    expect(h.log.find(WAITING)[0]?.fields).toEqual({
      waitsFor: `the execution layer to get to ${at(TIP).hash}:${TIP}, SYNCING`,
      engineHead: `${at(TIP).hash}:${TIP}`,
      peerCount: 3,
    });
    await h.clock.advance(AGAIN_MS);
    expect(h.heads.elSync).toBe('finished');
  });

  it('tries again where the engine cannot be asked', async () => {
    await start(TIP);
    await h.start();
    const busy = new RpcError('engine_forkchoiceUpdated', -32000, 'busy', undefined);
    h.engine.failNext('forkchoiceUpdated', busy, 2);
    await h.clock.advance(QUIET_MS + 1_000);
    expect(h.heads.elSync).toBe('finished');
  });
});

describe('a node in execution-layer mode with an empty engine', () => {
  it('waits for an unsafe payload as long as it takes, and says so each minute', async () => {
    await start(0);
    await h.start();
    await h.clock.advance(QUIET_MS + 2 * AGAIN_MS);
    expect(h.engine.forkchoices).toEqual([]);
    const lines = h.log.find(WAITING);
    expect(lines).toHaveLength(3);
    expect(lines[0]?.fields.waitsFor).toContain('an unsafe payload');
    h.engine.serve(...chain.map(({ envelope }) => envelope));
    await h.actor.addUnsafePayload(block(20).envelope);
    expect(h.heads).toMatchObject({ elSync: 'started', unsafe: at(20) });
  });

  it('ends the sync by itself once the engine has got to its target', async () => {
    const engine = await start(0, { offsetElSafeSec: 9 });
    await h.start();
    engine.serve(...chain.map(({ envelope }) => envelope));
    await h.actor.addUnsafePayload(block(20).envelope);
    await h.clock.advance(QUIET_MS);
    expect(h.heads.elSync).toBe('started');
    engine.completeSync();
    await h.clock.advance(AGAIN_MS);
    expect(h.heads.elSync).toBe('finished');
    expect(h.log.find('Finished EL sync')[0]?.fields.safe_finalized_block).toContain(at(15).hash);
    expect(h.heads.unsafe).toEqual(at(20));
  });

  it('asks nothing while payloads drive the sync', async () => {
    await start(0);
    await h.start();
    for (let number = 2; number <= 20; number += 1) {
      await h.clock.advance(QUIET_MS - 1);
      await h.actor.addUnsafePayload(block(number).envelope);
      await h.settle();
    }
    expect(h.engine.forkchoices).toHaveLength(19);
    expect(h.log.find(WAITING)).toEqual([]);
  });

  it('leaves a follower to its follow target, and has no timer after the actor is closed', async () => {
    await start(TIP, { followEnabled: true, startFrom: 'labels' });
    await h.start();
    expect(h.clock.pendingTimers).toBe(0);
    await start(TIP);
    await h.start();
    expect(h.clock.pendingTimers).toBe(1);
    await h.actor.close();
    expect(h.clock.pendingTimers).toBe(0);
  });
});
