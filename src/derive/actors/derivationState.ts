import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { ConsolidateResult } from '../../types/building.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import type { DerivedAttributes } from '../../types/payload.js';

/**
 * Where derivation stands between the pipeline and the engine. `epoch` is the engine's reset epoch that everything in
 * the state belongs to: what was derived in an older one is void.
 */
export type DerivationState =
  /** The engine has not told heads newer than `beyondEpoch`, or its execution layer does its first own sync. */
  | { readonly kind: 'waiting'; readonly beyondEpoch: number }
  /** The pipeline is asked for the next attributes. */
  | { readonly kind: 'deriving'; readonly epoch: number }
  /** The engine has not settled these attributes yet; nothing else is derived meanwhile. */
  | { readonly kind: 'applying'; readonly epoch: number; readonly attributes: DerivedAttributes }
  /** The pipeline is to give the same block with its deposits alone. */
  | {
      readonly kind: 'replacing';
      readonly epoch: number;
      readonly parent: L2BlockRef;
      readonly derivedFrom: L1BlockRef;
    }
  /** All of L1 is derived, up to `l1Head` as it was seen then. */
  | { readonly kind: 'exhausted'; readonly epoch: number; readonly l1Head: L1BlockRef };

export type DerivationEvent =
  | { readonly kind: 'heads'; readonly heads: Pick<EngineHeads, 'resetEpoch' | 'elSync'> }
  | { readonly kind: 'l1Head'; readonly head: L1BlockRef }
  | { readonly kind: 'derived'; readonly attributes: DerivedAttributes }
  | { readonly kind: 'exhausted'; readonly l1Head: L1BlockRef }
  | { readonly kind: 'applied'; readonly result: ConsolidateResult }
  /** Something contradicts our view of L1 or of the execution layer: the engine is being reset. */
  | { readonly kind: 'contradicted' };

export interface Transition {
  readonly state: DerivationState;
  /** True when all that the pipeline holds is void, and it starts again from the engine's heads. */
  readonly startsOver: boolean;
}

/** Before the engine has been asked; its first heads have epoch 1. */
export const INITIAL_DERIVATION_STATE: DerivationState = { kind: 'waiting', beyondEpoch: 0 };

/**
 * The rules of the derivation actor, pure. Events that do not fit the state change nothing.
 * op-node `rollup/driver/sync_deriver.go`, `rollup/attributes/attributes.go`, `rollup/derive/deriver.go`.
 */
export function nextDerivationState(state: DerivationState, event: DerivationEvent): Transition {
  switch (event.kind) {
    case 'heads':
      return onHeads(state, event.heads);
    case 'contradicted':
      return stay(state.kind === 'waiting' ? state : { kind: 'waiting', beyondEpoch: state.epoch });
    case 'derived':
      if (state.kind !== 'deriving' && state.kind !== 'replacing') return stay(state);
      return stay({ kind: 'applying', epoch: state.epoch, attributes: event.attributes });
    case 'exhausted':
      if (state.kind !== 'deriving') return stay(state);
      return stay({ kind: 'exhausted', epoch: state.epoch, l1Head: event.l1Head });
    case 'l1Head':
      if (state.kind !== 'exhausted' || state.l1Head.hash === event.head.hash) return stay(state);
      return stay({ kind: 'deriving', epoch: state.epoch });
    case 'applied':
      return stay(state.kind === 'applying' ? afterApplying(state.epoch, event.result) : state);
  }
}

function stay(state: DerivationState): Transition {
  return { state, startsOver: false };
}

function onHeads(
  state: DerivationState,
  heads: Pick<EngineHeads, 'resetEpoch' | 'elSync'>,
): Transition {
  const { resetEpoch } = heads;
  const known = state.kind === 'waiting' ? state.beyondEpoch : state.epoch;
  if (isInitialElSyncing(heads)) {
    // The execution layer gets blocks that we have not derived: the engine is reset at the end of its sync.
    const isKnown = state.kind === 'waiting' && resetEpoch <= known;
    return stay(isKnown ? state : { kind: 'waiting', beyondEpoch: resetEpoch });
  }
  if (resetEpoch <= known) return stay(state);
  return { state: { kind: 'deriving', epoch: resetEpoch }, startsOver: true };
}

function afterApplying(epoch: number, result: ConsolidateResult): DerivationState {
  if (result.kind !== 'depositsOnly') return { kind: 'deriving', epoch };
  const { parent, derivedFrom } = result;
  return { kind: 'replacing', epoch, parent, derivedFrom };
}
