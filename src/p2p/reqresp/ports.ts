import type { Hash } from '../../types/block.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';
import type { ReceivedBlock } from '../codec/receivedBlock.js';

/** A peer id as text, `16Uiu2HAm...`. */
export type PeerId = string;

/** One stream of the protocol. Waits end when the signal fires. @throws NodeError P2P_STREAM_FAILED or ABORTED; any other throw counts as the former. */
export interface ByteStream {
  /** The next bytes of the other side, of any length above 0; null at its end. What is not read must not pile up without a bound. */
  read(signal: AbortSignal): Promise<Uint8Array | null>;
  /** Resolves when the bytes are on their way and more may follow. */
  write(bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Ends our side; the other one can still be read. */
  closeWrite(signal: AbortSignal): Promise<void>;
  /** Frees the stream, gracefully where both sides have ended, else at once. Never throws; may be called twice. */
  close(): void;
}

/** Opens a stream of `payloadByNumberProtocol` to a connected peer. @throws NodeError P2P_STREAM_FAILED, or anything else. */
export interface StreamOpener {
  open(peer: PeerId, signal: AbortSignal): Promise<ByteStream>;
}

/** Blocks of our execution layer that are served to peers. */
export interface ServedBlocks {
  /** Null: no such block. @throws when the execution layer cannot be asked. */
  payloadByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayloadEnvelope | null>;
}

/** Takes blocks that sync has found to be of our chain, newest first. */
export interface SyncedBlocks {
  /** @throws when the block could not be taken; it is offered again later. */
  receive(block: ReceivedBlock, peer: PeerId, signal: AbortSignal): Promise<void>;
}

/** How peers answer, for their scores. Every method returns at once. */
export interface ResponseScorer {
  validResponse(peer: PeerId): void;
  errorResponse(peer: PeerId): void;
  rejectedPayload(peer: PeerId): void;
}

/** The block that a range ends with: we hold it, and ask for what is below. */
export interface RangeEnd {
  readonly hash: Hash;
  readonly number: bigint;
  readonly parentHash: Hash;
}

/** Metrics; every method returns at once and never throws. */
export interface ReqRespRecorder {
  /** `p2p_req_total` and `p2p_req_duration_seconds`, method `payload_by_number`; `p2p_payload_by_number` gets the number. */
  request(role: 'client' | 'server', number: bigint, resultCode: number, durationMs: number): void;
  /** `p2p_payloads_quarantine_total`. */
  quarantineSize(blocks: number): void;
}
