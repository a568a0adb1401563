import { readFileSync } from 'node:fs';

/** One metric of op-node v1.19.1, as `op-node doc metrics` and its scrapes tell it. */
export interface OpNodeMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  /** Missing for those of the Go process. */
  readonly help?: string;
  /** Of a histogram: upper bounds, without infinity. */
  readonly buckets?: readonly number[];
}

/** All of them, in op-node's order. */
export const OP_NODE_METRICS = JSON.parse(
  readFileSync('test/fixtures/op-node-metrics.json', 'utf8'),
) as readonly OpNodeMetric[];

/** op-node's metrics that nodes here have not, and why. */
const MISSING: readonly (readonly [names: RegExp, why: string])[] = [
  [
    /^op_node_default_events_/,
    'op-node passes events between its parts; here tasks wait in lanes: `engine_lane_depth`, `engine_task_runs_total`',
  ],
  [
    /^op_node_default_l2_follow_source_cache_/,
    'nothing of a followed node is kept; op-node never counts in it either',
  ],
  [/^go_/, 'of the Go runtime; of this one there are `nodejs_*`'],
];

/** Why that metric is missing here; null when it should be there. */
export function whyMissing(name: string): string | null {
  return MISSING.find(([names]) => names.test(name))?.[1] ?? null;
}
