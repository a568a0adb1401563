import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeAnswer,
  decodeBatchAnswer,
  encodeCall,
  MalformedAnswer,
} from '../../../src/transport/jsonRpcCodec.js';
import { RpcError } from '../../../src/transport/ports.js';

const call = encodeCall(7, { method: 'eth_x', params: ['0x1', true] });
const other = encodeCall(8, { method: 'eth_y', params: [] });
const result = (id: unknown, value: unknown = 'r') => ({ jsonrpc: '2.0', id, result: value });
const error = (id: unknown, code: unknown = -32000, message: unknown = 'no') => ({
  jsonrpc: '2.0',
  id,
  error: { code, message },
});

describe('encodeCall', () => {
  it('makes a JSON-RPC 2.0 request and counts the bytes of its params', () => {
    expect(JSON.parse(call.json)).toEqual({
      jsonrpc: '2.0',
      id: 7,
      method: 'eth_x',
      params: ['0x1', true],
    });
    expect(encodeCall(1, { method: 'm', params: ['ü'] }).paramsBytes).toBe(6);
    expect(other.paramsBytes).toBe(0);
  });

  it('writes a bigint as a number with all its digits', () => {
    const params = [{ fee: 18_446_744_073_709_551_615n, list: [-1n, '"0"'] }, '12'];
    const { json, paramsBytes } = encodeCall(1, { method: 'm', params });
    const text = '[{"fee":18446744073709551615,"list":[-1,"\\"0\\""]},"12"]';
    expect(json).toBe(`{"jsonrpc":"2.0","id":1,"method":"m","params":${text}}`);
    expect(paramsBytes).toBe(text.length);
  });

  it('escapes the method', () => {
    expect(JSON.parse(encodeCall(1, { method: 'a"b', params: [] }).json).method).toBe('a"b');
  });
});

describe('decodeAnswer', () => {
  it.each([
    ['a result', result(7, { a: 1 }), { a: 1 }],
    ['a null result', result(7, null), null],
    ['a result beside a null error', { ...result(7), error: null }, 'r'],
  ])('takes %s', (_name, answer, value) => {
    expect(decodeAnswer(answer, call)).toEqual({ kind: 'ok', result: value });
  });

  it.each([
    ['an error', error(7)],
    ['an error beside a null result', { ...error(7), result: null }],
    ['an error whose id the server could not read', error(null)],
  ])('takes %s', (_name, answer) => {
    const outcome = decodeAnswer(answer, call);
    expect(outcome).toMatchObject({ kind: 'error', error: { rpcCode: -32000, message: 'no' } });
    expect(outcome.kind === 'error' && outcome.error).toBeInstanceOf(RpcError);
  });

  it('keeps the data of an error', () => {
    const answer = { jsonrpc: '2.0', id: 7, error: { code: 3, message: 'm', data: '0x08' } };
    expect(decodeAnswer(answer, call)).toMatchObject({ error: { data: '0x08' } });
  });

  it('cuts the texts of an error, says so, and keeps no object of it', () => {
    const long = 'x'.repeat(100_000);
    const of = (data: unknown) =>
      decodeAnswer({ jsonrpc: '2.0', id: 7, error: { code: 3, message: long, data } }, call);
    const cut = `${'x'.repeat(1_000)}… (cut, 100000 characters)`;
    expect(of(long)).toMatchObject({ error: { message: cut, data: cut } });
    expect(of({ a: [long] })).toMatchObject({ error: { message: cut, data: undefined } });
    expect(of(null)).toMatchObject({ error: { data: null } });
  });

  it.each([
    ['null', null],
    ['a number', 7],
    ['a string', 'x'],
    ['a list', [result(7)]],
    ['no version', { id: 7, result: 1 }],
    ['another version', { ...result(7), jsonrpc: '1.0' }],
    ['no id', { jsonrpc: '2.0', result: 1 }],
    ['the id of another call', result(8)],
    ['the id as a string', result('7')],
    ['a result without an id', result(null)],
    ['neither result nor error', { jsonrpc: '2.0', id: 7 }],
    ['a null error alone', { jsonrpc: '2.0', id: 7, error: null }],
    ['both result and error', { ...error(7), result: 1 }],
    ['an error that is no object', { jsonrpc: '2.0', id: 7, error: 'x' }],
    ['an error without a code', error(7, null)],
    ['an error whose code is no integer', error(7, 1.5)],
    ['an error whose code is a string', error(7, '-32000')],
    ['an error without a message', error(7, 1, null)],
  ])('refuses %s', (_name, answer) => {
    expect(() => decodeAnswer(answer, call)).toThrow(MalformedAnswer);
  });

  it('gives an outcome or refuses, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (answer) => {
        for (const decode of [
          () => decodeAnswer(answer, call),
          () => decodeBatchAnswer(answer, [call, other]),
        ]) {
          try {
            decode();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(MalformedAnswer);
          }
        }
      }),
      { seed: 5 },
    );
  });
});

describe('decodeBatchAnswer', () => {
  const calls = [call, other];

  it('puts answers in any order into the order of the calls', () => {
    expect(decodeBatchAnswer([result(8, 'b'), result(7, 'a')], calls)).toEqual([
      { kind: 'ok', result: 'a' },
      { kind: 'ok', result: 'b' },
    ]);
  });

  it('lets single calls fail', () => {
    expect(decodeBatchAnswer([error(7), result(8)], calls)).toMatchObject([
      { kind: 'error', error: { fields: { method: 'eth_x' } } },
      { kind: 'ok' },
    ]);
  });

  it('takes one error object as the answer to every call', () => {
    expect(decodeBatchAnswer(error(null, -32600, 'too large'), calls)).toMatchObject([
      { error: { rpcCode: -32600, fields: { method: 'eth_x' } } },
      { error: { rpcCode: -32600, fields: { method: 'eth_y' } } },
    ]);
  });

  it('takes a batch of which only errors came back as refused', () => {
    expect(decodeBatchAnswer([error(7, -32600, 'batch too large')], calls)).toMatchObject([
      { error: { message: 'batch too large' } },
      { error: { message: 'batch too large' } },
    ]);
  });

  it.each([
    ['one result for the whole batch', result(7)],
    ['an empty list', []],
    ['a missing answer beside a result', [result(7)]],
    ['an unknown id', [result(7), result(9)]],
    ['an id answered twice', [result(7), result(7)]],
    ['an element that is no response', [result(7), 5]],
    ['an error without an id in the list', [error(null), result(8)]],
  ])('refuses %s', (_name, answer) => {
    expect(() => decodeBatchAnswer(answer, calls)).toThrow(MalformedAnswer);
  });
});
