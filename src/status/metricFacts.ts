import type { MetricReading, MetricsReader, MetricValue } from '../telemetry/registry.js';
import { METRICS } from './metricNames.js';
import { Recent } from './recent.js';

type MetricName = keyof typeof METRICS;

/** Readings, one a second, that means are taken over: calls of a quiet node are seconds apart. */
const RECENT_READINGS = 10;

/** The metrics of the status as they were at one moment, and what has become of the sums in the last seconds. */
export class MetricFacts {
  private readonly readings = new Map<string, MetricReading>();
  private readonly recent = new Recent(RECENT_READINGS);

  constructor(private readonly reader: MetricsReader) {}

  /** Reads all of them anew. */
  async read(): Promise<void> {
    for (const name of Object.values(METRICS)) {
      this.readings.set(name, await this.reader.read(name));
    }
  }

  /** Sum of the values that have these labels; null where there is none. */
  value(metric: MetricName, labels: Readonly<Record<string, string>> = {}): number | null {
    const found = this.all(metric).filter((value) => hasLabels(value, labels));
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** As `value`, zero where there is none. */
  count(metric: MetricName, labels: Readonly<Record<string, string>> = {}): number {
    return this.value(metric, labels) ?? 0;
  }

  isSet(metric: MetricName): boolean {
    return this.value(metric) === 1;
  }

  /** The values with these labels by what they have for another label. */
  by(
    metric: MetricName,
    label: string,
    labels: Readonly<Record<string, string>> = {},
  ): Readonly<Record<string, number>> {
    const found = this.all(metric).filter((value) => hasLabels(value, labels));
    return Object.fromEntries(found.map(({ labels: has, value }) => [has[label] ?? '', value]));
  }

  /** Mean of what a histogram has seen in the last seconds, in milliseconds; null where that is nothing. Once a reading. */
  recentMeanMs(metric: MetricName, labels: Readonly<Record<string, string>> = {}): number | null {
    const [seconds = 0, count = 0] = this.recent.grown(
      `${metric} ${JSON.stringify(labels)}`,
      this.sums(metric, labels),
    );
    return count === 0 ? null : (seconds * 1000) / count;
  }

  /** False where calls of the last seconds have ended, and none of them with an answer. Once a reading. */
  isAnswering(rpc: string): boolean {
    const [, ended = 0] = this.sums('callDurations', { rpc });
    const sums = [ended, this.count('callAnswers', { rpc })];
    const [calls = 0, answers = 0] = this.recent.grown(`answers ${rpc}`, sums);
    return calls === 0 || answers > 0;
  }

  private sums(
    metric: MetricName,
    labels: Readonly<Record<string, string>>,
  ): readonly [sum: number, count: number] {
    const all = this.readings.get(METRICS[metric])?.totals ?? [];
    const found = all.filter((totals) => hasLabels(totals, labels));
    return [
      found.reduce((before, { sum }) => before + sum, 0),
      found.reduce((before, { count }) => before + count, 0),
    ];
  }

  private all(metric: MetricName): readonly MetricValue[] {
    return this.readings.get(METRICS[metric])?.values ?? [];
  }
}

function hasLabels(
  { labels }: { readonly labels: Readonly<Record<string, string>> },
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => String(labels[name]) === value);
}
