/**
 * How one poll ended; the `result` label of `follow_source_requests_total`. op-node's names where it has one.
 * `error_engine` is ours as well: the status was fine as far as it could be checked, but our own execution layer
 * failed or could not be reached. So is `refuted`: verification has found a block of that chain that L1 does not say.
 */
export const POLL_RESULTS = [
  'success',
  'error_fetch_status',
  'error_invalid_state',
  'error_l1_lookup',
  'error_l1_mismatch',
  'behind',
  'conflict',
  'finalized_conflict',
  'refuted',
  'error_engine',
] as const;

export type PollResult = (typeof POLL_RESULTS)[number];
