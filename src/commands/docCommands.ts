import { metricsOfNodes } from '../node/metricsOfNodes.js';
import { METRICS_NAMESPACE, type RegisteredMetric } from '../telemetry/promRegistry.js';
import { type CommandResult, failure, type Subcommand } from './command.js';

/** `slipstream doc ...`; op-node `op-service/metrics/doc/cmd.go`. */
export const DOC_COMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  ['metrics', { usage: 'Prints all metrics, --format markdown or json.', run: docMetrics }],
]);

const FORMATS: ReadonlyMap<string, (metrics: readonly RegisteredMetric[]) => string> = new Map([
  ['markdown', asMarkdown],
  ['json', asJson],
]);

async function docMetrics(args: readonly string[]): Promise<CommandResult> {
  const name = formatOf(args);
  const write = name === null ? undefined : FORMATS.get(name);
  if (write === undefined) return failure(`invalid format: ${name ?? args.join(' ')}`);
  return { text: write(await metricsOfNodes()), isFailure: false };
}

/** The value of --format, whichever way it is written; null for anything else. */
function formatOf(args: readonly string[]): string | null {
  if (args.length === 0) return 'markdown';
  const match = /^--?format(?:=(.*))?$/.exec(args[0] ?? '');
  return match === null ? null : (match[1] ?? args[1] ?? null);
}

function asMarkdown(metrics: readonly RegisteredMetric[]): string {
  const rows = metrics.map(
    ({ kind, spec: { name, help, labels } }) =>
      ` ${METRICS_NAMESPACE}${name} | ${help} | ${labels.join(',')} | ${kind} `,
  );
  return [' Metric | Description | Labels | Type ', '---|---|---|---', ...rows].join('\n');
}

function asJson(metrics: readonly RegisteredMetric[]): string {
  return JSON.stringify(
    metrics.map(({ kind, spec: { name, help, labels } }) => ({
      type: kind,
      name: `${METRICS_NAMESPACE}${name}`,
      help,
      labels: labels.length === 0 ? null : labels,
    })),
  );
}
