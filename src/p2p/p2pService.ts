import type { Address } from '../types/block.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';
import type { PeerMethods } from '../types/peerInfo.js';
import type { ReceivedBlock } from './codec/receivedBlock.js';
import type { RangeEnd } from './reqresp/ports.js';
import type { MetricsBatch } from './worker/metricsMirror.js';

/** A missing range of blocks: above `start`, below `end`. */
export interface MissingRange {
  /** Number of the last block that is there. */
  readonly start: bigint;
  readonly end: RangeEnd;
}

/** A block to publish. */
export interface Publication {
  readonly envelope: ExecutionPayloadEnvelope;
  /** 65 bytes by who built the block; null: signed with our own key. */
  readonly signature: Uint8Array | null;
}

/** Where this node listens. */
export interface Listening {
  readonly peerId: string;
  readonly addresses: readonly string[];
}

/**
 * What the node asks of p2p; each method takes one argument that can cross threads.
 * @throws NodeError temporary, each.
 */
export interface P2pService extends PeerMethods {
  /** Listens and meets peers. @throws NodeError P2P_START_FAILED, critical. */
  start(argument: null): Promise<Listening>;
  stop(argument: null): Promise<void>;
  /** Who may sign blocks, as L1 says. */
  setSigner(address: Address): Promise<void>;
  publish(publication: Publication): Promise<void>;
  requestRange(range: MissingRange): Promise<void>;
}

/** A checked block and the peer that it came from. */
export interface BlockDelivery {
  readonly block: ReceivedBlock;
  readonly peer: string;
}

/** What p2p asks of the node; each method takes one argument that can cross threads. */
export interface P2pNodeSide {
  /** Takes a checked block. Resolves when it is inserted or dropped, or has to wait in the engine's queue. */
  receive(delivery: BlockDelivery): Promise<void>;
  /** A block of our execution layer, to serve it to peers; null when it has none. */
  envelopeByNumber(number: bigint): Promise<ExecutionPayloadEnvelope | null>;
}

/** What the worker thread tells beside that. */
export interface P2pWorkerSide extends P2pNodeSide {
  log(line: P2pLogLine): Promise<void>;
  metrics(batch: MetricsBatch): Promise<void>;
}

export interface P2pLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /** Cloneable values. */
  readonly fields: Readonly<Record<string, unknown>>;
}
