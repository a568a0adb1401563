import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { SdmControl } from '../../../src/sequencer/sdmControl.js';
import { l2Block } from '../../support/deriveFakes.js';
import { FakeSequencerEngine } from '../../support/sequencerRig.js';

/** A head at second 1010; blocks every two seconds. */
function control(lagoon: bigint | null, store = async (_: boolean) => {}, isOptedIn = false) {
  const forks = lagoon === null ? {} : { lagoon };
  const engine = new FakeSequencerEngine(l2Block(5, { timestamp: 1010n }));
  const deps = { engine, store: { sdmPostExecOptIn: store } };
  return { engine, sdm: new SdmControl({ forks, blockTime: 2n }, isOptedIn, deps) };
}

describe('the wish for post-execution transactions', () => {
  it.each([
    [1012n, false, true],
    [1013n, false, false],
    [0n, true, true],
  ])(
    'with Lagoon at %d, wished %s: the next block may have them is %s',
    async (lagoon, wish, may) => {
      const { sdm } = control(lagoon);
      await sdm.optIn(wish);
      expect(sdm.status()).toEqual({
        postExecOptIn: wish,
        protocolActive: may,
        effective: wish && may,
        activationTime: lagoon,
      });
    },
  );

  it('has no effect without Lagoon', () => {
    expect(control(null, undefined, true).sdm.status()).toEqual({
      postExecOptIn: true,
      protocolActive: false,
      effective: false,
      activationTime: null,
    });
  });

  it('goes with our unsafe head', () => {
    const { engine, sdm } = control(1014n);
    expect(sdm.status().protocolActive).toBe(false);
    engine.move({ unsafe: l2Block(6, { timestamp: 1012n }) });
    expect(sdm.status().protocolActive).toBe(true);
  });

  it('is stored, and holds also where it cannot be', async () => {
    const stored: boolean[] = [];
    const { sdm } = control(1012n, async (isEnabled) => {
      stored.push(isEnabled);
      throw new NodeError('SEQUENCER_STATE_UNWRITABLE', 'disk full', { severity: 'temporary' });
    });
    await expect(sdm.optIn(true)).rejects.toMatchObject({
      code: 'SEQUENCER_STATE_UNWRITABLE',
      severity: 'temporary',
      message: 'failed to notify SDM-state listener of state change: disk full',
    });
    expect(stored).toEqual([true]);
    expect(sdm.status().effective).toBe(true);
  });
});
