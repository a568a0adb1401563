import { describe, expect, it } from 'vitest';
import { AnswerReader, LastHead } from '../../../../bench/rpc/answerReader.js';

const counted = (body: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nVary: Origin\r\n\r\n${body}`;
const chunked = (...parts: string[]) =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${[...parts, '']
    .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
    .join('')}`;

describe('AnswerReader', () => {
  it.each([
    ['counted', counted('{"result":1}')],
    ['empty', counted('')],
    ['chunked', chunked('{"result":', '[0,0]}')],
  ])('finds the end of a %s answer, wherever it is torn, and of the next one', (_, answer) => {
    for (let at = 1; at < answer.length; at++) {
      for (let next = at + 1; next < answer.length; next++) {
        const reader = new AnswerReader();
        const pieces = [answer.slice(0, at), answer.slice(at, next), answer.slice(next)];
        const take = () => pieces.map((piece) => reader.take(Buffer.from(piece)));
        expect([...take(), ...take()]).toEqual([false, false, true, false, false, true]);
      }
    }
  });

  it('goes by the head of this answer, whatever head another connection had last', () => {
    const lastHead = new LastHead();
    const [one, other] = [new AnswerReader(lastHead), new AnswerReader(lastHead)];
    const answers = ['{"result":1}', '', '{"result":12}'].map(counted);
    for (const answer of [...answers, chunked('12'), ...answers, ...answers]) {
      const bytes = Buffer.from(`${answer}behind`);
      expect(one.take(bytes, 20)).toBe(false);
      expect(other.take(bytes, answer.length)).toBe(true);
      expect(one.take(bytes.subarray(20), answer.length - 20)).toBe(true);
    }
  });

  it('refuses an answer that is longer than it says', () => {
    const answer = Buffer.from(`${counted('{"result":1}')}x`);
    const reader = new AnswerReader();
    expect(() => reader.take(answer)).toThrow('more came');
  });

  it('refuses an answer of another status', () => {
    const reader = new AnswerReader();
    const busy = Buffer.from('HTTP/1.1 503 Service Unavailable\r\n\r\n');
    expect(() => reader.take(busy)).toThrow('503');
  });
});
