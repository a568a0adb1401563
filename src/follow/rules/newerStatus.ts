import type { FollowStatus } from './followStatus.js';

/** True where one status is ahead of another in any of its heads, of L2 or L1. */
export function isNewer(status: FollowStatus, than: FollowStatus): boolean {
  const ahead = (a: { readonly number: bigint } | null, b: { readonly number: bigint } | null) =>
    (a?.number ?? 0n) > (b?.number ?? 0n);
  return (
    ahead(status.unsafe, than.unsafe) ||
    ahead(status.localSafe, than.localSafe) ||
    ahead(status.safe, than.safe) ||
    ahead(status.finalized, than.finalized) ||
    ahead(status.currentL1, than.currentL1) ||
    ahead(status.headL1, than.headL1)
  );
}
