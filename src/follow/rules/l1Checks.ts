import { hasCode, toNodeError } from '../../errors/nodeError.js';
import type { BlockId, L1BlockRef } from '../../types/block.js';
import { blockId, isZeroRef } from '../../types/block.js';
import type { Held } from '../pollOutcome.js';
import { held } from '../pollOutcome.js';
import type { FollowL1Port } from '../ports.js';
import type { FollowStatus } from './followStatus.js';
import { SAFE_LABELS } from './followStatus.js';

/** What our own L1 says about the L1 blocks that a status names: they are there, or why the status is not taken. */
export type L1Verdict =
  /** `currentL1` is our L1's own ref; null when the status has none or our L1 could not be asked for it. */
  { readonly kind: 'onL1'; readonly currentL1: L1BlockRef | null } | Held;

type L1Reader = Pick<FollowL1Port, 'l1BlockRefByNumber'>;

/** How our L1 is read. */
export interface L1Reading {
  /** True reads past the cache. */
  readonly fresh: boolean;
}

/** What became of an L1 block that something depended on. */
export type L1Presence = 'held' | 'gone' | 'unknown';

/** An L1 block that a status names. */
interface Claim {
  readonly what: string;
  readonly id: BlockId;
}

type Lookup =
  | { readonly kind: 'same' | 'other'; readonly ref: L1BlockRef }
  | { readonly kind: 'missing'; readonly reason: string };

/**
 * Checks the L1 origins of a status' heads and its current_l1 by number on our own L1. All look-ups run in parallel,
 * and one height is looked up once. A difference is believed only after a second read past the cache.
 * All of it is read past the cache with `fresh`: where an L1 reorg is known that the cache may not know yet.
 * A definite difference weighs more than a failed look-up. If only current_l1 cannot be looked up, the rest decides.
 * op-node `rollup/driver/driver.go` followUpstream.
 * Differs: op-node reads once, one after the other, and lets a failed look-up of current_l1 refuse the status.
 */
export async function checkL1(
  l1: L1Reader,
  status: FollowStatus,
  signal: AbortSignal,
  { fresh }: L1Reading = { fresh: false },
): Promise<L1Verdict> {
  const claims: Claim[] = SAFE_LABELS.filter((label) => !isZeroRef(status[label])).map((label) => ({
    what: `${label} origin`,
    id: status[label].l1Origin,
  }));
  const originCount = claims.length;
  if (status.currentL1 !== null) claims.push({ what: 'currentL1', id: status.currentL1 });
  const shared = new Map<bigint, Promise<L1BlockRef | null>>();
  const found = await Promise.all(
    claims.map(({ id }) =>
      fresh
        ? judged(l1.l1BlockRefByNumber(id.number, { fresh }, signal), id)
        : lookUp(l1, id, shared, signal),
    ),
  );
  const other = claims.findIndex((_, i) => found[i]?.kind === 'other');
  if (other >= 0) return mismatch(claims[other], found[other]);
  const missing = claims.slice(0, originCount).findIndex((_, i) => found[i]?.kind === 'missing');
  if (missing >= 0) return notLookedUp(claims[missing], found[missing]);
  const current = found[originCount];
  return { kind: 'onL1', currentL1: current?.kind === 'same' ? current.ref : null };
}

function mismatch(claim: Claim | undefined, lookup: Lookup | undefined): Held {
  return held('refused', 'error_l1_mismatch', 'L1 block of status is not on our L1', {
    what: claim?.what,
    claimed: claim?.id,
    actual: lookup?.kind === 'other' ? blockId(lookup.ref) : null,
  });
}

function notLookedUp(claim: Claim | undefined, lookup: Lookup | undefined): Held {
  return held('waiting', 'error_l1_lookup', 'L1 block of status could not be looked up', {
    what: claim?.what,
    l1Block: claim?.id,
    because: lookup?.kind === 'missing' ? lookup.reason : null,
  });
}

/**
 * Whether our L1 still has these blocks: `gone` when it has another hash at one of the heights, `unknown` when none is
 * gone but one could not be read. Read past the cache unless `fresh` is false.
 */
export async function l1Presence(
  l1: L1Reader,
  blocks: readonly BlockId[],
  signal: AbortSignal,
  { fresh }: L1Reading = { fresh: true },
): Promise<L1Presence> {
  const found = await Promise.all(
    blocks.map((id) => guarded(l1.l1BlockRefByNumber(id.number, { fresh }, signal))),
  );
  let presence: L1Presence = 'held';
  for (const [i, id] of blocks.entries()) {
    const ref = found[i];
    if (ref === undefined || ref === null || 'reason' in ref) presence = 'unknown';
    else if (ref.hash !== id.hash) return 'gone';
  }
  return presence;
}

async function lookUp(
  l1: L1Reader,
  id: BlockId,
  shared: Map<bigint, Promise<L1BlockRef | null>>,
  signal: AbortSignal,
): Promise<Lookup> {
  const first = shared.get(id.number) ?? l1.l1BlockRefByNumber(id.number, { fresh: false }, signal);
  shared.set(id.number, first);
  const cached = await judged(first, id);
  if (cached.kind !== 'other') return cached;
  return judged(l1.l1BlockRefByNumber(id.number, { fresh: true }, signal), id);
}

async function judged(read: Promise<L1BlockRef | null>, id: BlockId): Promise<Lookup> {
  const ref = await guarded(read);
  if (ref === null) return { kind: 'missing', reason: 'our L1 does not have that height' };
  if ('reason' in ref) return { kind: 'missing', reason: ref.reason };
  return { kind: ref.hash === id.hash ? 'same' : 'other', ref };
}

/** A failed read as a value; being stopped stays a throw. */
async function guarded(
  read: Promise<L1BlockRef | null>,
): Promise<L1BlockRef | null | { readonly reason: string }> {
  try {
    return await read;
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    return { reason: toNodeError(thrown).message };
  }
}
