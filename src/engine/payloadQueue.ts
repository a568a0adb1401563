import type { Logger } from '../telemetry/logger.js';
import type { BlockId, Hash } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';
import { payloadId } from '../types/payload.js';
import { idText } from './engineStore.js';

/** op-node's `maxUnsafePayloadsMemory`. */
export const MAX_UNSAFE_PAYLOADS_BYTES = 500 * 1024 * 1024;
/** What a payload costs beside its transactions, with a margin. op-node `rollup/engine/payloads_queue.go`. */
const PAYLOAD_FIXED_BYTES = 1000;
const TRANSACTION_OVERHEAD_BYTES = 24;

interface Queued {
  readonly envelope: ExecutionPayloadEnvelope;
  readonly bytes: number;
  /** How often the engine could not take it. */
  failures: number;
}

/** Estimated memory of a payload, by op-node's formula. */
export function payloadMemBytes(envelope: ExecutionPayloadEnvelope): number {
  return envelope.executionPayload.transactions.reduce(
    (sum, tx) => sum + (tx.length - 2) / 2 + TRANSACTION_OVERHEAD_BYTES,
    PAYLOAD_FIXED_BYTES,
  );
}

export interface PayloadQueueDeps {
  readonly log: Logger;
  /** Told of each payload that leaves the queue, for whatever reason. */
  readonly onGone: (hash: Hash) => void;
}

export type PushResult = 'queued' | 'duplicate' | 'tooLarge' | 'evicted';

/**
 * Unsafe payloads that wait for their parent, by block number; two of the same number may wait, the same block twice
 * not. Bounded by memory: beyond it the lowest numbers go first, as L1 will bring them soonest.
 * op-node `rollup/engine/payloads_queue.go`.
 */
export class PayloadQueue {
  /** Ascending by number; in order of arrival within one. */
  private readonly items: Queued[] = [];
  private readonly hashes = new Set<Hash>();
  private bytes = 0;

  constructor(
    private readonly options: { readonly maxBytes: number },
    private readonly deps: PayloadQueueDeps,
  ) {}

  get length(): number {
    return this.items.length;
  }

  /** Estimated bytes of all payloads held. */
  get memBytes(): number {
    return this.bytes;
  }

  /** @returns `evicted` when the new payload itself was the lowest of a full queue. */
  push(envelope: ExecutionPayloadEnvelope): PushResult {
    const { blockHash, blockNumber } = envelope.executionPayload;
    if (this.hashes.has(blockHash)) return 'duplicate';
    const bytes = payloadMemBytes(envelope);
    if (bytes > this.options.maxBytes) return 'tooLarge';
    this.items.splice(this.upperBound(blockNumber), 0, { envelope, bytes, failures: 0 });
    this.hashes.add(blockHash);
    this.bytes += bytes;
    while (this.bytes > this.options.maxBytes) {
      const dropped = this.pop();
      if (dropped === undefined) break;
      this.deps.log.info(
        'Dropping payload from payload queue because the payload queue is too large',
        { id: idText(payloadId(dropped.executionPayload)) },
      );
      if (dropped === envelope) return 'evicted';
    }
    return 'queued';
  }

  /** The payload with the lowest number. */
  peek(): ExecutionPayloadEnvelope | undefined {
    return this.items[0]?.envelope;
  }

  pop(): ExecutionPayloadEnvelope | undefined {
    const item = this.items.shift();
    if (item === undefined) return undefined;
    this.forget(item);
    return item.envelope;
  }

  clear(): void {
    while (this.pop() !== undefined);
  }

  /** Drops this block, which the engine can never take. */
  drop(hash: Hash): void {
    const item = this.remove(hash);
    if (item !== undefined) this.forget(item);
  }

  /**
   * The engine could not take this block for now: others of the same number come before it.
   * @returns how often that has happened to it.
   */
  giveWay(hash: Hash): number {
    const item = this.remove(hash);
    if (item === undefined) return 0;
    item.failures += 1;
    this.items.splice(this.upperBound(item.envelope.executionPayload.blockNumber), 0, item);
    return item.failures;
  }

  private forget({ envelope, bytes }: Queued): void {
    const { blockHash } = envelope.executionPayload;
    this.hashes.delete(blockHash);
    this.bytes -= bytes;
    this.deps.onGone(blockHash);
  }

  private remove(hash: Hash): Queued | undefined {
    const at = this.items.findIndex(({ envelope }) => envelope.executionPayload.blockHash === hash);
    return at < 0 ? undefined : this.items.splice(at, 1)[0];
  }

  /**
   * Drops from the front what the heads have made useless: the unsafe head itself, what lies at or below the safe or
   * unsafe head, and a next block whose parent is not our unsafe head.
   */
  dropInapplicable(heads: Pick<EngineHeads, 'unsafe' | 'safe'>): void {
    for (let next = this.peek(); next !== undefined; next = this.peek()) {
      const why = whyInapplicable(next, heads);
      if (why === null) return;
      this.pop();
      if (why === DONE) this.deps.log.debug(why);
      else this.logSkipped(why, next, heads);
    }
  }

  private logSkipped(
    why: string,
    envelope: ExecutionPayloadEnvelope,
    heads: { readonly safe: BlockId; readonly unsafe: BlockId },
  ): void {
    this.deps.log.info(why, {
      safe: idText(heads.safe),
      unsafe: idText(heads.unsafe),
      unsafe_payload: idText(payloadId(envelope.executionPayload)),
    });
  }

  /** First index with a higher number. */
  private upperBound(number: bigint): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      const at = this.items[mid]?.envelope.executionPayload.blockNumber ?? 0n;
      if (at <= number) low = mid + 1;
      else high = mid;
    }
    return low;
  }
}

const DONE = 'successfully processed payload, removing it from the payloads queue now';

function whyInapplicable(
  envelope: ExecutionPayloadEnvelope,
  heads: Pick<EngineHeads, 'unsafe' | 'safe'>,
): string | null {
  const { blockHash, blockNumber, parentHash } = envelope.executionPayload;
  if (blockHash === heads.unsafe.hash) return DONE;
  if (blockNumber <= heads.safe.number) {
    return 'skipping unsafe payload, since it is older than safe head';
  }
  if (blockNumber <= heads.unsafe.number) {
    return 'skipping unsafe payload, since it is older than unsafe head';
  }
  if (blockNumber === heads.unsafe.number + 1n && parentHash !== heads.unsafe.hash) {
    return 'skipping unsafe payload, since it does not build onto the existing unsafe chain';
  }
  return null;
}
