import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import { isZeroRef, ZERO_L2_REF } from '../../types/block.js';
import { encodeL2BlockRef } from '../../types/codec.js';
import type { FollowStatus, SafeLabel } from '../rules/followStatus.js';

/** A healthy source and its status. `id` tells members apart. */
export interface QuorumMember {
  readonly id: number;
  readonly status: FollowStatus;
}

/** A member's block of a height; null when it has none there or does not say. Never throws but ABORTED. */
export type BlockOf = (member: QuorumMember, number: bigint) => Promise<L2BlockRef | null>;

/** What enough sources agree on. */
export interface QuorumStatus {
  readonly status: FollowStatus;
  /** Those who agree on the safe head. */
  readonly members: readonly QuorumMember[];
}

interface Agreement {
  readonly ref: L2BlockRef;
  readonly members: readonly QuorumMember[];
}

/**
 * Makes one status of those of several sources. The safe head is the highest block that `required` of them have on
 * their chains at or below the safe head they report: its height is the `required`-th highest reported one, or, where
 * the sources at or above it disagree, the next lower reported one at which enough agree. Local safe and finalized
 * come from the sources that agree on safe, by the same rule; one that they do not agree on is left at the safe head,
 * or unknown. current_l1 is the lowest of that set, so that nobody's L1 progress is claimed for a lower safe head;
 * it is unknown when one of them does not know its own, or all of them are further than the block they agree on.
 * @returns null when there is no such block.
 */
export async function quorumStatus(
  members: readonly QuorumMember[],
  required: number,
  blockOf: BlockOf,
): Promise<QuorumStatus | null> {
  const safe = await agreement('safe', members, { required, blockOf });
  if (safe === null) return null;
  const rule = { required, blockOf };
  const [localSafe, finalized] = await Promise.all([
    agreement('localSafe', safe.members, rule),
    agreement('finalized', safe.members, rule),
  ]);
  const isLocalSafeUsable = localSafe !== null && localSafe.ref.number > safe.ref.number;
  const isFinalizedUsable = finalized !== null && finalized.ref.number <= safe.ref.number;
  const status: FollowStatus = {
    currentL1: currentL1Of(safe),
    headL1: null,
    localSafe: isLocalSafeUsable ? localSafe.ref : safe.ref,
    safe: safe.ref,
    finalized: isFinalizedUsable ? finalized.ref : ZERO_L2_REF,
    unsafe: null,
  };
  return { status, members: safe.members };
}

async function agreement(
  label: SafeLabel,
  members: readonly QuorumMember[],
  { required, blockOf }: { readonly required: number; readonly blockOf: BlockOf },
): Promise<Agreement | null> {
  const reporting = members.filter(({ status }) => !isZeroRef(status[label]));
  const numbers = reporting.map(({ status }) => status[label].number).sort(descending);
  const heights = [...new Set(numbers.slice(required - 1))];
  for (const height of heights) {
    const able = reporting.filter(({ status }) => status[label].number >= height);
    const refs = await Promise.all(
      able.map((member) => {
        const ref = member.status[label];
        return ref.number === height ? ref : blockOf(member, height);
      }),
    );
    const found = largestGroup(able, refs);
    if (found !== null && found.members.length >= required) return found;
  }
  return null;
}

/**
 * The block of that height that `required` of the members have, as soon as so many have said so; null where they do not
 * agree on one. @throws what `blockOf` throws.
 */
export function agreedBlock(
  members: readonly QuorumMember[],
  number: bigint,
  { required, blockOf }: { readonly required: number; readonly blockOf: BlockOf },
): Promise<L2BlockRef | null> {
  return new Promise((resolve, reject) => {
    const refs: (L2BlockRef | null)[] = members.map(() => null);
    const asked = members.map(async (member, i) => {
      refs[i] = await blockOf(member, number);
      const found = largestGroup(members, refs);
      if (found !== null && found.members.length >= required) resolve(found.ref);
    });
    Promise.all(asked).then(() => resolve(null), reject);
  });
}

/** Members by the block they have, and what they say of it; of equal groups the one of the earlier source. */
function largestGroup(
  members: readonly QuorumMember[],
  refs: readonly (L2BlockRef | null)[],
): Agreement | null {
  const groups = new Map<string, { ref: L2BlockRef; members: QuorumMember[] }>();
  for (const [i, member] of members.entries()) {
    const ref = refs[i] ?? null;
    if (ref === null) continue;
    const key = encodeL2BlockRef(ref);
    const group = groups.get(key) ?? { ref, members: [] };
    group.members.push(member);
    groups.set(key, group);
  }
  let largest: Agreement | null = null;
  for (const group of groups.values()) {
    if (group.members.length > (largest?.members.length ?? 0)) largest = group;
  }
  return largest;
}

function currentL1Of({ ref, members }: Agreement): L1BlockRef | null {
  // What those read who are further says nothing of how far L1 leads to this block.
  if (members.every(({ status }) => status.safe.number > ref.number)) return null;
  let lowest: L1BlockRef | null = null;
  for (const { status } of members) {
    if (status.currentL1 === null) return null;
    if (lowest === null || status.currentL1.number < lowest.number) lowest = status.currentL1;
  }
  return lowest;
}

function descending(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a > b ? -1 : 1;
}
