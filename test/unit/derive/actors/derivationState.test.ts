import { describe, expect, it } from 'vitest';
import type {
  DerivationEvent,
  DerivationState,
} from '../../../../src/derive/actors/derivationState.js';
import {
  INITIAL_DERIVATION_STATE,
  nextDerivationState,
} from '../../../../src/derive/actors/derivationState.js';
import type { ElSyncPhase } from '../../../../src/types/engineHeads.js';
import { derivedAttributes, l1Block, l2Block } from '../../../support/deriveFakes.js';

const attributes = derivedAttributes(l2Block(3), l1Block(12));
const WAITING: DerivationState = { kind: 'waiting', beyondEpoch: 4 };
const DERIVING: DerivationState = { kind: 'deriving', epoch: 4 };
const APPLYING: DerivationState = { kind: 'applying', epoch: 4, attributes };
const REPLACING: DerivationState = {
  kind: 'replacing',
  epoch: 4,
  parent: l2Block(3),
  derivedFrom: l1Block(12),
};
const EXHAUSTED: DerivationState = { kind: 'exhausted', epoch: 4, l1Head: l1Block(20) };
const AT_WORK = [DERIVING, APPLYING, REPLACING, EXHAUSTED];

function heads(resetEpoch: number, elSync: ElSyncPhase = 'none'): DerivationEvent {
  return { kind: 'heads', heads: { resetEpoch, elSync } };
}

const next = (state: DerivationState, event: DerivationEvent) => nextDerivationState(state, event);

describe('the state of derivation', () => {
  it('waits for the first heads of the engine', () => {
    expect(next(INITIAL_DERIVATION_STATE, heads(0)).state).toBe(INITIAL_DERIVATION_STATE);
    expect(next(INITIAL_DERIVATION_STATE, heads(1))).toEqual({
      state: { kind: 'deriving', epoch: 1 },
      startsOver: true,
    });
  });

  it.each([WAITING, ...AT_WORK])('$kind: stays with heads of the same epoch', (state) => {
    expect(next(state, heads(4))).toEqual({ state, startsOver: false });
  });

  it.each([WAITING, ...AT_WORK])('$kind: starts over after any reset of the engine', (state) => {
    expect(next(state, heads(5))).toEqual({
      state: { kind: 'deriving', epoch: 5 },
      startsOver: true,
    });
  });

  it.each(['willStart', 'started'] as const)('waits while EL sync is %s', (phase) => {
    for (const state of AT_WORK) {
      expect(next(state, heads(4, phase)).state).toEqual({ kind: 'waiting', beyondEpoch: 4 });
    }
    const first = next(INITIAL_DERIVATION_STATE, heads(1, phase)).state;
    expect(first).toEqual({ kind: 'waiting', beyondEpoch: 1 });
    expect(next(first, heads(1, phase)).state).toBe(first);
  });

  it('goes on after EL sync once the heads have been found again', () => {
    const waiting = next(DERIVING, heads(4, 'started')).state;
    expect(next(waiting, heads(4, 'finished')).state).toBe(waiting);
    expect(next(waiting, heads(5, 'finished'))).toMatchObject({ startsOver: true });
  });

  it.each(AT_WORK)('$kind: waits for a reset after a contradiction', (state) => {
    expect(next(state, { kind: 'contradicted' }).state).toEqual(WAITING);
  });

  it('does not wait for a further reset after a second contradiction', () => {
    expect(next(WAITING, { kind: 'contradicted' }).state).toBe(WAITING);
  });

  it('applies what was derived, or replaced, before it derives more', () => {
    for (const state of [DERIVING, REPLACING]) {
      expect(next(state, { kind: 'derived', attributes }).state).toEqual(APPLYING);
    }
    for (const state of [WAITING, APPLYING, EXHAUSTED]) {
      expect(next(state, { kind: 'derived', attributes }).state).toBe(state);
    }
  });

  it.each(['consolidated', 'built'] as const)('derives the next block after one was %s', (kind) => {
    const event: DerivationEvent = { kind: 'applied', result: { kind, ref: l2Block(4) } };
    expect(next(APPLYING, event).state).toEqual(DERIVING);
  });

  it.each(['stale', 'dropped'] as const)('derives again after attributes were %s', (kind) => {
    expect(next(APPLYING, { kind: 'applied', result: { kind, reason: 'x' } }).state).toEqual(
      DERIVING,
    );
  });

  it('asks for deposits alone where the engine refused the rest', () => {
    const { parent, derivedFrom } = { parent: l2Block(3), derivedFrom: l1Block(12) };
    const result = { kind: 'depositsOnly', parent, derivedFrom, reason: 'x' } as const;
    expect(next(APPLYING, { kind: 'applied', result }).state).toEqual(REPLACING);
  });

  it('takes no result of attributes that are void', () => {
    const event: DerivationEvent = { kind: 'applied', result: { kind: 'dropped', reason: 'x' } };
    expect(next(WAITING, event).state).toBe(WAITING);
    expect(next(DERIVING, event).state).toBe(DERIVING);
  });

  it('derives on as soon as there is another L1 head than the one it had exhausted', () => {
    const exhausted = next(DERIVING, { kind: 'exhausted', l1Head: l1Block(20) }).state;
    expect(exhausted).toEqual(EXHAUSTED);
    expect(next(exhausted, { kind: 'l1Head', head: l1Block(20) }).state).toBe(exhausted);
    expect(next(exhausted, { kind: 'l1Head', head: l1Block(21) }).state).toEqual(DERIVING);
    expect(next(exhausted, { kind: 'l1Head', head: l1Block(19) }).state).toEqual(DERIVING);
  });

  it('exhausts L1 only while it derives', () => {
    for (const state of [WAITING, APPLYING, REPLACING]) {
      expect(next(state, { kind: 'exhausted', l1Head: l1Block(20) }).state).toBe(state);
      expect(next(state, { kind: 'l1Head', head: l1Block(21) }).state).toBe(state);
    }
  });
});
