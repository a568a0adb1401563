import { describe, expect, it } from 'vitest';
import { DECODER_TARGETS, fuzzDecoder } from '../support/decoderTargets.js';

/** Inputs for each decoder, in rounds of other seeds. */
const RUNS = 10_000;
const ROUNDS = 10;

describe('decoders of foreign bytes, at length', () => {
  it.each(DECODER_TARGETS.map((target) => [target.name, target] as const))(
    '%s',
    async (_, target) => {
      let tried = 0;
      for (let seed = 1; seed <= ROUNDS; seed++) tried += await fuzzDecoder(target, RUNS, seed);
      expect(tried).toBe(RUNS * ROUNDS);
    },
  );
});
