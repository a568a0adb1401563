import { toNodeError } from '../errors/nodeError.js';
import type { Log } from '../telemetry/logger.js';
import type { MetricsPage } from '../telemetry/metricsServer.js';
import { pagePolicy } from './pagePolicy.js';
import type { StatusActor } from './statusActor.js';

export interface StatusPagesDeps {
  readonly status: Pick<StatusActor, 'look' | 'statusText' | 'historyText'>;
  /** Reads the built page; asked for once, when the first browser comes. */
  readonly readPage: () => Promise<string>;
  readonly log: Log;
}

/** Of everything: it is what its type says, is shown in no frame, and tells no other site where one was. */
const GUARDS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

const NOTHING_YET = '{}';

/**
 * The pages beside the metrics: `/` for browsers, which say that they want HTML, and the JSON that it shows. Whoever reads
 * metrics from `/` does not say so, and gets them as before.
 */
export class StatusPages {
  private page: Promise<MetricsPage | null> | null = null;

  constructor(private readonly deps: StatusPagesDeps) {}

  /** @returns null where the metrics are the answer. */
  async pageFor(path: string, accept: string): Promise<MetricsPage | null> {
    const { status } = this.deps;
    switch (path) {
      case '/status.json':
        await status.look();
        return json(status.statusText() ?? NOTHING_YET);
      case '/status/history.json':
        await status.look();
        return json(status.historyText() ?? NOTHING_YET);
      case '/':
        return accept.includes('text/html') ? this.keptPage() : null;
      default:
        return null;
    }
  }

  private keptPage(): Promise<MetricsPage | null> {
    this.page ??= this.html();
    return this.page;
  }

  /** @returns null where there is no page: then `/` stays what it is for everybody else. */
  private async html(): Promise<MetricsPage | null> {
    const { readPage, log } = this.deps;
    const body = await readPage().catch((thrown) => {
      log.warn('The status page cannot be read', { error: toNodeError(thrown) });
      return null;
    });
    return body === null ? null : htmlPage(body);
  }
}

function htmlPage(body: string): MetricsPage {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pagePolicy(body),
    // The same address is the metrics for who does not ask for HTML.
    vary: 'accept',
    ...GUARDS,
  };
  return { headers, body };
}

function json(body: string): MetricsPage {
  return { headers: { 'content-type': 'application/json', ...GUARDS }, body };
}
