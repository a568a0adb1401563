import type { L2RefJson, SyncStatusJson } from './recorded.js';

type PatchOf<T> = { readonly [K in keyof T]?: T[K] extends object ? PatchOf<T[K]> | null : T[K] };

/** Parts of a status that replace the true ones; also fields that no honest node would send. */
export type StatusPatch = PatchOf<SyncStatusJson> & Readonly<Record<string, unknown>>;

export const ZERO_HASH = `0x${'0'.repeat(64)}`;

export const ZERO_L2_REF: L2RefJson = {
  hash: ZERO_HASH,
  number: 0,
  parentHash: ZERO_HASH,
  timestamp: 0,
  l1origin: { hash: ZERO_HASH, number: 0 },
  sequenceNumber: 0,
};

/** The status with the patch laid over it, at every depth; `undefined` in the patch takes a key away. */
export function mergeStatus(status: SyncStatusJson, patch: StatusPatch): SyncStatusJson {
  return merge(status, patch) as SyncStatusJson;
}

function merge(below: unknown, over: unknown): unknown {
  if (!isObject(below) || !isObject(over)) return over;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) delete merged[key];
    else merged[key] = merge(below[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
