import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import type { PayloadInfo } from '../../../../src/types/payload.js';
import { DERIVE_OPTIONS, EngineHarness, followTarget } from '../../../support/engineHarness.js';
import { FakeEngine, VALID } from '../../../support/fakeEngine.js';
import type { MadeBlock } from '../../../support/l2Chain.js';
import { GENESIS_REF, hashOf, l1Block, makeChain } from '../../../support/l2Chain.js';

const [one, two] = makeChain(GENESIS_REF, 2);
const [other] = makeChain(GENESIS_REF, 1, 'other');
const late = makeChain(GENESIS_REF, 5);
const side = makeChain(GENESIS_REF, 4, 'side');
const at = (number: number): L2BlockRef => (late[number - 1] as MadeBlock).ref;
const payload = one?.envelope.executionPayload;
const attributes = {
  timestamp: payload?.timestamp ?? 0n,
  prevRandao: payload?.prevRandao ?? hashOf(''),
  suggestedFeeRecipient: payload?.feeRecipient ?? `0x${'0'.repeat(40)}`,
  transactions: payload?.transactions ?? [],
  noTxPool: true,
  gasLimit: 30_000_000n,
} as const;
const fails = (code: number, message: string) => new RpcError('engine', code, message, undefined);

let h: EngineHarness;
beforeEach(async () => {
  const engine = new FakeEngine();
  if (one !== undefined) engine.importAsHead(one.envelope);
  h = await new EngineHarness(DERIVE_OPTIONS, { engine }).start();
  if (other !== undefined) engine.buildBlock = () => other.envelope;
});
afterEach(() => h.stop.abort());

async function open(parent = GENESIS_REF): Promise<unknown> {
  const settled = await h.actor.openBlock(parent, attributes, h.signal);
  return settled.kind === 'ok' ? settled.value : settled;
}
const info: PayloadInfo = { id: '0x0000000000000063', timestamp: 2n };
const refused = (fault: string, message: string) => ({ kind: 'refused', fault, message });

