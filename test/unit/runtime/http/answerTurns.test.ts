import { describe, expect, it } from 'vitest';
import { AnswerTurns } from '../../../../src/runtime/http/answerTurns.js';

const KILOBYTE = 1024;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('AnswerTurns', () => {
  it('has 8 KiB of requests answered at once, the others in later turns and in order', async () => {
    const turns = new AnswerTurns();
    const answered: number[] = [];
    const ask = (of: number): void => {
      if (turns.take(KILOBYTE)) answered.push(of);
      else turns.later(KILOBYTE, () => answered.push(of));
    };
    for (let i = 0; i < 20; i++) ask(i);
    const seen = [answered.length];
    while (answered.length < 20) {
      await nextTurn();
      seen.push(answered.length);
      // Whoever comes later has no turn before those who wait.
      if (answered.length < 20) ask(20 + seen.length);
    }
    expect(seen.slice(0, 3)).toEqual([8, 16, 21]);
    expect(answered.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('answers a request of any size, and others in the next turn', async () => {
    const turns = new AnswerTurns();
    expect(turns.take(100 * KILOBYTE)).toBe(true);
    expect(turns.take(1)).toBe(false);
    await nextTurn();
    expect(turns.take(1)).toBe(true);
  });

  it('goes on where an answer asks for a turn itself', async () => {
    const turns = new AnswerTurns();
    turns.take(8 * KILOBYTE);
    let answers = 0;
    const again = (): void => {
      answers += 1;
      if (answers === 3) return;
      if (turns.take(8 * KILOBYTE)) again();
      else turns.later(8 * KILOBYTE, again);
    };
    turns.later(8 * KILOBYTE, again);
    for (let i = 0; i < 3; i++) await nextTurn();
    expect(answers).toBe(3);
  });
});
