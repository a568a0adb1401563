import type { SequencerRecorder } from '../sequencer/ports.js';
import { makeSequencerMetrics } from '../sequencer/sequencerMetrics.js';
import { NodeInfoMetrics } from '../telemetry/nodeInfoMetrics.js';
import { PromRegistry } from '../telemetry/promRegistry.js';
import { RefMetrics } from '../telemetry/refMetrics.js';
import { RpcClientMetrics, RpcServerMetrics } from '../telemetry/rpcMetrics.js';
import type { NodeDeps } from './nodeDeps.js';

/** The metrics that more than one part of the node records into; made once a node. */
export interface NodeTelemetry {
  readonly registry: PromRegistry;
  readonly info: NodeInfoMetrics;
  readonly refs: RefMetrics;
  readonly rpcClients: RpcClientMetrics;
  readonly rpcServer: RpcServerMetrics;
  /** op-node has these on every node. */
  readonly sequencer: SequencerRecorder;
}

export function makeTelemetry({ clock }: Pick<NodeDeps, 'clock'>): NodeTelemetry {
  const registry = new PromRegistry();
  const monotonicMs = (): number => clock.monotonicMs();
  return {
    registry,
    info: new NodeInfoMetrics(registry),
    refs: new RefMetrics({ registry, clock }),
    rpcClients: new RpcClientMetrics(registry, monotonicMs),
    rpcServer: new RpcServerMetrics(registry, monotonicMs),
    sequencer: makeSequencerMetrics(registry, clock),
  };
}
