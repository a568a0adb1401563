import { toNodeError } from '../../errors/nodeError.js';
import { linkSignals } from '../../runtime/abort.js';
import { createP2pNode } from '../createP2pNode.js';
import { repeat } from '../host/repeat.js';
import { makeP2pMetrics } from '../p2pMetrics.js';
import type { P2pNode } from '../p2pNode.js';
import type { P2pNodeOptions, P2pNodePeers } from '../p2pNodeOptions.js';
import type { BlockDelivery, P2pService, P2pWorkerSide } from '../p2pService.js';
import { RemoteRegistry } from './metricsMirror.js';
import { RemoteLogger } from './remoteLogger.js';
import { Wire, type WirePort } from './wire.js';

const METRICS_ROUND_MS = 1_000;

export interface P2pWorkerDeps
  extends Pick<
    P2pNodePeers,
    'privateKey' | 'store' | 'discoveryStore' | 'signer' | 'clock' | 'random'
  > {
  readonly port: WirePort;
  /** Has every error that nobody caught told to `report`: peers may provoke one in a library, and the node goes on. */
  readonly onStray: (report: (thrown: unknown) => void) => void;
}

/**
 * Makes the node among peers in this thread and serves it over the port.
 * @throws NodeError of `createP2pNode`.
 */
export async function runP2pWorker(options: P2pNodeOptions, deps: P2pWorkerDeps): Promise<void> {
  const { port, clock } = deps;
  const registry = new RemoteRegistry();
  const wire = new Wire<P2pService, P2pWorkerSide>(port);
  const ignore = (): void => undefined;
  const send = (line: Parameters<P2pWorkerSide['log']>[0]): void =>
    void wire.call('log', line).catch(ignore);
  const log = new RemoteLogger({ send, clock });
  const node = await createP2pNode(options, {
    ...deps,
    node: {
      receive: (delivery) => deliver(wire, delivery),
      envelopeByNumber: (number) => wire.call('envelopeByNumber', number),
    },
    recorder: makeP2pMetrics(registry),
    log,
  });
  deps.onStray((thrown) => {
    log.error('An error of a peer was caught by nobody', { err: toNodeError(thrown).message });
  });
  const stopping = linkSignals();
  const flush = async (): Promise<void> => {
    const batch = registry.take();
    if (batch !== null) await wire.call('metrics', batch);
  };
  const service = serviceOf(node);
  wire.serve({
    ...service,
    stop: async (argument) => {
      stopping.abort();
      await service.stop(argument);
    },
  });
  void repeat('metrics', METRICS_ROUND_MS, flush, { clock, log, signal: stopping.signal });
}

/** The block in memory of its own, which is given away instead of copied once more. */
function deliver(wire: Wire<P2pService, P2pWorkerSide>, delivery: BlockDelivery): Promise<void> {
  const body = new Uint8Array(delivery.block.body);
  const owned = { ...delivery, block: { ...delivery.block, body } };
  return wire.call('receive', owned, [body.buffer]);
}

/** A node as others call it. */
export function serviceOf(node: P2pNode): P2pService {
  const { api } = node;
  return {
    start: () => node.start(),
    stop: () => node.stop(),
    setSigner: async (address) => node.setSigner(address),
    publish: (publication) => node.publish(publication),
    requestRange: async (range) => node.requestRange(range),
    self: () => api.self(),
    peers: (isConnected) => api.peers(isConnected),
    peerStats: () => api.peerStats(),
    discoveryTable: () => api.discoveryTable(),
    blockPeer: (peer) => api.blockPeer(peer),
    unblockPeer: (peer) => api.unblockPeer(peer),
    listBlockedPeers: () => api.listBlockedPeers(),
    blockAddr: (ip) => api.blockAddr(ip),
    unblockAddr: (ip) => api.unblockAddr(ip),
    listBlockedAddrs: () => api.listBlockedAddrs(),
    blockSubnet: (subnet) => api.blockSubnet(subnet),
    unblockSubnet: (subnet) => api.unblockSubnet(subnet),
    listBlockedSubnets: () => api.listBlockedSubnets(),
    protectPeer: (peer) => api.protectPeer(peer),
    unprotectPeer: (peer) => api.unprotectPeer(peer),
    connectPeer: (address) => api.connectPeer(address),
    disconnectPeer: (peer) => api.disconnectPeer(peer),
  };
}
