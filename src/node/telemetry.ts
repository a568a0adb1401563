import { makeP2pMetrics } from '../p2p/p2pMetrics.js';
import { MirroredRegistry } from '../p2p/worker/metricsMirror.js';
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
  /** Those of p2p, which another thread moves. */
  readonly p2p: MirroredRegistry;
}

export function makeTelemetry({ clock }: Pick<NodeDeps, 'clock'>): NodeTelemetry {
  const registry = new PromRegistry();
  const p2p = new MirroredRegistry(registry);
  makeP2pMetrics(p2p);
  const monotonicMs = (): number => clock.monotonicMs();
  return {
    registry,
    info: new NodeInfoMetrics(registry),
    refs: new RefMetrics({ registry, clock }),
    rpcClients: new RpcClientMetrics(registry, monotonicMs),
    rpcServer: new RpcServerMetrics(registry, monotonicMs),
    sequencer: makeSequencerMetrics(registry, clock),
    p2p,
  };
}
