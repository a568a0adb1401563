/** One target's figures for one method. */
export interface Measured {
  readonly target: string;
  readonly method: string;
  readonly perSec: number;
  readonly p99Ms: number;
}

/** How many times op-node's requests a second each method is to reach. */
const GOALS: Readonly<Record<string, number>> = {
  optimism_syncStatus: 2,
  optimism_outputAtBlock: 20,
  optimism_rollupConfig: 2,
};

/** Prints the figures, then per method how slipstream compares with the others of the same run. */
export function printTable(
  results: readonly Measured[],
  load: { readonly connections: number; readonly seconds: number },
): void {
  console.log(`${load.connections} connections, ${load.seconds} s a round, median of the rounds\n`);
  console.log('| method | target | requests/s | p99 ms |');
  console.log('|---|---|--:|--:|');
  for (const { method, target, perSec, p99Ms } of results) {
    console.log(`| ${method} | ${target} | ${grouped(perSec)} | ${p99Ms} |`);
  }
  console.log('');
  for (const ours of results.filter(({ target }) => target === 'slipstream')) {
    const others = results.filter(
      ({ method, target }) => method === ours.method && target !== ours.target,
    );
    for (const other of others) console.log(comparison(ours, other));
  }
}

function comparison(ours: Measured, other: Measured): string {
  const ratio = ours.perSec / other.perSec;
  const line = `${ours.method}: ${ratio.toFixed(2)} times ${other.target}`;
  const goal = GOALS[ours.method];
  if (other.target !== 'op-node' || goal === undefined) return line;
  const isReached = ratio >= goal && ours.p99Ms < other.p99Ms;
  const p99 = `p99 ${ours.p99Ms} ms to ${other.p99Ms} ms`;
  return `${line}, ${p99} (goal: ${goal} times, p99 lower: ${isReached ? 'reached' : 'missed'})`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
