/** Values of a metrics scrape by name and labels, such as `name{result="success"}`. */
export type Metrics = ReadonlyMap<string, number>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;

/** Reads the Prometheus text format; comment lines are left out. */
export function parseMetrics(text: string): Metrics {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const found = LINE.exec(line);
    if (!found) continue;
    const [, name = '', labels = '', value] = found;
    values.set(metricKey(name, parseLabels(labels)), Number(value));
  }
  return values;
}

/** Fetches and reads the metrics that a node serves at this address. */
export async function scrape(metricsUrl: string): Promise<Metrics> {
  const response = await fetch(`${metricsUrl}/metrics`, { signal: AbortSignal.timeout(5_000) });
  return parseMetrics(await response.text());
}

/** Key of a value in a scrape, labels in any order. */
export function metricKey(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const parts = Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .sort();
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}

function parseLabels(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(pairs.map(([, label, value]) => [label, value]));
}
