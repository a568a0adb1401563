import { describe, expect, it } from 'vitest';
import { type FinalizedView, KeptOutputs } from '../../../../src/rpc/methods/keptOutputs.js';

const view = (finalizedNumber: bigint, resetEpoch = 0): FinalizedView => ({
  finalizedNumber,
  resetEpoch,
});

describe('KeptOutputs', () => {
  it('gives back what was kept, as long as the finalized head only rises', () => {
    const outputs = new KeptOutputs();
    outputs.keep(5n, 'five', view(10n));
    expect(outputs.get(5n, view(10n))).toBe('five');
    expect(outputs.get(5n, view(11n))).toBe('five');
    expect(outputs.get(6n, view(11n))).toBeNull();
  });

  it('drops everything when the finalized head goes back, even if it comes again', () => {
    const outputs = new KeptOutputs();
    outputs.keep(5n, 'five', view(10n));
    expect(outputs.get(5n, view(9n))).toBeNull();
    expect(outputs.get(5n, view(10n))).toBeNull();
  });

  it('drops everything when the engine was reset', () => {
    const outputs = new KeptOutputs();
    outputs.keep(5n, 'five', view(10n));
    expect(outputs.get(5n, view(10n, 1))).toBeNull();
  });

  it('keeps 4096 outputs, the last used ones', () => {
    const outputs = new KeptOutputs();
    const now = view(10_000n);
    for (let n = 0n; n < 4096n; n++) outputs.keep(n, `${n}`, now);
    expect(outputs.get(0n, now)).toBe('0');
    outputs.keep(4096n, '4096', now);
    expect(outputs.get(0n, now)).toBe('0');
    expect(outputs.get(1n, now)).toBeNull();
    expect(outputs.get(2n, now)).toBe('2');
  });
});
