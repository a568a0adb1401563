import { Counter, Gauge, type Registry } from 'prom-client';

/** Counts the expositions of a registry, as Go's handler of metrics does: `promhttp_*` of prometheus/client_golang. */
export class ScrapeMetrics {
  private readonly inFlight: Gauge;
  private readonly requests: Counter<'code'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.inFlight = new Gauge({
      name: 'promhttp_metric_handler_requests_in_flight',
      help: 'Current number of scrapes being served.',
      registers,
    });
    this.requests = new Counter({
      name: 'promhttp_metric_handler_requests_total',
      help: 'Total number of scrapes by HTTP status code.',
      labelNames: ['code'],
      registers,
    });
    for (const code of ['200', '500', '503']) this.requests.inc({ code }, 0);
  }

  /** Counts one: it is under way while it is written, and done afterwards. */
  async count(expose: () => Promise<string>): Promise<string> {
    this.inFlight.inc();
    let code = '500';
    try {
      const text = await expose();
      code = '200';
      return text;
    } finally {
      this.inFlight.dec();
      this.requests.inc({ code });
    }
  }
}
