import { describe, expect, it } from 'vitest';
import { EngineClient } from '../../../src/engine/engineClient.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { ExecutionPayloadEnvelope, PayloadAttributes } from '../../../src/types/payload.js';
import { encodePayloadEnvelope } from '../../../src/types/payloadCodec.js';
import { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { GENESIS_REF, hashOf, makeBlock } from '../../support/l2Chain.js';

const FORKS = { canyon: 100n, ecotone: 200n, isthmus: 300n, jovian: 400n };
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
  const client = new EngineClient({ timeoutMs: 1234, rollup: { forks: FORKS } }, { rpc });
  return { rpc, client };
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
  ] as const)('takes a payload at %s by %s', async (timestamp, method) => {
    const envelope = envelopeAt(timestamp);
    const { rpc, client } = clientWith({
      [method]: { ...encodePayloadEnvelope(envelope), blockValue: '0x0', blobsBundle: {} },
    });
    const id = '0x0102030405060708';
    expect(await client.getPayload({ id, timestamp }, SIGNAL)).toEqual(envelope);
    expect(rpc.calls[0]?.params).toEqual([id]);
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
      { rpc: recording },
    );
    await client.forkchoiceUpdated(STATE, null, SIGNAL);
    expect(seen).toEqual([{ signal: SIGNAL, timeoutMs: 1234 }]);
  });
});
