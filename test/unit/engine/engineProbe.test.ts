import { afterEach, describe, expect, it } from 'vitest';
import { EngineAbilities } from '../../../src/engine/engineAbilities.js';
import type { EngineProbeOptions } from '../../../src/engine/engineProbe.js';
import { EngineProbe } from '../../../src/engine/engineProbe.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { RpcError } from '../../../src/transport/ports.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { FakeRpcClient, type RpcHandler } from '../../support/fakeRpcClient.js';

const clock = new FakeClock();
const NOW = BigInt(clock.nowMs() / 1_000);
const HOUR = 3_600n;
const DAY = 24n * HOUR;
const HOUR_MS = Number(HOUR) * 1_000;

const OP_RETH = { code: 'RH', name: 'OP-Reth', version: '2.3.0', commit: '1f5e4ebd' };
const UP_TO_ISTHMUS = [
  ...['V1', 'V2', 'V3'].map((version) => `engine_forkchoiceUpdated${version}`),
  ...['V2', 'V3', 'V4'].map((version) => `engine_newPayload${version}`),
  ...['V2', 'V3', 'V4'].map((version) => `engine_getPayload${version}`),
];
const ALL = [...UP_TO_ISTHMUS, 'engine_getPayloadV5', 'engine_getPayloadBodiesByHashV1'];
const COMES = 'The execution engine lacks methods of a fork that comes';
const ACTIVE = 'The execution engine lacks methods of a fork that is active';

let stop: AbortController | null = null;
afterEach(() => stop?.abort());

function probing(options: Partial<EngineProbeOptions> = {}) {
  const time = new FakeClock();
  const rollup = {
    forks: { canyon: 0n, ecotone: 0n, isthmus: NOW - DAY, karst: NOW + 3n * DAY },
    ...options.rollup,
  };
  const log = new FakeLogger();
  const handlers: Record<string, RpcHandler> = {
    engine_exchangeCapabilities: () => ALL,
    engine_getClientVersionV1: () => [OP_RETH],
  };
  const rpc = new FakeRpcClient(handlers);
  const abilities = new EngineAbilities(rollup);
  const unserved: number[] = [];
  const probe = new EngineProbe(
    { engineKind: 'reth', syncMode: 'consensus-layer', version: 'v1-test', ...options, rollup },
    { rpc, abilities, clock: time, log, recordUnserved: (forks) => unserved.push(forks) },
  );
  const abort = new AbortController();
  stop = abort;
  const run = async () => {
    while (!abort.signal.aborted) await probe.step(abort.signal).catch(() => undefined);
  };
  const start = async () => {
    void run();
    await time.flush();
  };
  const loses = () => {
    abilities.notReached();
    abilities.answered();
    return time.flush();
  };
  return {
    time,
    log,
    handlers,
    rpc,
    abilities,
    probe,
    unserved,
    start,
    loses,
    signal: abort.signal,
  };
}

