import { describe, expect, it } from 'vitest';
import { fuzzDecoder } from '../../../support/decoderTargets.js';
import { P2P_DECODER_TARGETS } from '../../../support/p2pDecoderTargets.js';

const RUNS = 300;

describe('decoders of bytes of peers', () => {
  it.each(P2P_DECODER_TARGETS.map((target) => [target.name, target] as const))(
    '%s',
    async (_, target) => {
      expect(await fuzzDecoder(target, RUNS, 20_240_101)).toBe(RUNS);
    },
  );
});
