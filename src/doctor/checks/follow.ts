import type { FollowConfig } from '../../../config/nodeConfig.js';
import { hasCode } from '../../errors/nodeError.js';
import { FollowMetrics } from '../../follow/followMetrics.js';
import type { FollowStatus } from '../../follow/rules/followStatus.js';
import { checkStatusShape } from '../../follow/rules/statusRules.js';
import { FollowedSource, type Reading } from '../../follow/sources/followedSource.js';
import { identifyExecution } from '../../follow/sources/sourceIdentity.js';
import { PromRegistry } from '../../telemetry/promRegistry.js';
import { redactUrl } from '../../telemetry/redact.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Check, DoctorContext } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import { QuietLog } from '../quietLog.js';
import { reasonOf } from '../reason.js';

/** Block time that a source may be behind the best one. */
const BEHIND_SEC = 60n;

interface Source {
  readonly name: string;
  readonly reading: Reading;
  /** Null where the source cannot be followed. */
  readonly status: FollowStatus | null;
}

/** Follow sources: reached, of our chain, fresh, together; and where missing blocks are fetched from. */
export const followCheck: Check = {
  name: 'follow',
  run: async (context) => {
    const { follow } = context.config;
    if (follow === null) return [];
    const head = await l1Head(context);
    const [blocks, ...sources] = await Promise.all([
      blocksFindings(context, follow),
      ...follow.sources.map((url, index) => readSource(context, { follow, url, index, head })),
    ]);
    return [...sourceFindings(sources, Math.max(1, follow.quorum)), ...blocks];
  },
};

async function l1Head({ l1, signal }: DoctorContext): Promise<L1BlockRef | null> {
  const head = await l1?.client.l1BlockRefByLabel('latest', signal).catch((thrown: unknown) => {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    return null;
  });
  return head ?? null;
}

interface Reach {
  readonly follow: FollowConfig;
  readonly url: string;
  readonly index: number;
  readonly head: L1BlockRef | null;
}

/** As a node reads it for the first time. */
async function readSource(
  { config, rpcFor, clock, random, signal }: DoctorContext,
  { follow, url, index, head }: Reach,
): Promise<Source> {
  const name = redactUrl(url);
  const { rpcTimeoutMs } = follow;
  const source = new FollowedSource(
    { index, name, rpcTimeoutMs: Math.min(rpcTimeoutMs, SOURCE_LIMIT_MS), config: config.rollup },
    {
      rpc: rpcFor({ url, headers: follow.headers[index] ?? {} }),
      push: null,
      l1Head: () => head,
      metrics: new FollowMetrics(new PromRegistry()),
      log: new QuietLog(),
      ...{ clock, random },
    },
  );
  const reading = await source.read(signal);
  const bad =
    reading.kind === 'read' ? checkStatusShape(reading.status, config.rollup.genesis) : null;
  if (bad !== null) return { name, reading: bad, status: null };
  return { name, reading, status: reading.kind === 'read' ? reading.status : null };
}

/** Of each request: two or three follow each other. */
const SOURCE_LIMIT_MS = 3_000;

function sourceFindings(sources: readonly Source[], needed: number): readonly Finding[] {
  const statuses = sources.flatMap(({ status }) => (status === null ? [] : [status]));
  const level = statuses.length >= needed ? 'warning' : 'error';
  const best = statuses.map(({ safe }) => safe.timestamp).reduce(laterOf, 0n);
  const findings = sources.flatMap(({ name, reading, status }): readonly Finding[] => {
    if (status === null || reading.kind !== 'read') return [heldFinding(name, reading, level)];
    const behind = best - status.safe.timestamp;
    const at = `Follow source ${name} serves our chain; safe ${status.safe.number}, unsafe ${status.unsafe?.number ?? 'not told'}`;
    return [
      fine(at),
      ...(reading.stale === null
        ? []
        : [found('follow-stale', `Follow source ${name} is stale: ${reading.stale.reason}`)]),
      ...(behind > BEHIND_SEC
        ? [found('follow-behind', `Follow source ${name} is ${behind} s behind the best one`)]
        : []),
    ];
  });
  if (needed === 1 || statuses.length >= needed) return findings;
  const text = `${statuses.length} of ${sources.length} sources can be followed, ${needed} must agree`;
  return [...findings, found('follow-quorum-unmet', text)];
}

function laterOf(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function heldFinding(name: string, reading: Reading, level: 'error' | 'warning'): Finding {
  if (reading.kind === 'read') throw new RangeError('a source that was read is not held');
  const { reason, fields } = reading;
  if (fields.what !== undefined) {
    const { what, actual, expected } = fields;
    return found(
      'follow-wrong-chain',
      `Follow source ${name} serves another chain: its ${String(what)} is ${String(actual)}, expected ${String(expected)}`,
      level,
    );
  }
  const details = typeof fields.error === 'string' ? `: ${fields.error}` : '';
  return found(
    'follow-unreachable',
    `Follow source ${name} cannot be followed: ${reason}${details}`,
    level,
  );
}

async function blocksFindings(
  { config, rpcFor, signal }: DoctorContext,
  { blocksUrl }: FollowConfig,
): Promise<readonly Finding[]> {
  if (blocksUrl === null) return [];
  const name = redactUrl(blocksUrl);
  try {
    const identity = await identifyExecution(rpcFor({ url: blocksUrl }), config.rollup, { signal });
    if (identity.kind !== 'other') return [fine(`Missing blocks are fetched from ${name}`)];
    const { what, actual, expected } = identity;
    return [
      found(
        'follow-blocks-unreachable',
        `Blocks of ${name} are of another chain: its ${what} is ${actual}, expected ${expected}`,
      ),
    ];
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    return [
      found(
        'follow-blocks-unreachable',
        `Blocks cannot be fetched from ${name} (${reasonOf(thrown)})`,
      ),
    ];
  }
}
