import { describe, expect, it } from 'vitest';
import { fuzzDecoder } from '../support/decoderTargets.js';
import { P2P_DECODER_TARGETS } from '../support/p2pDecoderTargets.js';

/** A million inputs for each decoder, in rounds of other seeds. */
const RUNS = 10_000;
const ROUNDS = 100;

describe('decoders of bytes of peers, at length', () => {
  it.each(P2P_DECODER_TARGETS.map((target) => [target.name, target] as const))(
    '%s',
    async (_, target) => {
      let tried = 0;
      for (let seed = 1; seed <= ROUNDS; seed++) tried += await fuzzDecoder(target, RUNS, seed);
      expect(tried).toBe(RUNS * ROUNDS);
    },
  );
});
