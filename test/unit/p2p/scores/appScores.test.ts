import { describe, expect, it } from 'vitest';
import { DisabledAppScores, LightAppScores } from '../../../../src/p2p/scores/appScores.js';
import { DECAY_PER_SLOT } from '../../../../src/p2p/scores/parameters.js';

const times = (count: number, run: () => void) => {
  for (let i = 0; i < count; i++) run();
};

describe('application scores', () => {
  it('are half a point for an answer, up to five', () => {
    const scores = new LightAppScores();
    expect(scores.score('p')).toBe(0);
    scores.validResponse('p');
    expect(scores.score('p')).toBe(0.5);
    times(50, () => scores.validResponse('p'));
    expect(scores.score('p')).toBe(5);
  });

  it('are a point less for a failure, down to nine', () => {
    const scores = new LightAppScores();
    times(50, () => scores.errorResponse('p'));
    expect(scores.score('p')).toBe(-9);
  });

  it('are twenty less for a block that was thrown out, down to four hundred', () => {
    const scores = new LightAppScores();
    scores.rejectedPayload('p');
    expect(scores.score('p')).toBe(-20);
    times(50, () => scores.rejectedPayload('p'));
    expect(scores.score('p')).toBe(-400);
    expect(scores.counters('p')).toEqual({
      validResponses: 0,
      errorResponses: 0,
      rejectedPayloads: 20,
    });
  });

  it('add up, for each peer alone', () => {
    const scores = new LightAppScores();
    scores.validResponse('p');
    scores.errorResponse('p');
    scores.rejectedPayload('q');
    expect([scores.score('p'), scores.score('q'), scores.score('r')]).toEqual([-0.5, -20, 0]);
  });

  it('fall to a hundredth in sixty slots, and then to nothing, of connected peers alone', () => {
    const scores = new LightAppScores();
    for (const peer of ['here', 'gone']) times(2, () => scores.rejectedPayload(peer));
    scores.decay(['here', 'unknown']);
    expect(scores.score('here')).toBeCloseTo(-40 * DECAY_PER_SLOT, 10);
    times(59, () => scores.decay(['here']));
    expect(scores.score('here')).toBeCloseTo(-0.4, 10);
    expect(scores.score('gone')).toBe(-40);
    times(10, () => scores.decay(['here']));
    expect(scores.counters('here')).toEqual({
      validResponses: 0,
      errorResponses: 0,
      rejectedPayloads: 0,
    });
  });

  it('can be restored, listed and forgotten', () => {
    const scores = new LightAppScores();
    const counters = { validResponses: 2, errorResponses: 1, rejectedPayloads: 0 };
    scores.restore('p', counters);
    expect(scores.score('p')).toBe(0);
    expect([...scores.all()]).toEqual([['p', counters]]);
    scores.forget('p');
    expect([...scores.all()]).toEqual([]);
  });

  it('are kept of a thousand peers', () => {
    const scores = new LightAppScores();
    for (let peer = 0; peer < 1001; peer++) scores.errorResponse(`p${peer}`);
    expect([scores.score('p0'), scores.score('p1'), scores.score('p1000')]).toEqual([0, -1, -1]);
  });

  it('are nothing where they are off', () => {
    const scores = new DisabledAppScores();
    scores.validResponse();
    scores.errorResponse();
    scores.rejectedPayload();
    scores.decay();
    expect([scores.score(), scores.counters().errorResponses]).toEqual([0, 0]);
  });
});
