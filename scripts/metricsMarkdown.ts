import type { RegisteredMetric } from '../src/telemetry/promRegistry.js';
import { METRICS_NAMESPACE } from '../src/telemetry/promRegistry.js';

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

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
