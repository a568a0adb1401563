import { describe, expect, it } from 'vitest';
import { RepeatedAnswer } from '../../../../src/follow/rules/repeatedAnswer.js';
import { at, refsOn } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const A = refsOn(GENESIS_REF, 9, 'a');
const B = refsOn(GENESIS_REF, 9, 'b');
const silent = async () => null;

describe('RepeatedAnswer', () => {
  it('counts the same block in a row', async () => {
    const repeated = new RepeatedAnswer();
    const counts = [];
    for (let i = 0; i < 3; i += 1) counts.push(await repeated.note(at(A, 5), silent));
    expect(counts).toEqual([1, 2, 3]);
  });

  it('starts anew with another block of the same height', async () => {
    const repeated = new RepeatedAnswer();
    await repeated.note(at(A, 5), silent);
    await expect(repeated.note(at(B, 5), async () => at(A, 5))).resolves.toBe(1);
    await expect(repeated.note(at(A, 5), async () => at(A, 5))).resolves.toBe(1);
  });

  it('asks again for the first height when the conflict is seen at another', async () => {
    const repeated = new RepeatedAnswer();
    const asked: bigint[] = [];
    const hashAt = async (number: bigint) => {
      asked.push(number);
      return at(A, Number(number));
    };
    await repeated.note(at(A, 5), hashAt);
    await repeated.note(at(A, 7), hashAt);
    await expect(repeated.note(at(A, 8), hashAt)).resolves.toBe(3);
    expect(asked).toEqual([5n, 5n]);
    await expect(repeated.note(at(A, 9), async () => at(B, 5))).resolves.toBe(1);
    await expect(repeated.note(at(A, 8), silent)).resolves.toBe(1);
  });

  it('forgets when it is cleared', async () => {
    const repeated = new RepeatedAnswer();
    await repeated.note(at(A, 5), silent);
    repeated.clear();
    await expect(repeated.note(at(A, 5), silent)).resolves.toBe(1);
  });
});
