import { beforeEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { checkL1, l1Presence } from '../../../../src/follow/rules/l1Checks.js';
import { FakeFollowL1 } from '../../../support/fakeFollowL1.js';
import { at, refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 30);
/** Origins 7, 5 and 3; current_l1 50. */
const STATUS = statusOf(CHAIN, { safe: 15, localSafe: 21, finalized: 9 });
const LOOKUP = { why: 'waiting', result: 'error_l1_lookup' };
const MISMATCH = { why: 'refused', result: 'error_l1_mismatch' };
const SIGNAL = new AbortController().signal;

describe('checkL1', () => {
  let l1: FakeFollowL1;
  beforeEach(() => {
    l1 = new FakeFollowL1();
  });

  it('confirms all origins and gives current_l1 as our own L1 has it', async () => {
    const lied = { ...l1Block(50n), timestamp: 1n };
    const verdict = await checkL1(l1, { ...STATUS, currentL1: lied }, SIGNAL);
    expect(verdict).toEqual({ kind: 'onL1', currentL1: l1Block(50n) });
  });

  it('looks each height up once, all before the first answer', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const asked: bigint[] = [];
    const slow = {
      l1BlockRefByNumber: async (number: bigint) => {
        asked.push(number);
        await gate;
        return l1Block(number);
      },
    };
    const status = statusOf(CHAIN, {
      safe: 15,
      localSafe: 16,
      finalized: 9,
      currentL1: l1Block(5n),
    });
    const pending = checkL1(slow, status, SIGNAL);
    expect(asked.sort()).toEqual([3n, 5n]);
    release();
    await expect(pending).resolves.toMatchObject({ kind: 'onL1' });
  });

  it.each([
    ['localSafe origin', 7n],
    ['safe origin', 5n],
    ['finalized origin', 3n],
  ])('names the %s that our L1 does not have yet', async (what, number) => {
    l1.failing.add(number);
    await expect(checkL1(l1, STATUS, SIGNAL)).resolves.toMatchObject({
      ...LOOKUP,
      fields: { what },
    });
    l1.failing.clear();
    l1.head = number - 1n;
    await expect(checkL1(l1, STATUS, SIGNAL)).resolves.toMatchObject(LOOKUP);
  });

  it.each([
    ['localSafe origin', { localSafe: { ...at(CHAIN, 21), l1Origin: l1Block(7n, 'x') } }],
    ['safe origin', { safe: { ...at(CHAIN, 15), l1Origin: l1Block(5n, 'x') } }],
    ['finalized origin', { finalized: { ...at(CHAIN, 9), l1Origin: l1Block(3n, 'x') } }],
    ['currentL1', { currentL1: l1Block(50n, 'x') }],
  ])(
    'names the %s that has another hash, after a second read past the cache',
    async (what, lie) => {
      const verdict = await checkL1(l1, { ...STATUS, ...lie }, SIGNAL);
      expect(verdict).toMatchObject({ ...MISMATCH, fields: { what } });
      expect(l1.reads.filter((read) => read.fresh)).toHaveLength(1);
    },
  );

  it('believes the second read where the cache is from before a reorg', async () => {
    await checkL1(l1, STATUS, SIGNAL);
    l1.reorg(50n, 'b');
    const verdict = await checkL1(l1, { ...STATUS, currentL1: l1Block(50n, 'b') }, SIGNAL);
    expect(verdict).toEqual({ kind: 'onL1', currentL1: l1Block(50n, 'b') });
  });

  it('takes heads whose origins check out when only current_l1 cannot be looked up', async () => {
    l1.failing.add(50n);
    await expect(checkL1(l1, STATUS, SIGNAL)).resolves.toEqual({ kind: 'onL1', currentL1: null });
  });

  it('lets a certain difference weigh more than a failed look-up', async () => {
    l1.failing.add(7n);
    const status = { ...STATUS, currentL1: l1Block(50n, 'x') };
    await expect(checkL1(l1, status, SIGNAL)).resolves.toMatchObject(MISMATCH);
  });

  it('asks nothing for a finalized head that the source does not know', async () => {
    await checkL1(l1, statusOf(CHAIN, { safe: 15, currentL1: null }), SIGNAL);
    expect(l1.reads.map((read) => read.number)).toEqual([5n]);
  });

  it('passes on that it was stopped', async () => {
    const aborted = new NodeError('ABORTED', 'stopped', { severity: 'temporary' });
    const stopped = { l1BlockRefByNumber: async () => Promise.reject(aborted) };
    await expect(checkL1(stopped, STATUS, SIGNAL)).rejects.toBe(aborted);
  });
});

describe('l1Presence', () => {
  const blocks = [l1Block(5n), l1Block(50n)];

  it('tells held, gone and unknown apart, past the cache', async () => {
    const l1 = new FakeFollowL1();
    await expect(l1Presence(l1, blocks, SIGNAL)).resolves.toBe('held');
    l1.reorg(50n, 'b');
    await expect(l1Presence(l1, blocks, SIGNAL)).resolves.toBe('gone');
    l1.failing.add(5n);
    await expect(l1Presence(l1, blocks, SIGNAL)).resolves.toBe('gone');
    l1.head = 49n;
    await expect(l1Presence(l1, blocks, SIGNAL)).resolves.toBe('unknown');
    expect(l1.reads.every((read) => read.fresh)).toBe(true);
  });
});
