import { type AltDaMetrics, makeAltDaMetrics } from '../derive/actors/altDaMetrics.js';
import {
  type DerivationMetrics,
  makeDerivationMetrics,
} from '../derive/actors/derivationMetrics.js';
import { makeP2pMetrics } from '../p2p/p2pMetrics.js';
import { MirroredRegistry } from '../p2p/worker/metricsMirror.js';
import type { SequencerRecorder } from '../sequencer/ports.js';
import { makeSequencerMetrics } from '../sequencer/sequencerMetrics.js';
import { NodeInfoMetrics } from '../telemetry/nodeInfoMetrics.js';
import { PromRegistry } from '../telemetry/promRegistry.js';
import { makeReceivedPayloads } from '../telemetry/receivedPayloads.js';
import { RefMetrics } from '../telemetry/refMetrics.js';
import { RpcClientMetrics, RpcServerMetrics } from '../telemetry/rpcMetrics.js';
import type { ExecutionPayload } from '../types/payload.js';
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
  /** As well: all at rest where nothing is derived. */
  readonly derivation: DerivationMetrics;
  /** As well. */
  readonly altDa: AltDaMetrics;
  /** To be called with each block that came from a peer. */
  readonly receivedPayload: (payload: ExecutionPayload) => void;
  /** Those of p2p, which another thread moves. */
  readonly p2p: MirroredRegistry;
}

export function makeTelemetry({ clock, log }: Pick<NodeDeps, 'clock' | 'log'>): NodeTelemetry {
  const registry = new PromRegistry();
  const p2p = new MirroredRegistry(registry);
  makeP2pMetrics(p2p);
  const refs = new RefMetrics({ registry, clock });
  const monotonicMs = (): number => clock.monotonicMs();
  return {
    registry,
    info: new NodeInfoMetrics(registry),
    refs,
    rpcClients: new RpcClientMetrics(registry, monotonicMs),
    rpcServer: new RpcServerMetrics(registry, monotonicMs),
    sequencer: makeSequencerMetrics(registry, clock),
    derivation: makeDerivationMetrics({
      ...{ registry, refs, clock },
      log: log.child({ component: 'derivation' }),
    }),
    altDa: makeAltDaMetrics(registry, () => clock.nowMs() / 1000),
    receivedPayload: makeReceivedPayloads(registry, refs, clock),
    p2p,
  };
}
