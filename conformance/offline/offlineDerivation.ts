import { DerivationPipeline } from '../../src/derive/pipeline.js';
import type { DeriveObserver } from '../../src/derive/ports.js';
import { SILENT_OBSERVER } from '../../src/derive/ports.js';
import type { L2BlockRef } from '../../src/types/block.js';
import type { PayloadAttributes } from '../../src/types/payload.js';
import type { DerivedAttributes, DerivedLine } from '../derivedLine.js';
import type { OfflineWorld } from './offlineWorld.js';
import { RecordedL2 } from './recordedL2.js';

/** How far the derived attributes and the recorded ones are the same. */
export interface OfflineOutcome {
  /** Blocks whose attributes are equal in every field and byte. */
  readonly equal: number;
  readonly recorded: number;
  /** The first difference; null when there is none. */
  readonly difference: string | null;
  /** Where L1 was read up to. */
  readonly l1Origin: bigint;
  readonly safeHead: L2BlockRef;
}

/**
 * Derives a recorded world without an engine: each block of the recording is taken over as built once its attributes
 * were derived. Stops at the first difference.
 */
export async function deriveOffline(
  world: OfflineWorld,
  observer: DeriveObserver = SILENT_OBSERVER,
): Promise<OfflineOutcome> {
  const { config, l1Config, l1, derived } = world;
  const l2 = new RecordedL2(config);
  const pipeline = new DerivationPipeline({ config, l1Config }, { l1, blobs: l1, l2, observer });
  const { signal } = new AbortController();
  pipeline.confirmEngineReset();
  let safeHead = l2.genesis;
  let equal = 0;
  let difference: string | null = null;
  for (;;) {
    const result = await pipeline.step(safeHead, signal);
    if (result.kind === 'needL1') break;
    if (result.kind !== 'attributes') continue;
    const line = derived[equal];
    difference = compare(result.attributes.attributes, result.attributes.parent, line);
    if (difference !== null || line === undefined) break;
    safeHead = l2.append(line);
    equal++;
  }
  if (difference === null && equal < derived.length) {
    difference = `derivation ended before block ${derived[equal]?.number}`;
  }
  const l1Origin = pipeline.origin.number;
  return { equal, recorded: derived.length, difference, l1Origin, safeHead };
}

function compare(
  attributes: PayloadAttributes,
  parent: L2BlockRef,
  line: DerivedLine | undefined,
): string | null {
  if (line === undefined) return `block ${parent.number + 1n} is not in the recording`;
  if (line.parent !== parent.hash) return `block ${line.number}: parent ${parent.hash}`;
  const wire = wireAttributes(attributes);
  for (const key of new Set([...Object.keys(wire), ...Object.keys(line.attributes)])) {
    const derived = JSON.stringify(wire[key as keyof DerivedAttributes]);
    const recorded = JSON.stringify(line.attributes[key as keyof DerivedAttributes]);
    if (derived !== recorded) {
      return `block ${line.number}: ${key} is ${derived}, recorded ${recorded}`;
    }
  }
  return null;
}

/** Attributes as op-node writes them. */
function wireAttributes(attributes: PayloadAttributes): DerivedAttributes {
  const { timestamp, gasLimit, minBaseFee, withdrawals, ...rest } = attributes;
  return {
    ...rest,
    timestamp: `0x${timestamp.toString(16)}`,
    gasLimit: `0x${gasLimit.toString(16)}`,
    ...(withdrawals !== undefined && { withdrawals }),
    ...(minBaseFee !== undefined && { minBaseFee: Number(minBaseFee) as unknown as string }),
  };
}
