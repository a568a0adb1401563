import type { SyncStatusJson } from '../conformance/recorded.js';
import type { Metrics } from './metricsText.js';

/** What the devnet shows at one moment. Null where a part does not answer. */
export interface Snapshot {
  readonly elapsedSec: number;
  readonly source: SyncStatusJson;
  readonly node: SyncStatusJson | null;
  /** op-geth's labels: latest, safe, finalized. */
  readonly engine: readonly [number, number, number] | null;
  readonly metrics: Metrics | null;
}

const COLUMNS = ['unsafe', 'local safe', 'safe', 'finalized', 'current L1', 'L1 head'] as const;
const NAME_WIDTH = 12;
const CELL_WIDTH = 12;
const RESULT = /^op_node_default_follow_source_requests_total\{result="(\w+)"\}$/;

/** The live table, one string a line. */
export function tableLines(snapshot: Snapshot): readonly string[] {
  const { source, node, engine } = snapshot;
  const theirs = numbers(source);
  const ours = node ? numbers(node) : null;
  const lag = theirs.map((value, index) => (ours ? value - (ours[index] ?? 0) : '-'));
  return [
    row(`t = ${Math.floor(snapshot.elapsedSec)} s`, COLUMNS),
    row('source', theirs),
    row('slipstream', ours ?? theirs.map(() => '-')),
    row('op-geth', engine ? [engine[0], '', engine[1], engine[2], '', ''] : ['-']),
    row('lag', lag),
    `polls: ${pollResults(snapshot.metrics)}`,
  ];
}

/** The same in one line, for logs. */
export function snapshotLine({ elapsedSec, source, node, metrics }: Snapshot): string {
  const part = (status: SyncStatusJson) => {
    const [unsafe, , safe, finalized, currentL1] = numbers(status);
    return `${unsafe}/${safe}/${finalized} L1 ${currentL1}`;
  };
  const ours = node ? part(node) : 'no answer';
  const lag = node ? source.safe_l2.number - node.safe_l2.number : '-';
  return [
    `${Math.floor(elapsedSec)}s`,
    `source ${part(source)}`,
    `slipstream ${ours}`,
    `safe lag ${lag}`,
    `polls ${pollResults(metrics)}`,
  ].join(' | ');
}

function numbers(status: SyncStatusJson): readonly number[] {
  const { unsafe_l2, local_safe_l2, safe_l2, finalized_l2, current_l1, head_l1 } = status;
  return [unsafe_l2, local_safe_l2, safe_l2, finalized_l2, current_l1, head_l1].map(
    (ref) => ref.number,
  );
}

function row(name: string, cells: readonly (string | number)[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => String(cell).padStart(CELL_WIDTH)).join('');
}

/** Polls by result; a result that is neither `success` nor `behind` is a refusal or a failure. */
function pollResults(metrics: Metrics | null): string {
  const counts = [...(metrics ?? [])].flatMap(([key, value]) => {
    const result = RESULT.exec(key)?.[1];
    return result === undefined || value === 0 ? [] : [`${result} ${value}`];
  });
  return counts.length === 0 ? 'none yet' : counts.join(', ');
}
