import { hasCode, toNodeError } from '../../errors/nodeError.js';
import { checkL1Identity } from '../../node/endpointIdentity.js';
import { HttpStatusError } from '../../transport/transportErrors.js';
import type { L1BlockRef } from '../../types/block.js';
import type { Check, DoctorContext, L1Access } from '../check.js';
import { type Finding, fine, found } from '../finding.js';
import { reasonOf } from '../reason.js';
import { syncProgress } from '../syncing.js';

/** L1 has a block each twelve seconds; so many are not missed in a row while all is well. */
const STALE_SEC = 300;

/** The L1 execution client: reached, its chain, in sync, calls in batches taken. */
export const l1Check: Check = {
  name: 'l1',
  run: async (context) => {
    const { l1 } = context;
    if (l1 === null) return [found('l1-not-given', 'There is no L1 (--l1 is empty)')];
    try {
      const chain = await chainFindings(context, l1);
      if (chain.some(({ level }) => level === 'error')) return chain;
      const head = await l1.client.l1BlockRefByLabel('latest', context.signal);
      if (head === null)
        return [...chain, found('l1-syncing', `The L1 at ${l1.name} has no newest block`)];
      const sync = await syncFindings(context, l1, head);
      return [
        ...(sync.length > 0
          ? []
          : [
              fine(
                `L1 at ${l1.name} serves chain ${context.config.rollup.l1ChainId}, head ${head.number}`,
              ),
            ]),
        ...chain,
        ...sync,
        ...(await batchFindings(context, l1)),
      ];
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return [found('l1-unreachable', `The L1 at ${l1.name} cannot be used: ${reasonOf(thrown)}`)];
    }
  },
};

async function chainFindings(
  { config, signal }: DoctorContext,
  l1: L1Access,
): Promise<readonly Finding[]> {
  const { rollup } = config;
  const pruned: Finding[] = [];
  const warn = (): void => {
    const { number } = rollup.genesis.l1;
    pruned.push(
      found(
        'l1-genesis-pruned',
        `The L1 at ${l1.name} lacks block ${number}, where the rollup begins`,
      ),
    );
  };
  try {
    await checkL1Identity(rollup, l1.client, { warn }, signal);
    return pruned;
  } catch (thrown) {
    if (!hasCode(thrown, 'NODE_WRONG_CHAIN')) throw thrown;
    return [
      found(
        'l1-wrong-chain',
        `The L1 at ${l1.name} is another chain: ${toNodeError(thrown).message}`,
      ),
    ];
  }
}

async function syncFindings(
  { clock, signal }: DoctorContext,
  l1: L1Access,
  { number, timestamp }: L1BlockRef,
): Promise<readonly Finding[]> {
  const ageSec = Math.floor(clock.nowMs() / 1_000) - Number(timestamp);
  const progress = await syncProgress(l1.rpc, signal);
  if (progress !== null)
    return [found('l1-syncing', `The L1 at ${l1.name} is syncing: ${progress}`)];
  if (ageSec <= STALE_SEC) return [];
  return [
    found(
      'l1-stale',
      `The newest block of the L1 at ${l1.name} (${number}) is ${ageText(ageSec)} old`,
    ),
  ];
}

/** One batch as large as the node may send; not where a limit is kept already. */
async function batchFindings(
  { config, signal }: DoctorContext,
  l1: L1Access,
): Promise<readonly Finding[]> {
  if (config.l1 === null || config.l1.rateLimit > 0) return [];
  const size = Math.max(1, config.l1.maxBatchSize);
  const calls = Array.from({ length: size }, () => ({ method: 'eth_chainId', params: [] }));
  const asked = `A batch of ${size} calls to the L1 at ${l1.name}`;
  try {
    const outcomes = await l1.rpc.batch(calls, { signal });
    const failed = outcomes.find(({ kind }) => kind === 'error');
    if (failed?.kind !== 'error') return [];
    return [found('l1-rate-limited', `${asked} was answered in part: ${reasonOf(failed.error)}`)];
  } catch (thrown) {
    if (hasCode(thrown, 'ABORTED')) throw thrown;
    const isLimit = thrown instanceof HttpStatusError && thrown.status === 429;
    const code = isLimit ? 'l1-rate-limited' : 'l1-batch-refused';
    return [found(code, `${asked} failed: ${reasonOf(thrown)}`)];
  }
}

function ageText(seconds: number): string {
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} hours`;
  return `${Math.floor(seconds / 86_400)} days`;
}
