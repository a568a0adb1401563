import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../../src/rpc/json/message.js';
import type { RpcMessage } from '../../../../src/rpc/json/rpcMessage.js';
import { usualBatch } from '../../../../src/rpc/json/usualBatch.js';
import { rpcBodies } from '../../../support/rpcBodies.js';

/** What is read of a body, whichever way: a space before it keeps it from the short one. */
function read(body: string): unknown {
  const parsed = parseBody(body);
  if (parsed.kind !== 'batch') return parsed;
  const messages: (RpcMessage | 'more' | null)[] = [];
  for (let i = 0; i <= parsed.count; i++) messages.push(parsed.messages.next(Infinity));
  return { count: parsed.count, messages };
}

describe('usualBatch', () => {
  it('finds the calls of a batch as Go and JSON.stringify write it', () => {
    const body = JSON.stringify([
      { jsonrpc: '2.0', id: 1, method: 'optimism_syncStatus', params: [] },
      { jsonrpc: '2.0', id: 20, method: 'optimism_outputAtBlock', params: ['0x10'] },
    ]);
    expect(usualBatch(body)).toEqual([
      { version: '2.0', id: '1', method: 'optimism_syncStatus', params: '[]', hasOutcome: false },
      {
        ...{ version: '2.0', id: '20', method: 'optimism_outputAtBlock' },
        ...{ params: '["0x10"]', hasOutcome: false },
      },
    ]);
  });

  it.each([
    ['an empty one', '[]'],
    ['what stands behind it', '[{"jsonrpc":"2.0","id":1,"method":"a_b","params":[]}] '],
    ['a leading zero', '[{"jsonrpc":"2.0","id":01,"method":"a_b","params":[]}]'],
    [
      'what is no comma between two',
      '[{"jsonrpc":"2.0","id":1,"method":"a_b","params":[]};{"jsonrpc":"2.0","id":1,"method":"a_b","params":[]}]',
    ],
    ['no end', '[{"jsonrpc":"2.0","id":1,"method":"a_b","params":[]},'],
    ['a call that is no call', '[{"jsonrpc":"2.0","id":1,"method":"a_b","params":[]},1]'],
  ])('leaves %s to the reader of all', (_, body) => {
    expect(usualBatch(body)).toBeNull();
  });

  it('leaves long ones to the reader that takes turns', () => {
    const one = '{"jsonrpc":"2.0","id":1,"method":"a_b","params":[]}';
    expect(usualBatch(`[${Array(100).fill(one).join(',')}]`)).toHaveLength(100);
    expect(usualBatch(`[${Array(1_000).fill(one).join(',')}]`)).toBeNull();
  });

  it('finds nothing else than the reader of all finds', () => {
    const compare = (body: string): void => {
      expect(read(body)).toEqual(read(` ${body}`));
    };
    fc.assert(fc.property(rpcBodies, compare), { seed: 7, numRuns: 10_000 });
  });
});
