import { describe, expect, it } from 'vitest';
import type { RpcAnswer } from '../../../src/telemetry/rpcMetrics.js';
import type { Wire, WireMessage } from '../../../src/transport/rpcCaller.js';
import { RpcCaller } from '../../../src/transport/rpcCaller.js';
import type { RpcClientOptions } from '../../../src/transport/rpcClientOptions.js';
import { resolveOptions } from '../../../src/transport/rpcClientOptions.js';
import { FakeClock } from '../../support/fakeClock.js';
import { echoAnswer } from '../../support/rpcTestServer.js';
import { rejection } from '../../support/until.js';

interface Sent {
  readonly message: WireMessage;
  readonly signal: AbortSignal;
  answer(value?: unknown): void;
  fail(error: unknown): void;
}

/** A caller over a wire whose answers the test gives. */
function setUp(options: Partial<RpcClientOptions> = {}) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const wire: Wire = {
    exchange: (message, signal) =>
      new Promise((resolve, reject) => {
        const parsed = JSON.parse(message.json);
        const echo = Array.isArray(parsed) ? parsed.map(echoAnswer) : echoAnswer(parsed);
        const answer = (value: unknown = echo) => resolve({ value, bytes: 100 });
        sent.push({ message, signal, answer, fail: reject });
      }),
  };
  const records: [string, number, RpcAnswer | null | 'open'][] = [];
  const recorder = {
    start: (method: string, bytes: number) => {
      const at = records.push([method, bytes, 'open']) - 1;
      return (answer: RpcAnswer | null) => {
        records[at] = [method, bytes, answer];
      };
    },
    notification: () => undefined,
  };
  const resolved = resolveOptions({ url: 'http://host', ...options });
  const deps = { clock, random: () => 0, wire, recorder };
  return { clock, sent, records, caller: new RpcCaller(resolved, deps) };
}

const calls = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ method: 'm', params: [i] }));

