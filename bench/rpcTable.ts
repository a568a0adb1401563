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

/** Prints a line for each load with this node beside each other target, then how many of them reach the goal. */
export function printTable(rows: readonly Row[]): void {
  const others = rows[0]?.measured.slice(1).map(({ target }) => target) ?? [];
  const columns = others.map(
    (name) => ` ${name}: req/s | ratio | p99 ms | CPU us | of it | goal |`,
  );
  console.log(`| method | kind | conns | req/s | p99 ms | CPU us |${columns.join('')}`);
  console.log(`|---|---|--:|--:|--:|--:|${'--:|--:|--:|--:|--:|---|'.repeat(others.length)}`);
  for (const row of rows) console.log(line(row));
  console.log('');
  for (const name of others) console.log(summary(name, rows));
}

function line({ method, kind, connections, measured }: Row): string {
  const [ours, ...others] = measured;
  if (ours === undefined) return '';
  const cells = [method, kind, connections, grouped(ours.perSec), ms(ours), cpu(ours)];
  for (const other of others) {
    const ratio = (ours.perSec / other.perSec).toFixed(2);
    const of = cpuShare(ours, other)?.toFixed(2) ?? '';
    const goal = isReached(ours, other) ? 'yes' : 'NO';
    cells.push(grouped(other.perSec), ratio, ms(other), cpu(other), of, goal);
  }
  return `| ${cells.join(' | ')} |`;
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
