import type { Metrics, MultiaddrConnection } from '@libp2p/interface';

/** Told of bytes on connections to peers. */
export type CountBytes = (direction: 'in' | 'out', bytes: number) => void;

/** Sums up bytes for a metric that is told of all so far. */
export function byteCounter(record: CountBytes): CountBytes {
  const totals = { in: 0, out: 0 };
  return (direction, bytes) => {
    totals[direction] += bytes;
    record(direction, totals[direction]);
  };
}

const NO_METRIC = {
  update: () => undefined,
  increment: () => undefined,
  decrement: () => undefined,
  observe: () => undefined,
  reset: () => undefined,
  timer: () => () => undefined,
};
const makeNone = () => NO_METRIC;

/** libp2p's metrics, of which only the bytes on connections are taken. */
export function bandwidthMetrics(count: CountBytes): Metrics {
  return {
    trackMultiaddrConnection: (connection: MultiaddrConnection) =>
      countConnection(connection, count),
    trackProtocolStream: () => undefined,
    registerMetric: makeNone,
    registerMetricGroup: makeNone,
    registerCounter: makeNone,
    registerCounterGroup: makeNone,
    registerHistogram: makeNone,
    registerHistogramGroup: makeNone,
    registerSummary: makeNone,
    registerSummaryGroup: makeNone,
    traceFunction: (_name: string, run: unknown) => run,
    createTrace: () => undefined,
  } as unknown as Metrics;
}

function countConnection(connection: MultiaddrConnection, count: CountBytes): void {
  connection.addEventListener('message', ({ data }) => count('in', data.byteLength));
  const send = connection.send.bind(connection);
  connection.send = (data) => {
    count('out', data.byteLength);
    return send(data);
  };
}
