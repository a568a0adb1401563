import { describe, expect, it } from 'vitest';
import { EngineAbilities } from '../../../src/engine/engineAbilities.js';
import { EngineClient } from '../../../src/engine/engineClient.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { ExecutionPayloadEnvelope, PayloadAttributes } from '../../../src/types/payload.js';
import { encodePayloadEnvelope } from '../../../src/types/payloadCodec.js';
import { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { GENESIS_REF, hashOf, makeBlock } from '../../support/l2Chain.js';

const FORKS = { canyon: 100n, ecotone: 200n, isthmus: 300n, jovian: 400n, karst: 500n };
const SIGNAL = new AbortController().signal;
const STATE = {
  headBlockHash: hashOf('head'),
  safeBlockHash: hashOf('safe'),
  finalizedBlockHash: hashOf('finalized'),
};
const ROOT = hashOf('beacon root');

function attributesAt(timestamp: bigint): PayloadAttributes {
  return {
    timestamp,
    prevRandao: hashOf('randao'),
    suggestedFeeRecipient: `0x${'42'.repeat(20)}`,
    transactions: ['0x7e01'],
    noTxPool: true,
    gasLimit: 30_000_000n,
  };
}

function envelopeAt(timestamp: bigint): ExecutionPayloadEnvelope {
  const { executionPayload } = makeBlock(GENESIS_REF).envelope;
  return {
    parentBeaconBlockRoot: ROOT,
    executionPayload: { ...executionPayload, timestamp },
  };
}

function clientWith(answers: Readonly<Record<string, unknown>>) {
  const handlers = Object.fromEntries(
    Object.entries(answers).map(([method, answer]) => [
      method,
      () => {
        if (answer instanceof Error) throw answer;
        return answer;
      },
    ]),
  );
  const rpc = new FakeRpcClient(handlers);
  const rollup = { forks: FORKS };
  const abilities = new EngineAbilities(rollup);
  const client = new EngineClient({ timeoutMs: 1234, rollup }, { rpc, abilities });
  return { rpc, client, abilities };
}

const VALID = { status: 'VALID', latestValidHash: hashOf('head'), validationError: null };

describe('engine client', () => {
  it.each([
    [null, 'engine_forkchoiceUpdatedV3'],
    [99n, 'engine_forkchoiceUpdatedV1'],
    [100n, 'engine_forkchoiceUpdatedV2'],
    [199n, 'engine_forkchoiceUpdatedV2'],
    [200n, 'engine_forkchoiceUpdatedV3'],
    [400n, 'engine_forkchoiceUpdatedV3'],
    [500n, 'engine_forkchoiceUpdatedV3'],
  ] as const)('updates the forkchoice with attributes at %s by %s', async (time, method) => {
    const payloadId = '0x0102030405060708';
    const { rpc, client } = clientWith({ [method]: { payloadStatus: VALID, payloadId } });
    const attributes = time === null ? null : attributesAt(time);
    const result = await client.forkchoiceUpdated(STATE, attributes, SIGNAL);
    expect(result).toEqual({ payloadStatus: VALID, payloadId });
    expect(rpc.calls[0]?.params[0]).toEqual(STATE);
    expect(rpc.calls[0]?.params[1] === null).toBe(time === null);
  });

  it.each([
    [99n, 'engine_newPayloadV2', 1],
    [199n, 'engine_newPayloadV2', 1],
    [200n, 'engine_newPayloadV3', 3],
    [299n, 'engine_newPayloadV3', 3],
    [300n, 'engine_newPayloadV4', 4],
    [500n, 'engine_newPayloadV4', 4],
  ] as const)('sends a payload at %s by %s', async (time, method, count) => {
    const { rpc, client } = clientWith({ [method]: { ...VALID, status: 'SYNCING' } });
    const status = await client.newPayload(envelopeAt(time), SIGNAL);
    expect(status.status).toBe('SYNCING');
    const params = rpc.calls[0]?.params ?? [];
    expect(params).toHaveLength(count);
    expect(params.slice(1)).toEqual([[], ROOT, []].slice(0, count - 1));
  });

  it.each([
    [199n, 'engine_getPayloadV2'],
    [200n, 'engine_getPayloadV3'],
    [300n, 'engine_getPayloadV4'],
    [499n, 'engine_getPayloadV4'],
    [500n, 'engine_getPayloadV5'],
  ] as const)('takes a payload at %s by %s', async (timestamp, method) => {
    const envelope = envelopeAt(timestamp);
    const { rpc, client } = clientWith({
      [method]: { ...encodePayloadEnvelope(envelope), blockValue: '0x0', blobsBundle: {} },
    });
    const id = '0x0102030405060708';
    expect(await client.getPayload({ id, timestamp }, SIGNAL)).toEqual(envelope);
    expect(rpc.calls[0]?.params).toEqual([id]);
  });

  describe('from Karst on', () => {
    const info = { id: '0x0102030405060708', timestamp: 500n } as const;
    const envelope = envelopeAt(500n);
    const taken = { ...encodePayloadEnvelope(envelope), blockValue: '0x0', blobsBundle: {} };
    const error = (code: number) => new RpcError('engine_getPayloadV5', code, 'no', undefined);
    const asked = ({ rpc }: ReturnType<typeof clientWith>) => rpc.calls.map(({ method }) => method);

    it('takes payloads by V4 where the engine lists no V5', async () => {
      const made = clientWith({ engine_getPayloadV4: taken });
      made.abilities.learn(new Set(['engine_getPayloadV4']));
      expect(await made.client.getPayload(info, SIGNAL)).toEqual(envelope);
      expect(asked(made)).toEqual(['engine_getPayloadV4']);
    });

    it.each([
      ['lists V5 and refuses it at this fork', -38005],
      ['has no V5 and was not asked yet', -32601],
    ])('takes payloads by V4 where the engine %s, and remembers it', async (_, code) => {
      const made = clientWith({ engine_getPayloadV4: taken, engine_getPayloadV5: error(code) });
      for (const _time of [1, 2]) {
        expect(await made.client.getPayload(info, SIGNAL)).toEqual(envelope);
      }
      expect(asked(made)).toEqual([
        'engine_getPayloadV5',
        'engine_getPayloadV4',
        'engine_getPayloadV4',
      ]);
      made.abilities.learn(null);
      await made.client.getPayload(info, SIGNAL);
      expect(asked(made).slice(3)).toEqual(['engine_getPayloadV5', 'engine_getPayloadV4']);
    });

    it('asks by what there is where both are refused', async () => {
      const made = clientWith({
        engine_getPayloadV4: error(-38005),
        engine_getPayloadV5: error(-38005),
      });
      for (const _time of [1, 2]) {
        await expect(made.client.getPayload(info, SIGNAL)).rejects.toMatchObject({
          rpcCode: -38005,
        });
      }
      expect(asked(made)).toHaveLength(3);
    });

    it('asks no other version where the job is unknown', async () => {
      const made = clientWith({ engine_getPayloadV4: taken, engine_getPayloadV5: error(-38001) });
      await expect(made.client.getPayload(info, SIGNAL)).rejects.toMatchObject({ rpcCode: -38001 });
      expect(asked(made)).toEqual(['engine_getPayloadV5']);
    });
  });

  it('tells when the engine answers again after it was away', async () => {
    const away = new NodeError('TRANSPORT_FAILED', 'refused', { severity: 'temporary' });
    let failure: Error | null = null;
    const { rpc, client, abilities } = clientWith({});
    rpc.handlers.engine_forkchoiceUpdatedV3 = () => {
      if (failure !== null) throw failure;
      return { payloadStatus: VALID, payloadId: null };
    };
    const call = () => client.forkchoiceUpdated(STATE, null, SIGNAL).catch(() => undefined);
    await call();
    failure = new RpcError('engine_forkchoiceUpdatedV3', -38002, 'Invalid', undefined);
    await call();
    expect(abilities.returns.get()).toBe(0);
    failure = away;
    await call();
    await call();
    expect(abilities.returns.get()).toBe(0);
    failure = new RpcError('engine_forkchoiceUpdatedV3', -38002, 'Invalid', undefined);
    await call();
    await call();
    expect(abilities.returns.get()).toBe(1);
  });

  it('passes the engine error on with its code', async () => {
    const refusal = new RpcError('engine_forkchoiceUpdatedV3', -38002, 'Invalid', undefined);
    const { client } = clientWith({ engine_forkchoiceUpdatedV3: refusal });
    const call = client.forkchoiceUpdated(STATE, null, SIGNAL);
    await expect(call).rejects.toMatchObject({ rpcCode: -38002 });
  });

  it.each([
    ['no object', 7],
    ['an unknown status', { payloadStatus: { ...VALID, status: 'MAYBE' }, payloadId: null }],
    ['a short payload id', { payloadStatus: VALID, payloadId: '0x01' }],
  ])('refuses an answer with %s', async (_name, answer) => {
    const { client } = clientWith({ engine_forkchoiceUpdatedV3: answer });
    await expect(client.forkchoiceUpdated(STATE, null, SIGNAL)).rejects.toMatchObject({
      code: 'ENGINE_RESPONSE_INVALID',
      severity: 'temporary',
    });
  });

  it('gives every call the timeout and the signal', async () => {
    const seen: unknown[] = [];
    const { rpc } = clientWith({ engine_forkchoiceUpdatedV3: { payloadStatus: VALID } });
    const recording = Object.assign(Object.create(rpc), {
      request: (method: string, params: readonly unknown[], options: unknown) => {
        seen.push(options);
        return rpc.request(method, params);
      },
    });
    const client = new EngineClient(
      { timeoutMs: 1234, rollup: { forks: FORKS } },
      { rpc: recording, abilities: new EngineAbilities({ forks: FORKS }) },
    );
    await client.forkchoiceUpdated(STATE, null, SIGNAL);
    expect(seen).toEqual([{ signal: SIGNAL, timeoutMs: 1234 }]);
  });
});