describe('RpcCaller', () => {
  it('never uses an id twice', async () => {
    const { caller, sent, clock } = setUp();
    const all = [caller.request({ method: 'a', params: [] }), caller.batch(calls(3))];
    await clock.flush();
    expect(sent.flatMap(({ message }) => message.ids)).toEqual([1, 2, 3, 4]);
    for (const one of sent) one.answer();
    await Promise.all(all);
  });

  it('splits a batch at the limit, sends the parts together and keeps the order', async () => {
    const { caller, sent, clock } = setUp({ maxBatchSize: 2 });
    const outcomes = caller.batch(calls(5));
    await clock.flush();
    expect(sent.map(({ message }) => message.ids.length)).toEqual([2, 2, 1]);
    for (const one of [...sent].reverse()) one.answer();
    expect((await outcomes).map((o) => o.kind === 'ok' && o.result)).toEqual(
      calls(5).map(({ method, params }) => ({ method, params })),
    );
  });

  it('sends a batch in one piece where there is no limit, and an empty one not at all', async () => {
    const { caller, sent, clock } = setUp({ maxBatchSize: 0 });
    const outcomes = caller.batch(calls(50));
    await clock.flush();
    expect(sent).toHaveLength(1);
    sent[0]?.answer();
    expect(await outcomes).toHaveLength(50);
    expect(await caller.batch([])).toEqual([]);
    expect(sent).toHaveLength(1);
  });

  it('sends a batch of one as a batch', async () => {
    const { caller, sent, clock } = setUp();
    const outcomes = caller.batch(calls(1));
    await clock.flush();
    expect(sent[0]?.message.json.startsWith('[{')).toBe(true);
    sent[0]?.answer();
    expect(await outcomes).toMatchObject([{ kind: 'ok' }]);
  });

  it('keeps what came of a batch when one part fails: the calls of that part have its failure', async () => {
    const { caller, sent, clock } = setUp({ maxBatchSize: 1 });
    const outcomes = caller.batch(calls(3));
    await clock.flush();
    sent[1]?.answer({ nonsense: true });
    sent[0]?.answer();
    sent[2]?.answer();
    expect(await outcomes).toMatchObject([
      { kind: 'ok', result: { params: [0] } },
      { kind: 'error', error: { code: 'TRANSPORT_MALFORMED' } },
      { kind: 'ok', result: { params: [2] } },
    ]);
  });

  it('sends no more parts of a batch after one has failed, and waits for those under way', async () => {
    const { caller, sent, clock } = setUp({ maxBatchSize: 1, maxConcurrent: 2 });
    const outcomes = caller.batch(calls(4));
    await clock.flush();
    sent[0]?.answer({ nonsense: true });
    await clock.flush();
    // Its place went to the next one before the failure was known.
    expect(sent).toHaveLength(3);
    sent[1]?.answer();
    sent[2]?.answer();
    expect((await outcomes).map(({ kind }) => kind)).toEqual(['error', 'ok', 'ok', 'error']);
    expect((await outcomes)[3]).toMatchObject({ error: { code: 'TRANSPORT_MALFORMED' } });
    const next = caller.request({ method: 'a', params: [] });
    await clock.flush();
    sent[3]?.answer();
    await next;
  });

  it('fails as a whole when every part of a batch failed, and when its caller stops', async () => {
    const { caller, sent, clock } = setUp({ maxBatchSize: 1 });
    const failed = rejection(caller.batch(calls(2)));
    await clock.flush();
    for (const one of sent) one.answer({ nonsense: true });
    expect(await failed).toMatchObject({ code: 'TRANSPORT_MALFORMED' });
    const stop = new AbortController();
    const stopped = rejection(caller.batch(calls(2), { signal: stop.signal }));
    await clock.flush();
    sent[2]?.answer();
    stop.abort();
    expect(await stopped).toMatchObject({ code: 'ABORTED' });
  });

  it('keeps no more requests in flight than allowed', async () => {
    const { caller, sent, clock } = setUp({ maxConcurrent: 2 });
    const all = calls(3).map((call) => caller.request(call));
    await clock.flush();
    expect(sent).toHaveLength(2);
    sent[0]?.answer();
    await clock.flush();
    expect(sent).toHaveLength(3);
    sent[1]?.answer();
    sent[2]?.answer();
    await Promise.all(all);
  });

  it('gives the permit back after a failure and after the callers stop', async () => {
    const { caller, sent, clock } = setUp({ maxConcurrent: 1 });
    const stop = new AbortController();
    const first = rejection(caller.request({ method: 'a', params: [] }));
    const waiting = rejection(caller.request({ method: 'b', params: [] }, { signal: stop.signal }));
    const last = caller.request({ method: 'c', params: [] });
    await clock.flush();
    stop.abort();
    expect(await waiting).toMatchObject({ code: 'ABORTED' });
    sent[0]?.fail(new Error('broken'));
    expect(await first).toMatchObject({ message: 'broken' });
    await clock.flush();
    sent[1]?.answer();
    expect(await last).toMatchObject({ method: 'c' });
  });

  it('counts the time only from the sending on', async () => {
    const { caller, sent, clock } = setUp({ maxConcurrent: 1, timeoutMs: 100 });
    const first = caller.request({ method: 'a', params: [] });
    const second = rejection(caller.request({ method: 'b', params: [] }));
    await clock.advance(90);
    sent[0]?.answer();
    await first;
    await clock.advance(99);
    expect(sent[1]?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(await second).toMatchObject({ code: 'TRANSPORT_TIMEOUT', fields: { timeoutMs: 100 } });
    expect(sent[1]?.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives batches their own default time, and calls the time and size they ask for', async () => {
    const { caller, sent, clock } = setUp({ timeoutMs: 10, batchTimeoutMs: 30, maxBytes: 500 });
    const batch = rejection(caller.batch(calls(1)));
    const own = rejection(caller.batch(calls(1), { timeoutMs: 5, maxBytes: 9 }));
    await clock.advance(5);
    expect(await own).toMatchObject({ fields: { timeoutMs: 5 } });
    expect(sent.map(({ message }) => message.maxBytes)).toEqual([500, 9]);
    await clock.advance(25);
    expect(await batch).toMatchObject({ fields: { timeoutMs: 30 } });
  });

  it('holds the rate, one token for each call of a batch', async () => {
    const { caller, sent, clock } = setUp({ requestsPerSecond: 10, maxBatchSize: 4 });
    void caller.batch(calls(3));
    void caller.batch(calls(3));
    await clock.flush();
    expect(sent).toHaveLength(1);
    await clock.advance(199);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent).toHaveLength(2);
  });

  it('records each call with its params, and how it was answered', async () => {
    const { caller, sent, clock, records } = setUp();
    const result = caller.batch([
      { method: 'a', params: [1] },
      { method: 'b', params: [] },
    ]);
    const lost = rejection(caller.request({ method: 'c', params: [] }));
    await clock.flush();
    expect(records).toEqual([
      ['a', 3, 'open'],
      ['b', 0, 'open'],
      ['c', 0, 'open'],
    ]);
    sent[0]?.answer([
      { jsonrpc: '2.0', id: 1, result: 1 },
      { jsonrpc: '2.0', id: 2, error: { code: -32601, message: 'no' } },
    ]);
    sent[1]?.fail(new Error('broken'));
    await result;
    await lost;
    expect(records).toEqual([
      ['a', 3, { errorCode: null, bytes: 50 }],
      ['b', 0, { errorCode: -32601, bytes: 50 }],
      ['c', 0, null],
    ]);
  });

  it('says in what way an answer is malformed, with the endpoint', async () => {
    const { caller, sent, clock } = setUp();
    const failed = rejection(caller.request({ method: 'a', params: [] }));
    await clock.flush();
    sent[0]?.answer({ jsonrpc: '2.0', id: 99, result: 1 });
    expect(await failed).toMatchObject({
      code: 'TRANSPORT_MALFORMED',
      severity: 'temporary',
      fields: { reason: 'id of another request', endpoint: 'http://host' },
    });
  });
});
