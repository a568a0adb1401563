import { describe, expect, it } from 'vitest';
import { ElSyncGate } from '../../../src/follow/elSyncGate.js';
import type { EngineHeads } from '../../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../../src/types/engineHeads.js';
import { at, refsOn } from '../../support/followWorld.js';
import { GENESIS_REF } from '../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 9);

function heads(elSync: EngineHeads['elSync'], unsafe = 0): EngineHeads {
  return { ...UNKNOWN_HEADS, elSync, unsafe: at(CHAIN, unsafe) };
}

describe('ElSyncGate', () => {
  it.each(['none', 'finished'] as const)('is open in phase %s', (phase) => {
    expect(new ElSyncGate().isOpen(heads(phase), 0)).toBe(true);
  });

  it.each(['willStart', 'started'] as const)(
    'opens after half a minute of silence in phase %s',
    (phase) => {
      const gate = new ElSyncGate();
      expect(gate.isOpen(heads(phase), 5_000)).toBe(false);
      expect(gate.isOpen(heads(phase), 34_999)).toBe(false);
      expect(gate.isOpen(heads(phase), 35_000)).toBe(true);
      expect(gate.isOpen(heads(phase), 35_001)).toBe(true);
    },
  );

  it('closes again when a payload comes, and stays open for our own target', () => {
    const gate = new ElSyncGate();
    gate.isOpen(heads('willStart'), 0);
    expect(gate.isOpen(heads('willStart'), 30_000)).toBe(true);
    gate.noteTarget(at(CHAIN, 5).hash);
    expect(gate.isOpen(heads('started', 5), 32_000)).toBe(true);
    expect(gate.isOpen(heads('started', 6), 34_000)).toBe(false);
    expect(gate.isOpen(heads('started', 6), 64_000)).toBe(true);
  });

  it('starts its count anew with another sync', () => {
    const gate = new ElSyncGate();
    gate.isOpen(heads('willStart'), 0);
    gate.isOpen(heads('finished'), 40_000);
    expect(gate.isOpen(heads('started'), 41_000)).toBe(false);
  });
});