describe('the probe of the execution engine', () => {
  it('says in one line which engine it is and which of our methods it has', async () => {
    const { log, rpc, start, abilities, unserved } = probing();
    await start();
    expect(log.lines).toEqual([
      {
        level: 'info',
        message: 'Execution engine',
        fields: {
          ...{ client: 'OP-Reth', version: '2.3.0', commit: '1f5e4ebd', code: 'RH' },
          engineKind: 'reth',
          methods: [...UP_TO_ISTHMUS, 'engine_getPayloadV5'].sort().join(),
        },
      },
    ]);
    const [capabilities, version] = rpc.calls;
    expect(capabilities?.params).toEqual([[...UP_TO_ISTHMUS, 'engine_getPayloadV5'].sort()]);
    // op-reth takes letters of its list only.
    expect(version?.params).toEqual([
      { code: 'LS', name: 'slipstream', version: 'v1-test', commit: '00000000' },
    ]);
    expect(abilities.payloadMethods(NOW + 3n * DAY)).toEqual([
      'engine_getPayloadV5',
      'engine_getPayloadV4',
    ]);
    expect(unserved).toEqual([0]);
  });

  it('asks again when the engine was away, and tells of another one', async () => {
    const { log, rpc, handlers, start, loses, abilities } = probing();
    await start();
    await loses();
    expect(rpc.count('engine_exchangeCapabilities')).toBe(2);
    expect(log.find('Execution engine')).toHaveLength(1);
    handlers.engine_getClientVersionV1 = () => [{ ...OP_RETH, version: '2.2.0' }];
    handlers.engine_exchangeCapabilities = () => UP_TO_ISTHMUS;
    await loses();
    expect(log.find('Execution engine').map((line) => line.fields.version)).toEqual([
      '2.3.0',
      '2.2.0',
    ]);
    expect(abilities.payloadMethods(NOW + 3n * DAY)).toEqual(['engine_getPayloadV4']);
  });

  it('does nothing while the engine is there and has all', async () => {
    const { rpc, time, start } = probing();
    await start();
    await time.advance(100 * 24 * HOUR_MS);
    expect(rpc.calls).toHaveLength(2);
  });

  it('warns of a fork that it cannot serve: at once, daily, an hour before, and when it comes', async () => {
    const { log, handlers, time, start, unserved } = probing();
    handlers.engine_exchangeCapabilities = () => UP_TO_ISTHMUS;
    await start();
    const warned = () => [log.find(COMES).length, log.find(ACTIVE).length];
    expect(log.find(COMES)[0]).toMatchObject({
      level: 'warn',
      fields: {
        fork: 'karst',
        activation: 'Thu Jan  4 00:00:00 UTC 2024',
        lacks: 'engine_getPayloadV5',
        asksInstead: 'engine_getPayloadV4',
      },
    });
    expect([warned(), unserved.at(-1)]).toEqual([[1, 0], 1]);
    await time.advance(24 * HOUR_MS);
    expect(warned()).toEqual([2, 0]);
    await time.advance(46 * HOUR_MS);
    expect(warned()).toEqual([3, 0]);
    await time.advance(HOUR_MS);
    expect(warned()).toEqual([4, 0]);
    await time.advance(HOUR_MS);
    expect(warned()).toEqual([4, 1]);
    expect(log.find(ACTIVE)[0]?.level).toBe('error');
    handlers.engine_exchangeCapabilities = () => ALL;
    await time.advance(24 * HOUR_MS);
    expect([warned(), unserved.at(-1)]).toEqual([[4, 1], 0]);
  });

  it('does not repeat a warning each time the engine comes back', async () => {
    const { log, handlers, start, loses } = probing();
    handlers.engine_exchangeCapabilities = () => UP_TO_ISTHMUS;
    await start();
    await loses();
    await loses();
    expect(log.find(COMES)).toHaveLength(1);
  });

  it('names nothing to ask in its place where the engine has nothing', async () => {
    const { log, handlers, start } = probing({ rollup: { forks: { isthmus: NOW + DAY } } });
    handlers.engine_exchangeCapabilities = () => ['engine_forkchoiceUpdatedV3'];
    await start();
    expect(log.find(COMES)[0]?.fields).toEqual({
      fork: 'isthmus',
      activation: 'Tue Jan  2 00:00:00 UTC 2024',
      lacks: 'engine_newPayloadV4,engine_getPayloadV4',
    });
  });

  it.each([
    ['refuses to tell', new RpcError('x', -32601, 'Method not found', undefined)],
    ['answers with something else', 'yes'],
  ])('warns of nothing where the engine %s', async (_, answer) => {
    const { log, handlers, start, abilities } = probing();
    const tell = (): unknown => {
      if (answer instanceof Error) throw answer;
      return answer;
    };
    handlers.engine_exchangeCapabilities = tell;
    handlers.engine_getClientVersionV1 = tell;
    await start();
    expect(log.lines.map(({ message, fields }) => [message, fields])).toEqual([
      ['Execution engine', { client: 'not told', engineKind: 'reth', methods: 'not told' }],
    ]);
    expect(abilities.payloadMethods(NOW + 3n * DAY)).toHaveLength(2);
  });

  it('keeps of a version no more than belongs into a line', async () => {
    const { log, handlers, start } = probing();
    handlers.engine_getClientVersionV1 = () => [
      { ...OP_RETH, name: 'x'.repeat(5_000), version: 7 },
    ];
    await start();
    expect(log.find('Execution engine')[0]?.fields).toMatchObject({
      client: 'x'.repeat(100),
      version: '',
    });
  });

  it('leaves a failure to who runs it', async () => {
    const { probe, handlers, signal } = probing();
    handlers.engine_exchangeCapabilities = () => {
      throw new NodeError('TRANSPORT_FAILED', 'refused', { severity: 'temporary' });
    };
    await expect(probe.step(signal)).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
  });

  it.each([
    ['execution-layer', 'reth', 'GE', 1],
    ['execution-layer', 'geth', 'GE', 0],
    ['execution-layer', 'reth', 'ZZ', 0],
    ['consensus-layer', 'reth', 'GE', 0],
  ] as const)(
    'in %s mode with --l2.enginekind=%s and an engine %s it warns %d times',
    async (syncMode, engineKind, code, times) => {
      const { log, handlers, start } = probing({ syncMode, engineKind });
      handlers.engine_getClientVersionV1 = () => [{ ...OP_RETH, code }];
      await start();
      const warned = log.find('The execution engine is of another kind than --l2.enginekind says');
      expect(warned.map((line) => line.fields)).toEqual(
        Array.from({ length: times }, () => ({ engineKind, is: 'geth' })),
      );
    },
  );
});
