import type { NodeConfig } from '../../config/nodeConfig.js';
import type { L2Source } from '../engine/l2Source.js';
import type { NodeError } from '../errors/nodeError.js';
import type { BeaconEndpoint } from '../l1/beaconEndpoint.js';
import type { DaServerClient } from '../l1/daServerClient.js';
import type { EthClient } from '../l1/ethClient.js';
import type { RemoteSigner } from '../p2p/signer/remoteSigner.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { RpcClient } from '../transport/ports.js';
import type { RpcClientOptions } from '../transport/rpcClientOptions.js';
import type { RemoteSignerOptions } from '../types/p2pOptions.js';
import type { Finding } from './finding.js';
import type { FilesPort, NetworkPort } from './ports.js';

/**
 * One subject of `slipstream doctor`. A check asks and looks, and changes nothing: no forkchoice, no file, no port that
 * is kept. It needs no other check's findings, for all run at once.
 */
export interface Check {
  /** Printed before what is well, and in JSON before everything. */
  readonly name: string;
  /** In the order to print them; none where the subject does not concern this node. @throws NodeError when aborted. */
  run(context: DoctorContext): Promise<readonly Finding[]>;
}

/** An endpoint by its printable name: its URL without what may be secret. */
export interface Named {
  readonly name: string;
  readonly url: string;
}

export interface L1Access extends Named {
  readonly rpc: RpcClient;
  readonly client: EthClient;
  /** Methods for receipts that the endpoint turned out not to have, in order; filled by the client. */
  readonly refusedMethods: readonly string[];
}

export interface EngineAccess extends Named {
  readonly rpc: RpcClient;
  readonly source: L2Source;
  /** Null where the file is not there; an error where it is not usable. Without it nothing is signed. */
  readonly secret: Uint8Array | NodeError | null;
}

export interface BeaconAccess extends Named {
  readonly endpoint: BeaconEndpoint;
}

export interface DaServerAccess extends Named {
  readonly client: Pick<DaServerClient, 'input'>;
}

/** What a check is given. The endpoints are those of the node, by the same adapters, with shorter times. */
export interface DoctorContext {
  readonly config: NodeConfig;
  /** As an endpoint is told it. */
  readonly version: string;
  /** Null without an L1. */
  readonly l1: L1Access | null;
  readonly engine: EngineAccess;
  /** The beacon node, then its fallbacks; none without one. */
  readonly beacons: readonly BeaconAccess[];
  /** Null without one. */
  readonly daServer: DaServerAccess | null;
  /** Further endpoints: follow sources, conductor; and a signer. */
  readonly rpcFor: (options: RpcClientOptions) => RpcClient;
  readonly signerFor: (options: RemoteSignerOptions) => Pick<RemoteSigner, 'check'>;
  readonly network: NetworkPort;
  readonly files: FilesPort;
  readonly clock: Clock;
  readonly random: Random;
  /** Fires when the check has no more time. */
  readonly signal: AbortSignal;
}

/** True for a node that reads L1 data itself, and so needs blobs. */
export function derives({ follow }: NodeConfig): boolean {
  return follow === null || follow.isVerifyEnabled;
}
