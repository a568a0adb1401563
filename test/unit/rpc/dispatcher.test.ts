import { beforeEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { Caller } from '../../../src/rpc/batchRun.js';
import { Dispatcher } from '../../../src/rpc/dispatcher.js';
import { GO_UINT64 } from '../../../src/rpc/json/goHex.js';
import { type MethodRow, methodRow } from '../../../src/rpc/methods/methodRow.js';
import { RpcMetrics } from '../../../src/rpc/rpcMetrics.js';
import { Turns } from '../../../src/runtime/turns.js';
import type { RpcAnswer } from '../../../src/telemetry/rpcMetrics.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';

const callerOf = (stopped: AbortSignal): Caller => ({
  stopped,
  isGone: false,
  malformed: 'parse error',
  holds: () => undefined,
});
const running = callerOf(new AbortController().signal);
const call = (method: string, rest = '"params":[]', id = '1'): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}",${rest}}`;
const result = (json: string, id = '1'): string => `{"jsonrpc":"2.0","id":${id},"result":${json}}`;
const error = (code: number, message: string, id = '1'): string =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"${message}"}}`;

describe('Dispatcher', () => {
  let clock: FakeClock;
  let log: FakeLogger;
  let called: string[];
  let served: [method: string, params: number, answer: RpcAnswer | null][];
  let notified: string[];
  let lastSignal: AbortSignal | null;
  let dispatcher: Dispatcher;
  let parsed: string[];

  function rows(): readonly MethodRow[] {
    const method = (
      name: string,
      run: (signal: AbortSignal) => string | Promise<string>,
    ): MethodRow =>
      methodRow<[], string>({
        name,
        params: [],
        result: (json) => json,
        call: (_, signal) => {
          called.push(name);
          lastSignal = signal;
          return run(signal);
        },
      });
    return [
      methodRow<[], string>({
        name: 't_kept',
        params: [],
        result: String,
        call: () => '"kept"',
        kept: () => '"kept"',
      }),
      methodRow({
        name: 't_echo',
        params: [GO_UINT64],
        result: String,
        call: async ([n]: [bigint]) => n,
      }),
      method('t_slow', () => new Promise(() => {})),
      method('t_fails', () => {
        throw new NodeError('RPC_ERROR', 'it <failed>', {
          severity: 'temporary',
          cause: new Error('inner'),
        });
      }),
      method('t_crashes', () => {
        throw new TypeError('secret stack');
      }),
      method('t_null', () => 'null'),
    ];
  }

  beforeEach(() => {
    clock = new FakeClock();
    log = new FakeLogger();
    called = [];
    served = [];
    notified = [];
    lastSignal = null;
    parsed = [];
    const methods = rows().map((row) => ({
      ...row,
      parse: (params: string | null) => {
        parsed.push(row.name);
        return row.parse(params);
      },
    }));
    const recorders = {
      served: {
        start: (method: string, params: number) => (answer: RpcAnswer | null) =>
          served.push([method, params, answer]),
        answered: (method: string, params: number, answer: RpcAnswer) =>
          served.push([method, params, answer]),
        notification: () => {},
      },
      received: { notification: (method: string) => notified.push(method) },
    };
    dispatcher = new Dispatcher({
      methods,
      metrics: new RpcMetrics(
        recorders,
        methods.map((row) => row.name),
      ),
      turns: new Turns(),
      clock,
      log,
    });
  });

  const answer = async (body: string): Promise<string> => dispatcher.answer(body, running);

  it('reads the arguments of a call once, be its result kept or computed', async () => {
    for (const name of ['t_kept', 't_echo', 't_fails']) {
      parsed = [];
      await answer(call(name, name === 't_echo' ? '"params":["0x1"]' : '"params":[]'));
      expect(parsed).toEqual([name]);
    }
  });

  it('answers a batch whose results are all kept at once', () => {
    const batch = `[${call('t_kept')},${call('t_kept')},7]`;
    const answers = `[${result('"kept"')},${result('"kept"')},${error(-32600, 'invalid request', 'null')}]`;
    expect(dispatcher.answer(batch, running)).toBe(`${answers}\n`);
  });

  it('gives up a batch whose caller is gone', async () => {
    const gone = { ...running, isGone: true };
    const batch = Array(200).fill(call('t_null')).join(',');
    await dispatcher.answer(`[${batch}]`, gone);
    expect(called.length).toBeLessThan(100);
    expect(await dispatcher.answer(`[${Array(20).fill(batch).join(',')}]`, gone)).toBe('');
  });

  it('says of a body whose time was up that it was, unless its message is there', async () => {
    const late: Caller = { ...running, malformed: 'read timeout' };
    for (const body of ['', '{"jsonrpc":']) {
      expect(dispatcher.answer(body, late)).toBe(error(-32700, 'read timeout', 'null'));
    }
    expect(dispatcher.answer(call('t_kept'), late)).toBe(`${result('"kept"')}\n`);
  });

  it('tells the caller how much of an answer there is', async () => {
    const held: number[] = [];
    const caller: Caller = { ...running, holds: (bytes) => held.push(bytes) };
    await dispatcher.answer(`[${Array(200).fill(call('t_kept')).join(',')}]`, caller);
    const bytes = result('"kept"').length + 1;
    expect(held).toEqual([64 * bytes, 128 * bytes, 192 * bytes]);
  });

  it('answers kept results at once, without a promise', () => {
    expect(dispatcher.answer(call('t_kept'), running)).toBe(`${result('"kept"')}\n`);
  });

  it('answers computed results, and cancels the deadline behind them', async () => {
    expect(await answer(call('t_echo', '"params":["0x10"]', '1.50'))).toBe(
      `${result('16', '1.50')}\n`,
    );
    expect(clock.pendingTimers).toBe(0);
  });

  it('answers a failure with its bare message and a crash without any of it', async () => {
    expect(await answer(call('t_fails'))).toBe(`${error(-32000, 'it \\u003cfailed\\u003e')}\n`);
    const crash = await answer(call('t_crashes'));
    expect(crash).toBe(`${error(-32603, 'method handler crashed')}\n`);
    expect(log.find('RPC method crashed')).toHaveLength(1);
  });

  it('answers a result of null', async () => {
    expect(await answer(call('t_null'))).toBe(`${result('null')}\n`);
  });

  it('gives up after 29.9 seconds: -32002, no line end, and the method is told', async () => {
    const pending = answer(call('t_slow'));
    await clock.advance(29_899);
    expect(lastSignal?.aborted).toBe(false);
    await clock.advance(1);
    expect(await pending).toBe(error(-32002, 'request timed out'));
    expect(lastSignal?.aborted).toBe(true);
  });

  it('answers what a batch has when its time is up, and a timeout for each call that is left', async () => {
    const batch = [
      call('t_kept'),
      call('t_slow', '"params":[]', '2'),
      '{"jsonrpc":"2.0","method":"t_kept"}',
      call('t_kept', '"params":[]', '3'),
    ];
    const pending = answer(`[${batch.join(',')}]`);
    await clock.advance(29_900);
    expect(await pending).toBe(
      `[${result('"kept"')},${error(-32002, 'request timed out', '2')},${error(-32002, 'request timed out', '3')}]`,
    );
  });

  it('gives up when the server stops', async () => {
    const stopping = new AbortController();
    const pending = dispatcher.answer(call('t_slow'), callerOf(stopping.signal));
    stopping.abort();
    expect(await pending).toBe(error(-32002, 'request timed out'));
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs notifications and answers nothing', async () => {
    expect(await answer('{"jsonrpc":"2.0","method":"t_null"}')).toBe('');
    expect(await answer('[{"jsonrpc":"2.0","method":"t_fails"}]')).toBe('');
    expect(called).toEqual(['t_null', 't_fails']);
    expect(notified).toEqual(['t_null', 't_fails']);
    expect(served).toEqual([]);
  });

  it('drops answers to requests that it never sent, and events', async () => {
    expect(await answer('{"jsonrpc":"2.0","id":1,"result":1}')).toBe('');
    expect(await answer('{"jsonrpc":"2.0","method":"x_subscription"}')).toBe('');
    expect(await answer(`[{"jsonrpc":"2.0","id":1,"error":{}},${call('t_kept')}]`)).toBe(
      `[${result('"kept"')}]\n`,
    );
    expect(notified).toEqual([]);
  });

  it.each([
    ['{', error(-32700, 'parse error', 'null')],
    ['[]', error(-32600, 'empty batch', 'null')],
    ['', ''],
    ['{"id":7}', `${error(-32600, 'invalid request', '7')}\n`],
    ['[1]', `[${error(-32600, 'invalid request', 'null')}]\n`],
    [call('t_none'), `${error(-32601, 'the method t_none does not exist/is not available')}\n`],
    [call('x_subscribe'), `${error(-32601, 'notifications not supported')}\n`],
    [call('x_unsubscribe', '"params":["0x1"]'), `${error(-32000, 'subscription not found')}\n`],
    [
      call('x_unsubscribe', '"params":[1]'),
      `${error(-32602, 'invalid argument 0: json: cannot unmarshal number into Go value of type rpc.ID')}\n`,
    ],
    [
      call('z'.repeat(2048)),
      `${error(-32601, `the method ${'z'.repeat(2048)} does not exist/is not available`)}\n`,
    ],
    [
      call('\xc3\xa9'.repeat(1025)),
      `${error(-32600, 'method name too long: 2050 \\u003e 2048')}\n`,
    ],
    [call('t_echo'), `${error(-32602, 'missing value for required argument 0')}\n`],
  ])('answers %.60s as go-ethereum does', async (body, expected) => {
    expect(await answer(body)).toBe(expected);
  });

  it('works off a batch in order, one answer for one call', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => i);
    const batch = ids.map((i) =>
      i % 2 ? call('t_kept', '"params":[]', `${i}`) : call('t_echo', '"params":["0x1"]', `${i}`),
    );
    const answers = JSON.parse(await answer(`[${batch.join(',')}]`)) as {
      id: number;
      result: unknown;
    }[];
    expect(answers.map(({ id }) => id)).toEqual(ids);
    expect(answers.map(({ result: r }) => r)).toEqual(ids.map((i) => (i % 2 ? 'kept' : 1)));
  });

  it('records each request with its sizes and error code', async () => {
    await answer(call('t_kept'));
    await answer(call('t_echo', '"params":["0x1"]'));
    await answer(call('t_fails', '"params":[]'));
    await answer('7');
    expect(served).toEqual([
      ['t_kept', 2, { errorCode: null, bytes: 6 }],
      ['t_echo', 7, { errorCode: null, bytes: 1 }],
      ['t_fails', 2, { errorCode: -32000, bytes: 0 }],
      ['', 0, { errorCode: -32600, bytes: 0 }],
    ]);
  });
});

describe('RpcMetrics', () => {
  it('names the first 128 made-up methods, the rest are one series', () => {
    const names = new Set<string>();
    const notification = (method: string) => names.add(method);
    const start = (method: string) => {
      names.add(method);
      return () => {};
    };
    const metrics = new RpcMetrics(
      { served: { start, answered: start, notification }, received: { notification } },
      ['a_known'],
    );
    for (let i = 0; i < 1000; i++) metrics.start(`x_${i}`, 0);
    metrics.start('y'.repeat(65), 0);
    metrics.notified('z_new');
    metrics.start('a_known', 0);
    metrics.answered('x_5', 0, { errorCode: null, bytes: 1 });
    expect(names.size).toBe(130);
    expect(names).toContain('other');
    expect(names).toContain('a_known');
  });
});
