import { beforeEach, describe, expect, it } from 'vitest';
import { OriginCheck } from '../../../src/derive/originCheck.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { abortedError } from '../../../src/runtime/abort.js';
import type { L1BlockRef } from '../../../src/types/block.js';
import { l1Block, NEVER, numberedHash } from '../../support/deriveFakes.js';

const block = l1Block(20);
const failure = new NodeError('TRANSPORT_TIMEOUT', 'no answer', {
  severity: 'temporary',
  fields: { endpoint: 'beacon' },
});

describe('OriginCheck', () => {
  let asked: bigint[];
  let head: L1BlockRef;
  let canonical: L1BlockRef | null | Error;
  let check: OriginCheck;

  beforeEach(() => {
    asked = [];
    head = l1Block(20);
    canonical = block;
    check = new OriginCheck({
      head: () => head,
      l1BlockRefByNumber: async (number) => {
        asked.push(number);
        if (canonical instanceof Error) throw canonical;
        return canonical;
      },
    });
  });

  const judge = (thrown: unknown = failure) => check.judge(thrown, block, NEVER);

  it('says what is waited for, and asks L1 once under each of its heads', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(await judge()).toMatchObject({
        code: 'TRANSPORT_TIMEOUT',
        severity: 'temporary',
        fields: {
          endpoint: 'beacon',
          derivingFrom: { hash: block.hash, number: 20n },
          onL1: 'canonical',
        },
      });
    }
    expect(asked).toEqual([20n]);
    head = l1Block(21);
    await judge();
    await judge();
    expect(asked).toEqual([20n, 20n]);
  });

  it('asks again now and then although the head stays', async () => {
    for (let attempt = 0; attempt < 64; attempt += 1) await judge();
    expect(asked).toHaveLength(4);
  });

  it('makes it a reset once L1 has another block there', async () => {
    await judge();
    head = l1Block(22, { hash: numberedHash(22, 'c') });
    canonical = l1Block(20, { hash: numberedHash(20, 'c') });
    expect(await judge()).toMatchObject({
      code: 'DERIVE_L1_REORG',
      severity: 'reset',
      fields: { number: 20n, hash: block.hash, canonical: canonical.hash, missed: 'no answer' },
      cause: failure,
    });
  });

  it.each([
    ['does not know that height', null],
    ['cannot be asked', new Error('down')],
  ])('leaves it temporary while L1 %s, and asks each time', async (_, answer) => {
    canonical = answer;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(await judge()).toMatchObject({ severity: 'temporary', fields: { onL1: 'unknown' } });
    }
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['an end on purpose', abortedError()],
    ['a reset', new NodeError('DERIVE_BATCH_MISMATCH', 'other', { severity: 'reset' })],
    ['a bug', new NodeError('DERIVE_INVARIANT', 'bug', { severity: 'critical' })],
  ])('lets pass %s without a question', async (_, error) => {
    expect(await judge(error)).toBe(error);
    expect(asked).toEqual([]);
  });
});
