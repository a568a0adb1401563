import { describe, expect, it } from 'vitest';
import type { EngineApi } from '../../../src/engine/ports.js';
import { RememberingEngineApi } from '../../../src/engine/rememberingEngineApi.js';
import type { ExecutionPayloadEnvelope, PayloadStatus } from '../../../src/types/payload.js';

const signal = new AbortController().signal;
const envelope = { executionPayload: { blockNumber: 7n } } as ExecutionPayloadEnvelope;

async function remembered(status: PayloadStatus['status']): Promise<ExecutionPayloadEnvelope[]> {
  const kept: ExecutionPayloadEnvelope[] = [];
  const api = {
    newPayload: async () => ({ status, latestValidHash: null, validationError: null }),
  } as unknown as EngineApi;
  const remembering = new RememberingEngineApi({
    api,
    blocks: { remember: (block) => kept.push(block) },
  });
  expect((await remembering.newPayload(envelope, signal)).status).toBe(status);
  return kept;
}

describe('RememberingEngineApi', () => {
  it('hands on the blocks that the execution client found valid', async () => {
    expect(await remembered('VALID')).toEqual([envelope]);
  });

  it('hands on what the execution client built before anybody has inserted it', async () => {
    const kept: ExecutionPayloadEnvelope[] = [];
    const api = { getPayload: async () => envelope } as unknown as EngineApi;
    const remembering = new RememberingEngineApi({
      api,
      blocks: { remember: (block) => kept.push(block) },
    });
    expect(await remembering.getPayload({ id: '0x01', timestamp: 1n }, signal)).toBe(envelope);
    expect(kept).toEqual([envelope]);
  });

  it.each(['INVALID', 'SYNCING', 'ACCEPTED'] as const)('keeps nothing of %s', async (status) => {
    expect(await remembered(status)).toEqual([]);
  });
});
