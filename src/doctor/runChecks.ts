import { NodeError, toNodeError } from '../errors/nodeError.js';
import { withDeadline } from '../transport/deadline.js';
import type { Check, DoctorContext } from './check.js';
import { type Finding, found } from './finding.js';
import { reasonOf } from './reason.js';

/** What one check found. */
export interface CheckReport {
  readonly check: string;
  readonly findings: readonly Finding[];
}

/** Of one check; all run at once, so it is about the time of the whole run. */
export const CHECK_LIMIT_MS = 12_000;

/** Runs all checks at once. In their order, whichever ends first. Never rejects. */
export function runChecks(
  checks: readonly Check[],
  context: DoctorContext,
): Promise<readonly CheckReport[]> {
  return Promise.all(
    checks.map(async (check) => ({
      check: check.name,
      findings: await runOne(check, context),
    })),
  );
}

async function runOne(check: Check, context: DoctorContext): Promise<readonly Finding[]> {
  const { clock, signal } = context;
  // Requests of a check time out as well: this one is told from theirs.
  const late = new NodeError('TRANSPORT_TIMEOUT', 'the check took too long', {
    severity: 'temporary',
  });
  const deadline = { clock, timeoutMs: CHECK_LIMIT_MS, signal, timeoutError: () => late };
  try {
    return await withDeadline(deadline, (limited) => check.run({ ...context, signal: limited }));
  } catch (thrown) {
    const seconds = CHECK_LIMIT_MS / 1_000;
    if (thrown === late) {
      return [found('check-timed-out', `The check of ${check.name} took more than ${seconds} s`)];
    }
    const { code } = toNodeError(thrown);
    return [
      found('check-failed', `The check of ${check.name} failed: ${code}: ${reasonOf(thrown)}`),
    ];
  }
}
