import type { Counter, Histogram, MetricSpec, MetricsRegistry } from './registry.js';

/** How a recorded call was answered. A call that got no answer at all is finished with null. */
export interface RpcAnswer {
  /** The JSON-RPC error code; null for a result. */
  readonly errorCode: number | null;
  /** Bytes of the answer. */
  readonly bytes: number;
}

/** Ends the record of one call; called once. */
export type RpcRecordDone = (answer: RpcAnswer | null) => void;

/** What an RPC client or server reports about its calls. */
export interface RpcRecorder {
  /** A call starts. @param paramsBytes bytes of the encoded params, 0 where there are none. */
  start(method: string, paramsBytes: number): RpcRecordDone;
  /** A message without an answer: received by a client, sent by a server. */
  notification(method: string): void;
}

/** What an RPC server reports besides. */
export interface RpcServerRecorder extends RpcRecorder {
  /** A call that was answered in the moment it came: it took no time that is worth a look at the clock. */
  answered(method: string, paramsBytes: number, answer: RpcAnswer): void;
}

type Call = 'rpc' | 'method';
type Answer = Call | 'error';

interface RpcMetricSet {
  readonly requests: Counter<Readonly<Record<Call, string>>>;
  readonly durationSec: Histogram<Readonly<Record<Call, string>>>;
  readonly responses: Counter<Readonly<Record<Answer, string>>>;
  readonly notifications: Counter<Readonly<Record<Call, string>>>;
  readonly paramsSize: Counter<Readonly<Record<Call, string>>>;
  readonly resultsSize: Counter<Readonly<Record<Call, string>>>;
}

const CALL: readonly Call[] = ['rpc', 'method'];
const ANSWER: readonly Answer[] = ['rpc', 'method', 'error'];
/** op-node's buckets, in seconds. */
const BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * op-node's RPC metrics for all clients of this node, told apart by the label `rpc` (`l1`, `engine-api`,
 * `follow-source-api`). op-node `op-service/metrics/rpc_metrics.go`.
 */
export class RpcClientMetrics {
  private readonly set: RpcMetricSet;

  constructor(
    registry: MetricsRegistry,
    private readonly monotonicMs: () => number,
  ) {
    this.set = makeSet(registry, {
      requests: spec('rpc_client_requests_total', 'Total RPC requests initiated'),
      duration: spec(
        'rpc_client_request_duration_seconds',
        'Histogram of RPC client request durations',
      ),
      responses: ['rpc_client_responses_total', 'Total RPC request responses received'],
      notifications: spec(
        'rpc_client_notifications_received_total',
        'Total RPC notifications received',
      ),
      params: spec('rpc_client_params_size_total', 'Total bytes of RPC params sent'),
      results: spec('rpc_client_results_size_total', 'Total bytes of RPC results received'),
    });
  }

  /** @param rpc the value of the label `rpc`. */
  recorder(rpc: string): RpcRecorder {
    return makeRecorder(this.set, rpc, this.monotonicMs);
  }
}

/** op-node's metrics of the node's own RPC server, whose label `rpc` is `main`. */
export class RpcServerMetrics {
  private readonly set: RpcMetricSet;

  constructor(
    registry: MetricsRegistry,
    private readonly monotonicMs: () => number,
  ) {
    this.set = makeSet(registry, {
      requests: spec('rpc_server_requests_total', 'Total requests to the RPC server'),
      duration: spec(
        'rpc_server_request_duration_seconds',
        'Histogram of RPC server request durations',
      ),
      responses: ['rpc_server_responses_total', 'Total RPC request responses served'],
      notifications: spec('rpc_server_notifications_sent_total', 'Total RPC notifications sent'),
      params: spec('rpc_server_params_size_total', 'Total bytes of RPC params received'),
      results: spec('rpc_server_results_size_total', 'Total bytes of RPC results sent back'),
    });
  }

  /** @param rpc the value of the label `rpc`. */
  recorder(rpc: string): RpcServerRecorder {
    return makeRecorder(this.set, rpc, this.monotonicMs);
  }
}

interface SetSpecs {
  readonly requests: MetricSpec<Call>;
  readonly duration: MetricSpec<Call>;
  readonly responses: readonly [name: string, help: string];
  readonly notifications: MetricSpec<Call>;
  readonly params: MetricSpec<Call>;
  readonly results: MetricSpec<Call>;
}

function spec(name: string, help: string): MetricSpec<Call> {
  return { name, help, labels: CALL };
}

function makeSet(registry: MetricsRegistry, specs: SetSpecs): RpcMetricSet {
  const [name, help] = specs.responses;
  return {
    requests: registry.counter(specs.requests),
    durationSec: registry.histogram({ ...specs.duration, buckets: BUCKETS }),
    responses: registry.counter({ name, help, labels: ANSWER }),
    notifications: registry.counter(specs.notifications),
    paramsSize: registry.counter(specs.params),
    resultsSize: registry.counter(specs.results),
  };
}

/** Names of methods are few: the server's metrics bound them, and those of clients are our own. */
function makeRecorder(
  set: RpcMetricSet,
  rpc: string,
  monotonicMs: () => number,
): RpcServerRecorder {
  const kept = new Map<string, MethodLabels>();
  const labelsOf = (method: string): MethodLabels => {
    const known = kept.get(method);
    if (known !== undefined) return known;
    const made: MethodLabels = {
      call: { rpc, method },
      result: { rpc, method, error: '<nil>' },
      errors: new Map(),
    };
    kept.set(method, made);
    return made;
  };
  const started = (method: string, paramsBytes: number): MethodLabels => {
    const labels = labelsOf(method);
    set.requests.inc(labels.call);
    set.paramsSize.inc(labels.call, paramsBytes);
    return labels;
  };
  const ended = (labels: MethodLabels, tookMs: number, answer: RpcAnswer | null): void => {
    const { call, result } = labels;
    set.durationSec.observe(call, tookMs / 1000);
    if (answer === null) return;
    const { errorCode, bytes } = answer;
    set.responses.inc(errorCode === null ? result : errorLabels(labels, errorCode));
    if (errorCode === null) set.resultsSize.inc(call, bytes);
  };
  return {
    start: (method, paramsBytes) => {
      const labels = started(method, paramsBytes);
      const startedMs = monotonicMs();
      return (answer) => ended(labels, monotonicMs() - startedMs, answer);
    },
    answered: (method, paramsBytes, answer) => ended(started(method, paramsBytes), 0, answer),
    // A remote names what it notifies of.
    notification: (method) => set.notifications.inc({ rpc, method }),
  };
}

/** The labels of a method's calls, of those that had a result, and of those that had an error, by its code. */
interface MethodLabels {
  readonly call: Readonly<Record<Call, string>>;
  readonly result: Readonly<Record<Answer, string>>;
  readonly errors: Map<number, Readonly<Record<Answer, string>>>;
}

/** A server has few codes of errors; a remote of a client may make up any. */
const MAX_KEPT_CODES = 16;

function errorLabels(
  { call, errors }: MethodLabels,
  code: number,
): Readonly<Record<Answer, string>> {
  const kept = errors.get(code);
  if (kept !== undefined) return kept;
  const made = { ...call, error: `rpc_${code}` };
  if (errors.size < MAX_KEPT_CODES) errors.set(code, made);
  return made;
}
