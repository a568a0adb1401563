import type { RegisteredMetric } from '../src/telemetry/promRegistry.js';
import { METRICS_NAMESPACE } from '../src/telemetry/promRegistry.js';
import { OP_NODE_METRICS, whyMissing } from './opNodeMetrics.js';

/** The text of `docs/metrics.md`: one table of all metrics by name. */
export function metricsMarkdown(metrics: readonly RegisteredMetric[]): string {
  const sorted = [...metrics].sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  const rows = sorted.map(({ kind, spec }) => {
    const labels = spec.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${METRICS_NAMESPACE}${spec.name}\` | ${kind} | ${labels} | ${escapeCell(spec.help)} |`;
  });
  return [
    '# Metrics',
    '',
    'Served at `--metrics.addr`, `--metrics.port` with `--metrics.enabled`, beside the metrics of the process itself.',
    '',
    '| Name | Type | Labels | Meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** op-node's own metrics, one after the other: a dashboard of op-node shows what is the same here. */
export function comparisonMarkdown(): string {
  const rows = OP_NODE_METRICS.map(({ name, type }) => {
    const why = whyMissing(name);
    return `| \`${name}\` | ${type} | ${why === null ? 'same' : `missing: ${why}`} |`;
  });
  return [
    "## op-node's metrics",
    '',
    'What op-node v1.19.1 has, and whether it is here with the same name, type, labels and buckets. On a node that follows,',
    'those of derivation stand at rest, as with op-node. Of the values of labels, the cache `blockrefs` of L1 is missing: refs are kept',
    'in the cache `headers`. Methods of `rpc_client_*` are those that this node calls.',
    '',
    '| Name | Type | Here |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
