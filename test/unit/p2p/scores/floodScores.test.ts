import { describe, expect, it } from 'vitest';
import { FloodScores, type MessageFault } from '../../../../src/p2p/scores/floodScores.js';

const BAN = -100;
const GRAYLIST = -40;

describe('messages that are not the sequencer\u2019s', () => {
  const flooded = (fault: MessageFault, count: number): FloodScores => {
    const floods = new FloodScores();
    for (let index = 0; index < count; index++) floods.count('peer', fault);
    return floods;
  };

  it.each([
    ['garbage', 10, 0],
    ['garbage', 30, -100],
    ['garbage', 1_000, -200],
    ['stranger', 60, 0],
    ['stranger', 80, -20],
    ['stranger', 1_000, -60],
  ] as const)('%s, %d of them: %d', (fault, count, score) => {
    expect(flooded(fault, count).score('peer')).toBe(score);
  });

  it('of strangers are ignored for a while at most, garbage is banned', () => {
    expect(flooded('stranger', 10_000).score('peer')).toBeLessThan(GRAYLIST);
    expect(flooded('stranger', 10_000).score('peer')).toBeGreaterThan(BAN);
    expect(flooded('garbage', 10_000).score('peer')).toBeLessThan(BAN);
  });

  it('cost an honest peer nothing while L1 has a new signer that we have not read yet', () => {
    const floods = new FloodScores();
    for (let slot = 0; slot < 600; slot++) {
      for (let block = 0; block < 4; block++) floods.count('peer', 'stranger');
      expect(floods.score('peer')).toBe(0);
      floods.decay();
    }
  });

  it('are forgotten, at once where peers are too many', () => {
    const floods = flooded('garbage', 1_000);
    for (let slot = 0; slot < 30; slot++) floods.decay();
    expect(floods.score('peer')).toBe(0);
    const many = flooded('garbage', 1_000);
    for (let index = 0; index < 1_000; index++) many.count(`peer ${index}`, 'garbage');
    expect(many.score('peer')).toBe(0);
    expect(many.score('nobody')).toBe(0);
  });
});
