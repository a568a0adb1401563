import type { Figures, Goal } from '../measure/figures.js';

/** One target's figures under one load. A batch counts as one request. */
export interface Measured {
  readonly target: string;
  readonly perSec: number;
  readonly p99Ms: number;
  /** CPU that the target used for a request; null where its process is not known. */
  readonly cpuUs: number | null;
}

/** One load, and what each target made of it; the first is this node. */
export interface Row {
  readonly method: string;
  readonly kind: string;
  readonly connections: number;
  readonly measured: readonly Measured[];
}

/** How many times the other's requests a second are to be reached, at a lower p99. */
const GOAL = 2;

/** Prints the table's head. @param others the names of those that this node stands beside. */
export function printHead(others: readonly string[]): void {
  const columns = others.map(
    (name) => ` ${name}: req/s | ratio | p99 ms | CPU us | of it | goal |`,
  );
  console.log(`| method | kind | conns | req/s | p99 ms | CPU us |${columns.join('')}`);
  console.log(`|---|---|--:|--:|--:|--:|${'--:|--:|--:|--:|--:|---|'.repeat(others.length)}`);
}

interface Pair {
  readonly method: string;
  readonly ours: number;
  readonly theirs: number;
}

/** Of each kind of load and number of connections the method that does worst beside op-node. */
export function addWorst(rows: readonly Row[], figures: Figures): void {
  const loads = new Set(rows.map(loadOf));
  for (const load of loads) {
    const ofLoad = rows.filter((row) => loadOf(row) === load);
    const add = (what: string, unit: string, of: (one: Measured) => number, goal: Goal): void => {
      const pairs = ofLoad.flatMap((row) => pairOf(row, of));
      const sign = 'leastTimes' in goal ? 1 : -1;
      const [worst] = pairs.sort((a, b) => sign * (a.ours / a.theirs - b.ours / b.theirs));
      if (worst === undefined) return;
      const { method, ...both } = worst;
      const whose = `worst of ${pairs.length} methods (${method})`;
      figures.add({ what: `rpc, ${load}: ${what}, ${whose}`, unit, ...both, goal });
    };
    add('requests a second', '1/s', ({ perSec }) => perSec, { leastTimes: GOAL });
    add('p99', 'ms', ({ p99Ms }) => p99Ms, { mostTimes: 1 });
    add('CPU a request', 'us', ({ cpuUs }) => cpuUs ?? Number.NaN, { mostTimes: 1 / GOAL });
  }
}

function loadOf({ kind, connections }: Row): string {
  return `${kind}, ${connections} connections`;
}

function pairOf({ method, measured }: Row, of: (one: Measured) => number): readonly Pair[] {
  const named = (name: string) => measured.find(({ target }) => target === name);
  const [ours, theirs] = [named('slipstream'), named('op-node')];
  if (ours === undefined || theirs === undefined) return [];
  return [{ method, ours: of(ours), theirs: of(theirs) }];
}

/** Prints the line of a load. */
export function printRow({ method, kind, connections, measured }: Row): void {
  const [ours, ...others] = measured;
  if (ours === undefined) return;
  const cells = [method, kind, connections, grouped(ours.perSec), ms(ours), cpu(ours)];
  for (const other of others) {
    const ratio = (ours.perSec / other.perSec).toFixed(2);
    const of = cpuShare(ours, other)?.toFixed(2) ?? '';
    const goal = isReached(ours, other) ? 'yes' : 'NO';
    cells.push(grouped(other.perSec), ratio, ms(other), cpu(other), of, goal);
  }
  console.log(`| ${cells.join(' | ')} |`);
}

/** Prints how many of the loads reach the goal beside each of the others, and which do not. */
export function printSummary(others: readonly string[], rows: readonly Row[]): void {
  console.log('');
  for (const name of others) console.log(summary(name, rows));
}

function summary(name: string, rows: readonly Row[]): string {
  const missed = rows.filter(({ measured: [ours, ...others] }) => {
    const other = others.find(({ target }) => target === name);
    return ours !== undefined && other !== undefined && !isReached(ours, other);
  });
  const where = missed.map(({ method, kind, connections }) => `${method} ${kind} ${connections}`);
  const list = where.length === 0 ? '' : `; not: ${where.join(', ')}`;
  const reached = rows.length - missed.length;
  return `${GOAL} times ${name} at a lower p99: ${reached} of ${rows.length}${list}`;
}

function isReached(ours: Measured, other: Measured): boolean {
  return ours.perSec >= GOAL * other.perSec && ours.p99Ms < other.p99Ms;
}

function cpuShare(ours: Measured, other: Measured): number | null {
  return ours.cpuUs === null || other.cpuUs === null ? null : ours.cpuUs / other.cpuUs;
}

function ms({ p99Ms }: Measured): string {
  return p99Ms.toFixed(p99Ms < 10 ? 2 : 0);
}

function cpu({ cpuUs }: Measured): string {
  return cpuUs === null ? '' : cpuUs.toFixed(cpuUs < 100 ? 1 : 0);
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
