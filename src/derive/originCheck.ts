import { hasCode, NodeError, toNodeError } from '../errors/nodeError.js';
import type { BlockId, Hash } from '../types/block.js';
import { blockId } from '../types/block.js';
import type { CanonicalL1 } from './ports.js';

/** Failures in a row under one L1 head before L1 is asked again: some endpoint behind its address may be behind. */
const FAILURES_PER_QUESTION = 16;

/** What L1 said last. */
interface Answer {
  readonly block: Hash;
  readonly l1Head: Hash;
  /** Failures since then. */
  failures: number;
}

/**
 * Tells a failure that passes from one that never will: data of an L1 block that has left the chain need not be
 * anywhere any more, and whoever waits for it waits for ever. Whatever failed, and however: if the block is gone from
 * our L1, everything that was derived from it is void. Only a new L1 head can take a block off the chain, so that L1 is
 * asked once under each head. What was read is at or below the pipeline's origin: that one speaks for all of it.
 * Differs: op-node starts over where blobs or a block are not found, and waits where they fail otherwise, canonical or
 * not; the tests of missing data pin it.
 */
export class OriginCheck {
  private last: Answer | null = null;

  constructor(private readonly l1: CanonicalL1) {}

  /**
   * What is to be thrown for a failure while data up to `block` was read: the failure, with what is waited for, as long
   * as the block is canonical or nobody can tell; else a DERIVE_L1_REORG (reset).
   */
  async judge(thrown: unknown, block: BlockId, signal: AbortSignal): Promise<NodeError> {
    if (hasCode(thrown, 'ABORTED')) return thrown;
    const error = toNodeError(thrown);
    if (error.severity !== 'temporary') return error;
    const canonical = await this.canonicalHash(block, signal);
    if (canonical !== null && canonical !== block.hash) return gone(block, canonical, error);
    const onL1 = canonical === null ? 'unknown' : 'canonical';
    return new NodeError(error.code, error.message, {
      severity: 'temporary',
      fields: { ...error.fields, derivingFrom: blockId(block), onL1 },
      cause: error,
    });
  }

  /** Null where L1 does not know or cannot be asked. */
  private async canonicalHash(block: BlockId, signal: AbortSignal): Promise<Hash | null> {
    const l1Head = this.l1.head().hash;
    const { last } = this;
    const isAnswered = last?.block === block.hash && last.l1Head === l1Head;
    if (isAnswered && ++last.failures < FAILURES_PER_QUESTION) return block.hash;
    const found = await this.l1.l1BlockRefByNumber(block.number, signal).catch(() => null);
    this.last = found?.hash === block.hash ? { block: block.hash, l1Head, failures: 0 } : null;
    return found?.hash ?? null;
  }
}

function gone(block: BlockId, canonical: Hash, cause: NodeError): NodeError {
  return new NodeError('DERIVE_L1_REORG', 'the L1 block that is derived from has left the chain', {
    severity: 'reset',
    fields: { hash: block.hash, number: block.number, canonical, missed: cause.message },
    cause,
  });
}
