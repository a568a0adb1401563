import { toNodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Turn } from '../../rollup/slices.js';
import { inTurns } from '../../rollup/slices.js';
import { throwIfAborted } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import { envelopeHash, readEnvelope, receivedBlock } from '../codec/envelopeSsz.js';
import { MAX_MESSAGE_BYTES, malformed } from '../codec/malformed.js';
import type { ReceivedBlock } from '../codec/receivedBlock.js';
import { decodeFrames } from '../codec/snappyFrames.js';
import type { ByteStream, PeerId, StreamOpener } from './ports.js';
import { readAll } from './readBytes.js';
import { answeredBlockVersion, encodeRequest, RESULT, VERSION_BYTES } from './requestCodec.js';
import { streamFailed, timed } from './timed.js';

/** What came of a request. `notFound`: the peer says that it does not have the block, which is no fault. */
export type RequestOutcome =
  | { readonly kind: 'block'; readonly block: ReceivedBlock }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'failed'; readonly resultCode: number; readonly reason: string };

export interface PayloadClientDeps {
  readonly config: Pick<RollupConfig, 'forks' | 'genesis' | 'blockTime'>;
  readonly streams: StreamOpener;
  readonly clock: Clock;
  /** Between two slices of a large block's hash: `nextTurn` of `runtime/turns`. */
  readonly turn: Turn;
}

const OPEN_TIMEOUT_MS = 5_000;
const WRITE_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 10_000;
/**
 * More than fit into an answer, as transactions are a hundred bytes: anybody may make up a block, and a million of nothing
 * would take seconds to hash. Differs: op-node takes up to 2^20.
 */
const MAX_TRANSACTIONS = 1 << 17;

/** Asks peers for blocks, one a stream. op-node `op-node/p2p/sync.go` doRequest. */
export class PayloadClient {
  constructor(private readonly deps: PayloadClientDeps) {}

  /**
   * Asks a peer for one block, whose number and hash are checked. Ends in 25 s at most.
   * @throws NodeError ABORTED alone, when the signal fires.
   */
  async request(peer: PeerId, number: bigint, signal: AbortSignal): Promise<RequestOutcome> {
    try {
      return await this.exchange(peer, number, signal);
    } catch (thrown) {
      throwIfAborted(signal);
      const { message } = toNodeError(thrown);
      return { kind: 'failed', resultCode: RESULT.unknownError, reason: message };
    }
  }

  private async exchange(
    peer: PeerId,
    number: bigint,
    signal: AbortSignal,
  ): Promise<RequestOutcome> {
    const stream = await this.open(peer, signal);
    try {
      const answer = await this.ask(stream, number, signal);
      return await this.readAnswer(answer, number, signal);
    } finally {
      stream.close();
    }
  }

  /** A stream that is opened after its time is closed when it comes. */
  private open(peer: PeerId, signal: AbortSignal): Promise<ByteStream> {
    const step = { ...this.step('opening a stream', OPEN_TIMEOUT_MS), signal };
    return timed(step, async (inner) => {
      const stream = await this.deps.streams.open(peer, inner);
      if (!inner.aborted) return stream;
      stream.close();
      throw streamFailed('stream was opened too late');
    });
  }

  private async ask(stream: ByteStream, number: bigint, signal: AbortSignal): Promise<Uint8Array> {
    const writing = { ...this.step('writing the request', WRITE_TIMEOUT_MS), signal };
    await timed(writing, async (inner) => {
      await stream.write(encodeRequest(number), inner);
      await stream.closeWrite(inner);
    });
    const reading = { ...this.step('reading the answer', READ_TIMEOUT_MS), signal };
    const isEnough = (first: Uint8Array): boolean => first[0] !== RESULT.success;
    return timed(reading, (inner) =>
      readAll(stream, { maxBytes: MAX_MESSAGE_BYTES, isEnough }, inner),
    );
  }

  private async readAnswer(
    answer: Uint8Array,
    number: bigint,
    signal: AbortSignal,
  ): Promise<RequestOutcome> {
    const result = answer[0];
    if (result === undefined) throw malformed('answer is empty');
    if (result === RESULT.notFound) return { kind: 'notFound' };
    if (result !== RESULT.success) {
      return { kind: 'failed', resultCode: result, reason: `peer answered with code ${result}` };
    }
    return { kind: 'block', block: await this.readBlock(answer.subarray(1), number, signal) };
  }

  /** @throws NodeError P2P_MALFORMED. */
  private async readBlock(
    bytes: Uint8Array,
    number: bigint,
    signal: AbortSignal,
  ): Promise<ReceivedBlock> {
    if (bytes.length < VERSION_BYTES) throw malformed('answer has no version');
    const head = bytes.subarray(0, VERSION_BYTES);
    const version = answeredBlockVersion(head, number, this.deps.config);
    const body = decodeFrames(bytes.subarray(VERSION_BYTES), MAX_MESSAGE_BYTES);
    const envelope = readEnvelope(version, body);
    const block = receivedBlock(version, body, envelope);
    if (envelope.payload.transactions.length > MAX_TRANSACTIONS) {
      throw malformed('answer has too many transactions');
    }
    if (block.number !== number) throw malformed('answer is another block', { got: block.number });
    const hash = await inTurns(envelopeHash(envelope), this.deps.turn, signal);
    if (hash !== block.hash) throw malformed('block hash is wrong', { hash, claimed: block.hash });
    return block;
  }

  private step(doing: string, timeoutMs: number) {
    return { clock: this.deps.clock, doing, timeoutMs };
  }
}
