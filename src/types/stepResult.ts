import type { L1BlockRef } from './block.js';
import type { DerivedAttributes } from './payload.js';

/**
 * What one step of the pipeline came to: `attributes` for the block after the given safe head; `advanced`: call again
 * at once, `newOrigin` says where the pipeline is when it went on to the next L1 block; `needL1`: nothing more can be
 * derived until L1 has that block; `idle`: waits for `confirmEngineReset`.
 */
export type StepResult =
  | { readonly kind: 'attributes'; readonly attributes: DerivedAttributes }
  | { readonly kind: 'advanced'; readonly newOrigin: L1BlockRef | null }
  | { readonly kind: 'needL1'; readonly number: bigint }
  | { readonly kind: 'idle' };
