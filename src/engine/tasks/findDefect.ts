import { leadingDeposits } from '../../rollup/txCodec.js';
import type { TransactionsExam } from '../../types/building.js';
import type { DerivedAttributes, ExecutionPayload } from '../../types/payload.js';
import { classifyEngineFault } from '../engineErrors.js';
import type { EngineTaskContext } from '../taskContext.js';
import { build } from './build.js';

type Sound = TransactionsExam & { readonly kind: 'sound' };

/** The longest beginning of the transactions that the execution layer builds, and the block that came of it. */
interface Built {
  readonly count: number;
  readonly block: ExecutionPayload;
}

/**
 * Why no block can be built from attributes that the execution layer failed at; null where nothing is found. Transactions
 * are looked at by themselves first. What depends on those before it - whether the gas of a block is enough, whether
 * a post-execution transaction is what execution comes to - is found by having the execution layer build ever more of them.
 * @throws NodeError as `build`.
 */
export async function findDefect(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  signal: AbortSignal,
): Promise<string | null> {
  const { attributes, parent } = derived;
  const exam = await ctx.transactions.examine(attributes, parent.number + 1n, signal);
  if (exam.kind === 'defect') return exam.reason;
  const gas = exam.gasLimits.reduce((sum, limit) => sum + limit, 0n);
  if (gas <= attributes.gasLimit && !exam.hasPostExec) return null;
  const built = await longestBuilt(ctx, derived, signal);
  return built === null ? null : defectBehind(derived, exam, built);
}

/**
 * Builds no more than the deposits at first: an execution layer that fails at those says nothing about the rest.
 * @returns null then.
 */
async function longestBuilt(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  signal: AbortSignal,
): Promise<Built | null> {
  const { transactions } = derived.attributes;
  let built = await buildFirst(ctx, derived, leadingDeposits(transactions), signal);
  if (built === null) return null;
  // All of them were failed at already.
  for (let failed = transactions.length; failed - built.count > 1; ) {
    const count = Math.floor((built.count + failed) / 2);
    const next = await buildFirst(ctx, derived, count, signal);
    if (next === null) failed = count;
    else built = next;
  }
  return built;
}

async function buildFirst(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  count: number,
  signal: AbortSignal,
): Promise<Built | null> {
  const transactions = derived.attributes.transactions.slice(0, count);
  const attributes = { ...derived.attributes, transactions };
  const started = await build(ctx, { ...derived, attributes }, signal);
  if (started.kind === 'invalid') return null;
  try {
    const { executionPayload } = await ctx.engine.getPayload(started.job.info, signal);
    return { count, block: executionPayload };
  } catch (thrown) {
    if (signal.aborted || classifyEngineFault(thrown) === 'transport') throw thrown;
    return null;
  }
}

/** What is wrong with the first transaction that was not built. */
function defectBehind(
  { attributes }: DerivedAttributes,
  { gasLimits, hasPostExec }: Sound,
  { count, block }: Built,
): string | null {
  if (block.transactions.length < count) return 'a transaction is left out by the execution layer';
  const gas = gasLimits[count] ?? 0n;
  const left = attributes.gasLimit - block.gasUsed;
  if (gas > left) return `transaction ${count} has gas ${gas}, over the ${left} that are left`;
  const isLast = count === attributes.transactions.length - 1;
  return hasPostExec && isLast
    ? `transaction ${count} is not the post-execution transaction that the block comes to`
    : null;
}
