import type { Metrics, MultiaddrConnection } from '@libp2p/interface';

/** Told of bytes on connections to peers. */
export type CountBytes = (direction: 'in' | 'out', bytes: number) => void;

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
    trackMultiaddrConnection: (connection) => countConnection(connection, count),
    trackProtocolStream: () => undefined,
    registerMetric: makeNone,
    registerMetricGroup: makeNone,
    registerCounter: makeNone,
    registerCounterGroup: makeNone,
    registerHistogram: makeNone,
    registerHistogramGroup: makeNone,
    registerSummary: makeNone,
    registerSummaryGroup: makeNone,
    traceFunction: (_name, run) => run,
    createTrace: () => undefined,
  } as Metrics;
}

function countConnection(connection: MultiaddrConnection, count: CountBytes): void {
  connection.addEventListener('message', ({ data }) => count('in', data.byteLength));
  const send = connection.send.bind(connection);
  connection.send = (data) => {
    count('out', data.byteLength);
    return send(data);
  };
}
