import { describe, expect, it } from 'vitest';
import { SameAnswers } from '../../../src/transport/sameAnswers.js';

function make() {
  const same = new SameAnswers();
  let parsed = 0;
  const read = (question: string, id: number, text: string): unknown => {
    const body = Buffer.from(text);
    return same.read(question, id, body, () => {
      parsed += 1;
      return JSON.parse(text);
    });
  };
  return { read, parsed: () => parsed };
}

const answer = (id: number, result: unknown): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`;

describe('SameAnswers', () => {
  it('gives the same result for the same bytes, under the id of each request', () => {
    const { read, parsed } = make();
    const first = read('q', 9, answer(9, { a: 1 })) as { result: unknown };
    const again = read('q', 10, answer(10, { a: 1 })) as { result: unknown };
    expect(again).toEqual({ jsonrpc: '2.0', id: 10, result: { a: 1 } });
    expect(again.result).toBe(first.result);
    expect(parsed()).toBe(1);
  });

  it('parses what is another answer, and then knows that one', () => {
    const { read, parsed } = make();
    for (const [id, a] of [1, 2, 2, 1].entries()) {
      expect(read('q', id, answer(id, { a }))).toMatchObject({ id, result: { a } });
    }
    expect(parsed()).toBe(3);
  });

  it('keeps questions apart, and of many the newest', () => {
    const { read, parsed } = make();
    for (let q = 0; q < 9; q++) expect(read(`q${q}`, q, answer(q, q))).toMatchObject({ result: q });
    for (let q = 1; q < 9; q++) expect(read(`q${q}`, q, answer(q, q))).toMatchObject({ result: q });
    expect(parsed()).toBe(9);
    read('q0', 1, answer(1, 0));
    expect(parsed()).toBe(10);
  });

  it.each([
    ['under another id', answer(1, 1)],
    ['in another order', '{"id":2,"jsonrpc":"2.0","result":1}'],
    ['with an error', '{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"no"}}'],
    ['with both', '{"jsonrpc":"2.0","id":2,"result":null,"error":{"code":1,"message":"no"}}'],
    ['with two ids', '{"jsonrpc":"2.0","id":2,"result":1,"id":3}'],
    ['with two versions', '{"jsonrpc":"2.0","id":2,"result":1,"jsonrpc":"1.0"}'],
    ['in a batch', `[${answer(2, 1)}]`],
    ['of nothing', '0'],
    ['that is very long', answer(2, 'x'.repeat(70_000))],
  ])('parses an answer %s each time', (_which, text) => {
    const { read, parsed } = make();
    expect(read('q', 2, text)).toEqual(JSON.parse(text));
    expect(read('q', 2, text)).toEqual(JSON.parse(text));
    expect(parsed()).toBe(2);
  });

  it('passes on what is no JSON, each time anew', () => {
    const { read } = make();
    const text = '{"jsonrpc":"2.0","id":2,"result":{';
    expect(() => read('q', 2, text)).toThrow(SyntaxError);
    expect(() => read('q', 2, text)).toThrow(SyntaxError);
  });
});
