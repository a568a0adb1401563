import type {
  RpcAnswer,
  RpcRecordDone,
  RpcRecorder,
  RpcServerRecorder,
} from '../telemetry/rpcMetrics.js';

/** Names of methods that callers made up: kept apart up to here, together as `other` beyond. */
const MAX_UNKNOWN_METHODS = 128;
const MAX_UNKNOWN_LENGTH = 64;

/** The recorders that the server reports to; op-node calls both `main`. */
export interface RpcServerRecorders {
  /** Requests: `rpc_server_*`. */
  readonly served: RpcServerRecorder;
  /** Received notifications, which op-node counts among its clients': `rpc_client_notifications_received_total`. */
  readonly received: Pick<RpcRecorder, 'notification'>;
}

/**
 * Records requests by method name; op-node `op-service/metrics/rpc_metrics.go`.
 * Differs: op-node makes a series for every method name that anybody sends; here their number is bounded.
 */
export class RpcMetrics {
  private readonly recorders: RpcServerRecorders;
  private readonly names: Set<string>;
  private unknownLeft = MAX_UNKNOWN_METHODS;

  /** @param known the methods that the server serves: always counted by their name. */
  constructor(recorders: RpcServerRecorders, known: Iterable<string>) {
    this.recorders = recorders;
    this.names = new Set(known);
  }

  start(method: string, paramsBytes: number): RpcRecordDone {
    return this.recorders.served.start(this.nameOf(method), paramsBytes);
  }

  answered(method: string, paramsBytes: number, answer: RpcAnswer): void {
    this.recorders.served.answered(this.nameOf(method), paramsBytes, answer);
  }

  notified(method: string): void {
    this.recorders.received.notification(this.nameOf(method));
  }

  private nameOf(method: string): string {
    if (this.names.has(method)) return method;
    if (method.length > MAX_UNKNOWN_LENGTH || this.unknownLeft === 0) return 'other';
    this.unknownLeft -= 1;
    this.names.add(method);
    return method;
  }
}