describe('a block that is built from outside', () => {
  it('is opened on any block, sealed, and committed as the unsafe head', async () => {
    const opened = (await open()) as { readonly value: PayloadInfo };
    expect(opened).toMatchObject({ kind: 'done', value: { timestamp: attributes.timestamp } });
    const sealed = await h.actor.sealBlock(opened.value, h.signal);
    expect(sealed).toEqual({ kind: 'ok', value: { kind: 'done', value: other?.envelope } });
    expect(h.heads.unsafe).toEqual(one?.ref);
    if (other === undefined) throw new Error('no block');
    const committed = await h.actor.commitBlock(other.envelope, h.signal);
    expect(committed).toEqual({ kind: 'ok', value: { kind: 'done', value: null } });
    expect(h.heads.unsafe).toEqual(other.ref);
    expect(h.engine.head).toEqual(other.ref);
  });

  it('needs a parent that the engine has', async () => {
    const parent = { ...GENESIS_REF, hash: hashOf('nowhere'), number: 7n };
    expect(await open(parent)).toEqual(
      refused('failed', `failed to retrieve parent block ${parent.hash}:7 from engine: not found`),
    );
  });

  it('is not opened while the engine cannot be asked for its parent', async () => {
    h.engine.failNext('read', fails(-32000, 'busy'));
    expect(await open()).toEqual(
      refused('failed', `failed to retrieve parent block ${GENESIS_REF.hash}:0 from engine: busy`),
    );
    expect(h.engine.calls.filter((call) => call.method === 'getPayload')).toEqual([]);
  });

  it('is not opened where the engine is VALID but has started no job', async () => {
    h.engine.answerNext('forkchoiceUpdated', VALID);
    expect(await open()).toEqual(
      refused(
        'temporary',
        'temporarily cannot insert new safe block: nil id in forkchoice result when expecting a valid ID',
      ),
    );
  });

  it('does not hide a bug behind a refusal', async () => {
    h.engine.failNext('forkchoiceUpdated', new TypeError('a bug'));
    expect(await open()).toMatchObject({ kind: 'failed', error: { code: 'UNEXPECTED' } });
  });

  it.each([
    [-38003, 'prestate', 'invalid payload attributes: no'],
    [-38002, 'prestate', 'need reset to resolve pre-state problem: no'],
    [-32000, 'temporary', 'temporarily cannot insert new safe block: no'],
  ])('is not opened on %i: %s', async (code, fault, message) => {
    h.engine.failNext('forkchoiceUpdated', fails(code, 'no'));
    expect(await open()).toEqual(refused(fault, message));
    expect(h.heads.resetEpoch).toBe(1);
  });

  it.each([
    ['SYNCING', 'temporary', 'temporarily cannot insert new safe block: SYNCING'],
    ['INVALID', 'prestate', 'invalid payload attributes: INVALID'],
  ] as const)('is not opened on %s', async (status, fault, message) => {
    const answer = { status, latestValidHash: null, validationError: null };
    h.engine.answerNext('forkchoiceUpdated', answer);
    expect(await open()).toEqual(refused(fault, message));
  });

  it.each([
    ['sealBlock', 'seal'],
    ['cancelBlock', 'cancel'],
  ] as const)('%s tells an unknown job from other failures', async (method, what) => {
    const run = async () => {
      const settled = await h.actor[method](info, h.signal);
      return settled.kind === 'ok' ? settled.value : settled;
    };
    h.engine.failNext('getPayload', fails(-38001, 'Unknown payload'));
    expect(await run()).toEqual(refused('unknownPayload', 'unknown payload'));
    h.engine.failNext('getPayload', fails(-32000, 'busy'));
    expect(await run()).toEqual(refused('other', `failed to ${what} payload: busy`));
  });

  describe('and committed where derivation is in the middle of a batch', () => {
    const commit = (block: MadeBlock | undefined) => {
      if (block === undefined) throw new Error('no block');
      return h.actor.commitBlock(block.envelope, h.signal);
    };

    beforeEach(async () => {
      const derived = { attributes, parent: GENESIS_REF, derivedFrom: l1Block(1n) };
      await h.actor.consolidate({ ...derived, concluding: false }, h.signal);
      expect(h.heads.pendingSafe).toEqual(one?.ref);
      await commit(two);
    });

    it('does not take the pending safe head away, which the rest of the batch builds on', async () => {
      expect(await commit(other)).toMatchObject({ value: { kind: 'refused', fault: 'failed' } });
      expect([h.heads.pendingSafe, h.heads.unsafe]).toEqual([one?.ref, two?.ref]);
    });

    it('changes nothing where it is the pending safe block', async () => {
      expect(await commit(one)).toMatchObject({ value: { kind: 'done' } });
      expect([h.heads.pendingSafe, h.heads.unsafe]).toEqual([one?.ref, two?.ref]);
    });
  });

  describe('and committed late', () => {
    const commit = async (block: MadeBlock | undefined) => {
      if (block === undefined) throw new Error('no block');
      const settled = await h.actor.commitBlock(block.envelope, h.signal);
      return settled.kind === 'ok' ? settled.value : settled;
    };

    beforeEach(async () => {
      h.stop.abort();
      const engine = new FakeEngine();
      engine.importAsHead(...late.map(({ envelope }) => envelope));
      h = await new EngineHarness({}, { engine }).start();
      await h.actor.follow(followTarget(at(3)), h.signal);
    });

    it('changes nothing where it is on our chain below the safe head', async () => {
      expect(await commit(late[1])).toEqual({ kind: 'done', value: null });
      expect([h.heads.unsafe, h.heads.safe, h.failure]).toEqual([at(5), at(3), null]);
    });

    it('changes nothing where it is the safe head, whatever is built on it', async () => {
      expect(await commit(late[2])).toEqual({ kind: 'done', value: null });
      expect(h.heads.unsafe).toEqual(at(5));
    });

    it('is refused below and beside the safe head on another chain', async () => {
      expect(await commit(side[1])).toMatchObject({
        fault: 'failed',
        message: expect.stringContaining('is not above the safe head'),
      });
      expect(await commit(side[2])).toMatchObject({ fault: 'failed' });
      h.engine.failNext('read', fails(-32000, 'busy'));
      expect(await commit(late[1])).toEqual(refused('failed', 'failed to insert payload: busy'));
      expect([h.heads.unsafe, h.failure]).toEqual([at(5), null]);
    });

    it('is refused on a chain beside the safe head, and the engine is called back', async () => {
      h.engine.import(...side.map(({ envelope }) => envelope));
      expect(await commit(side[3])).toMatchObject({ fault: 'failed' });
      expect(h.heads.unsafe).toEqual(at(5));
      expect(h.engine.head).toEqual(at(5));
    });
  });

  it('is not committed when it is invalid, unreadable, or cannot be inserted now', async () => {
    if (two === undefined) throw new Error('no block');
    const commit = async (envelope = two.envelope) => {
      const settled = await h.actor.commitBlock(envelope, h.signal);
      return settled.kind === 'ok' ? settled.value : settled;
    };
    h.engine.answerNext('newPayload', {
      ...{ status: 'INVALID', latestValidHash: null },
      validationError: 'bad',
    });
    expect(await commit()).toEqual(refused('invalidInput', 'execution invalid: INVALID (bad)'));
    h.engine.failNext('newPayload', fails(-32000, 'busy'));
    expect(await commit()).toMatchObject({ fault: 'failed' });
    const { executionPayload } = two.envelope;
    const empty = { executionPayload: { ...executionPayload, transactions: [] } };
    expect(await commit(empty)).toMatchObject({
      fault: 'failed',
      message: expect.stringContaining('invalid payload: '),
    });
    expect(h.heads.unsafe).toEqual(one?.ref);
  });
});
