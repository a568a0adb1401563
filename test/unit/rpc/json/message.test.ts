import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BodyReader,
  hasValidId,
  isCall,
  isNotification,
  isResponse,
  parseBody,
} from '../../../../src/rpc/json/message.js';
import type { RpcMessage } from '../../../../src/rpc/json/rpcMessage.js';

const CALL = '"jsonrpc":"2.0","id":1,"method":"a_b"';

function single(body: string): RpcMessage {
  const parsed = parseBody(body);
  if (parsed.kind !== 'single') throw new Error(`${parsed.kind}`);
  return parsed.message;
}

/** Whether the body read in steps is what it is at once. */
function inSteps(body: string, chars: number): void {
  const reader = new BodyReader(body);
  let parsed = reader.read(chars);
  while (parsed === null) parsed = reader.read(chars);
  const whole = parseBody(body);
  if (parsed.kind !== 'batch' || whole.kind !== 'batch') {
    expect(parsed).toEqual(whole);
    return;
  }
  expect(parsed.count).toBe(whole.count);
  const messages: RpcMessage[] = [];
  for (;;) {
    const message = parsed.messages.next(chars);
    if (message === null) break;
    if (message !== 'more') messages.push(message);
  }
  expect(messages).toEqual(batch(body));
  expect(messages).toHaveLength(whole.count);
}

function batch(body: string): RpcMessage[] {
  const parsed = parseBody(body);
  if (parsed.kind !== 'batch') throw new Error(parsed.kind);
  const messages: RpcMessage[] = [];
  for (;;) {
    const message = parsed.messages.next(Number.POSITIVE_INFINITY);
    if (message === null || message === 'more') break;
    messages.push(message);
  }
  expect(messages).toHaveLength(parsed.count);
  return messages;
}

describe('parseBody', () => {
  it('keeps id and parameters as they were sent', () => {
    expect(single(`{"jsonrpc":"2.0","id": 1.50 ,"method":"a_b","params":[ 1 ]}`)).toEqual({
      version: '2.0',
      id: '1.50',
      method: 'a_b',
      params: '[ 1 ]',
      hasOutcome: false,
    });
  });

  it('finds keys in any case, escaped, and with the letters that fold to ASCII', () => {
    const body = '{"JSONRPC":"2.0","\\u0069D":1,"Method":"a_b","param\xc5\xbf":[]}';
    expect(single(body)).toMatchObject({ version: '2.0', id: '1', method: 'a_b', params: '[]' });
  });

  it('lets the last of equal keys win, and a value of the wrong type leaves the field alone', () => {
    const body =
      '{"id":1,"ID":2,"method":"a_b","method":null,"method":7,"jsonrpc":"2.0","jsonrpc":2}';
    expect(single(body)).toMatchObject({ id: '2', method: 'a_b', version: '2.0' });
  });

  it('ignores what follows the first value', () => {
    expect(single(`{${CALL}} x`)).toMatchObject({ method: 'a_b' });
    expect(single(`{${CALL}}{}`)).toMatchObject({ method: 'a_b' });
  });

  it.each(['', ' ', '\n\t\r '])('calls %j empty', (body) => {
    expect(parseBody(body)).toEqual({ kind: 'empty' });
  });

  it.each(['{', '[', '[1,]', '{"id":}', 'nope', '\xef\xbb\xbf{}', '{"id":1,}', '[{}'])(
    'calls %j malformed',
    (body) => {
      expect(parseBody(body)).toEqual({ kind: 'malformed' });
    },
  );

  it.each(['null', '1', '"x"', 'true', '{}'])('reads %s as an empty message', (body) => {
    expect(single(body)).toEqual({
      version: '',
      id: null,
      method: '',
      params: null,
      hasOutcome: false,
    });
  });

  it('reads each element of a batch, whatever it is', () => {
    expect(batch(`[{${CALL}},null,[],7]`).map(({ method }) => method)).toEqual(['a_b', '', '', '']);
    expect(batch(' [ { } , 7 ] ')).toHaveLength(2);
    expect(batch(' [ ] ')).toEqual([]);
  });

  it('reads a body in steps of any size to the same end', () => {
    const bodies = fc
      .array(fc.oneof(fc.json(), fc.constant(`{${CALL},"params":[ {"a" : [1, "b\\\\"]} ]}`)))
      .map((elements) => ` [ ${elements.join(' , ')} ] `);
    const property = fc.property(
      fc.oneof(bodies, fc.json()),
      fc.integer({ min: 1, max: 9 }),
      inSteps,
    );
    fc.assert(property, { seed: 4, numRuns: 300 });
  });
});

describe('kinds of messages', () => {
  it('takes any scalar as an id, null too, and no object or array', () => {
    for (const id of ['null', '1', '"x"', 'true'])
      expect(hasValidId(single(`{"id":${id}}`))).toBe(true);
    for (const id of ['{}', '[1]']) expect(hasValidId(single(`{"id":${id}}`))).toBe(false);
    expect(hasValidId(single('{}'))).toBe(false);
  });

  it('tells calls, notifications and responses apart', () => {
    const notification = single('{"jsonrpc":"2.0","method":"a_b"}');
    expect([isCall(single(`{${CALL}}`)), isCall(notification)]).toEqual([true, false]);
    expect([isNotification(notification), isNotification(single(`{${CALL}}`))]).toEqual([
      true,
      false,
    ]);
    for (const outcome of ['"result":null', '"error":{}', '"error":1']) {
      expect(isResponse(single(`{"jsonrpc":"2.0","id":1,${outcome}}`))).toBe(true);
    }
    for (const rest of ['"error":null', '"result":1,"params":null', '"result":1,"method":"x"']) {
      expect(isResponse(single(`{"jsonrpc":"2.0","id":1,${rest}}`))).toBe(false);
    }
  });
});
