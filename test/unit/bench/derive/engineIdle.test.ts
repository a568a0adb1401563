import { describe, expect, it } from 'vitest';
import { engineTimes } from '../../../../bench/derive/engineIdle.js';

const call = (method: string, askedMs: number, answeredMs: number) => ({
  method: `engine_${method}`,
  askedMs,
  answeredMs,
});

describe('engineTimes', () => {
  it('is null where no block was built', () => {
    expect(engineTimes([call('forkchoiceUpdatedV3', 0, 5)])).toBeNull();
  });

  it('counts the time in which no call was under way, from the start of the first building job', () => {
    const times = engineTimes([
      call('exchangeCapabilities', 0, 10),
      call('forkchoiceUpdatedV3', 100, 110),
      call('getPayloadV4', 120, 130),
      // Two at once: what is beside the longer one is no gap.
      call('newPayloadV4', 130, 170),
      call('forkchoiceUpdatedV3', 140, 150),
      call('forkchoiceUpdatedV3', 180, 200),
    ]);
    expect(times).toMatchObject({ totalMs: 100, idleShare: 0.2, calls: 5 });
    expect([...(times?.gapsMs ?? [])]).toEqual([
      ['forkchoiceUpdated -> getPayload', [10]],
      ['newPayload -> forkchoiceUpdated', [10]],
    ]);
  });
});
