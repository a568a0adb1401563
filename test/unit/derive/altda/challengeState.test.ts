import { beforeEach, describe, expect, it } from 'vitest';
import { ChallengeState } from '../../../../src/derive/altda/challengeState.js';
import { inputNamed, keccakCommitment } from '../../../support/altDaRig.js';
import { l1Block, numberedHash } from '../../../support/deriveFakes.js';

const [A, B] = [keccakCommitment(inputNamed('a')), keccakCommitment(inputNamed('b'))];
const BY = { block: numberedHash(1, 'e'), index: 0 };
let state: ChallengeState;

beforeEach(() => {
  state = new ChallengeState({ challenge: 6n, resolve: 6n });
});

describe('ChallengeState', () => {
  it('settles a commitment at the end of its window, and is final once L1 has finalized that', () => {
    state.track(A, l1Block(2));
    expect([state.settle(7n), state.isIdle, state.lastFinal]).toEqual([null, false, null]);
    state.finalize(100n);
    expect(state.lastFinal).toBeNull();
    expect(state.settle(8n)).toBeNull();
    state.finalize(7n);
    expect(state.lastFinal).toBeNull();
    state.finalize(8n);
    expect([state.lastFinal, state.isIdle]).toEqual([l1Block(2), true]);
  });

  it('waits for the end of the resolve window where there is a challenge', () => {
    state.track(B, l1Block(20));
    state.challenged({ commitment: B, committedAt: 20n }, 24n);
    expect(state.challengeOf(B, 20n)).toEqual({
      status: 'active',
      resolvedBy: null,
      resolveWindowEnd: 30n,
    });
    expect(state.resolved({ commitment: B, committedAt: 20n }, BY)).toBe(true);
    expect(state.challengeOf(B, 20n)).toMatchObject({ status: 'resolved', resolvedBy: BY });
    expect([state.settle(29n), state.expireChallenges(29n)]).toEqual([null, 0]);
    state.finalize(40n);
    expect(state.lastFinal).toBeNull();
    expect([state.expireChallenges(30n), state.settle(30n)]).toEqual([0, null]);
    state.finalize(29n);
    expect([state.lastFinal, state.isIdle]).toEqual([null, false]);
    state.finalize(30n);
    expect([state.lastFinal, state.isIdle]).toEqual([l1Block(20), true]);
  });

  it('says what is lost when the turn comes, and knows it after commitments are forgotten', () => {
    state.track(A, l1Block(1));
    state.challenged({ commitment: B, committedAt: 2n }, 3n);
    state.challenged({ commitment: A, committedAt: 1n }, 5n);
    expect([state.expireChallenges(10n), state.settle(10n)]).toEqual([1, null]);
    expect([state.expireChallenges(11n), state.settle(11n)]).toEqual([1, A]);
    state.finalize(1n);
    expect(state.lastFinal).toBeNull();
    state.forgetCommitments();
    expect([A, B].map((one, i) => state.challengeOf(one, BigInt(i + 1))?.status)).toEqual([
      'expired',
      'expired',
    ]);
    state.finalize(201n);
    expect(state.isIdle).toBe(true);
    // What is final of a challenge no longer holds anything up, and is still known.
    expect(state.challengeOf(A, 1n)?.status).toBe('expired');
    state.forgetBefore(11n);
    expect([A, B].map((one, i) => state.challengeOf(one, BigInt(i + 1))?.status)).toEqual([
      'expired',
      undefined,
    ]);
  });

  it('knows challenges by commitment and block', () => {
    state.challenged({ commitment: A, committedAt: 2n }, 3n);
    expect([state.challengeOf(A, 3n), state.challengeOf(B, 2n)]).toEqual([null, null]);
    expect(state.resolved({ commitment: A, committedAt: 3n }, BY)).toBe(false);
  });

  it('takes the last challenge of a commitment, and what it says of the window', () => {
    state.challenged({ commitment: A, committedAt: 2n }, 3n);
    state.challenged({ commitment: B, committedAt: 2n }, 4n);
    state.challenged({ commitment: A, committedAt: 2n }, 5n);
    state.expireChallenges(10n);
    expect(state.challengeOf(A, 2n)?.status).toBe('active');
    state.forgetBefore(11n);
    expect([state.challengeOf(A, 2n)?.status, state.challengeOf(B, 2n)]).toEqual(['active', null]);
  });

  it('can take back what was tracked last', () => {
    state.track(A, l1Block(2));
    state.track(B, l1Block(3));
    state.untrackLast();
    state.settle(100n);
    state.finalize(100n);
    expect(state.lastFinal).toEqual(l1Block(2));
  });

  it('forgets all but what is final', () => {
    state.track(A, l1Block(2));
    state.settle(8n);
    state.finalize(8n);
    state.track(B, l1Block(9));
    state.challenged({ commitment: B, committedAt: 9n }, 10n);
    state.forgetAll();
    expect([state.isIdle, state.challengeOf(B, 9n), state.lastFinal]).toEqual([
      true,
      null,
      l1Block(2),
    ]);
  });
});
