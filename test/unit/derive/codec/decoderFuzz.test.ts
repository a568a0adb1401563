import { describe, expect, it } from 'vitest';
import { DECODER_TARGETS, fuzzDecoder } from '../../../support/decoderTargets.js';

/** Inputs for each decoder, 15,000 in all; `test/soak` tries a hundred times as many. */
const RUNS = 1000;

describe('decoders of foreign bytes', () => {
  it.each(DECODER_TARGETS.map((target) => [target.name, target] as const))(
    '%s: answer every input in bounds and throw nothing',
    async (_, target) => {
      expect(await fuzzDecoder(target, RUNS, 20_260_401)).toBe(RUNS);
    },
    60_000,
  );
});
