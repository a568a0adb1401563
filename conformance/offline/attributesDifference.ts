import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { AttributesWithParent, PayloadAttributes } from '../../src/types/payload.js';
import type { DerivedAttributes, DerivedLine } from '../derivedLine.js';
import { chainParams, ZERO_PARAMS } from './eip1559Defaults.js';

/** The first field in which derived and recorded attributes differ, in words; null when all bytes are the same. */
export function attributesDifference(
  { attributes, parent }: AttributesWithParent,
  line: DerivedLine,
  config: RollupConfig,
): string | null {
  if (line.parent !== parent.hash) return `block ${line.number}: parent is ${parent.hash}`;
  const derived = wireAttributes(attributes);
  const recorded = line.attributes;
  // A line made of a block instead of a request has what the zeros of the request stand for.
  const isFromBlock = line.method === '';
  if (isFromBlock && derived.eip1559Params === ZERO_PARAMS) {
    derived.eip1559Params = chainParams(config);
  }
  for (const key of new Set([...Object.keys(derived), ...Object.keys(recorded)])) {
    const a = JSON.stringify(derived[key as keyof DerivedAttributes]);
    const b = JSON.stringify(recorded[key as keyof DerivedAttributes]);
    if (a !== b) return `block ${line.number}: ${key} is ${a}, recorded ${b}`;
  }
  return null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Attributes as op-node writes them. */
function wireAttributes(attributes: PayloadAttributes): Mutable<DerivedAttributes> {
  const { timestamp, gasLimit, minBaseFee, withdrawals, ...rest } = attributes;
  return {
    ...rest,
    timestamp: `0x${timestamp.toString(16)}`,
    gasLimit: `0x${gasLimit.toString(16)}`,
    ...(withdrawals !== undefined && { withdrawals }),
    ...(minBaseFee !== undefined && { minBaseFee: Number(minBaseFee) }),
  };
}
