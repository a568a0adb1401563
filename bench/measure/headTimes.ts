import type { TappedCall } from '../../conformance/engineTap.js';

/** When each block was first made an engine's head, in Unix milliseconds, in that order. */
export function headTimes(calls: readonly TappedCall[]): ReadonlyMap<string, number> {
  const heads = new Map<string, number>();
  for (const { method, params, answeredMs } of calls) {
    if (!method.startsWith('engine_forkchoiceUpdated')) continue;
    const { headBlockHash } = params[0] as { readonly headBlockHash: string };
    if (!heads.has(headBlockHash)) heads.set(headBlockHash, answeredMs);
  }
  return heads;
}
