import { metricsOfNodes } from '../src/node/metricsOfNodes.js';
import { comparisonMarkdown, metricsMarkdown } from './metricsMarkdown.js';

/** The text of `docs/metrics.md`: what nodes that follow and nodes that do not register. */
export async function metricsDoc(): Promise<string> {
  return `${metricsMarkdown(await metricsOfNodes())}\n${comparisonMarkdown()}`;
}
