import { describe, expect, it } from 'vitest';
import { metricKey, parseMetrics } from '../../../devnet/metricsText.js';

const TEXT = `# HELP a_total some help
# TYPE a_total counter
a_total{result="success",kind="x"} 12
plain 1.5e+09
quoted{what="a\\"b}"} 3
`;

describe('a metrics scrape', () => {
  it('gives values by name and labels in any order', () => {
    const values = parseMetrics(TEXT);
    expect(values.get(metricKey('a_total', { kind: 'x', result: 'success' }))).toBe(12);
    expect(values.get(metricKey('plain'))).toBe(1.5e9);
    expect(values.get(metricKey('quoted', { what: 'a\\"b}' }))).toBe(3);
    expect(values.size).toBe(3);
  });
});
