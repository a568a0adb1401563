import type { Hex } from 'viem';
import { NodeError } from '../../errors/nodeError.js';
import { payloadToBlockRef } from '../../rollup/l2BlockRef.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { DEPOSIT_TX_TYPE, transactionType } from '../../rollup/txCodec.js';
import type { BlockId, Hash } from '../../types/block.js';
import type { ExecutionPayload } from '../../types/payload.js';
import type { DeriveL2Source } from '../ports.js';

/** What a block of a span batch must have in common with the safe block at its place. */
export interface SafeBlock {
  readonly parentHash: Hash;
  /** Number of the L1 origin. */
  readonly epochNumber: bigint;
  /** Without the deposits, which batches do not have. */
  readonly transactions: readonly Hex[];
}

/** Characters, mostly of transactions in hex: a third of what the longest channel has. */
const MAX_KEPT_CHARACTERS = 64 * 1024 * 1024;
/** What a block takes beside its transactions, in characters: enough for a sequencing window of empty ones. */
const BLOCK_OVERHEAD = 512;

/**
 * The safe chain as span batches are compared with it. Blocks are found by hash, from the safe head down, so that the
 * answer is of that chain whatever the engine has at a height by now. What was read is kept, the newest of it: a batch
 * that is checked again after a failure goes on where it came to, and a channel full of batches that reach back over the
 * same blocks costs one read a block.
 */
export class SafeBlocks {
  private readonly kept = new Map<Hash, SafeBlock>();
  private keptCharacters = 0;

  constructor(
    private readonly config: RollupConfig,
    private readonly l2: Pick<DeriveL2Source, 'payloadByNumber'>,
  ) {}

  /** @throws NodeError DERIVE_L2_UNAVAILABLE, temporary, when L2 has no such block there; and what the L2 source throws. */
  async get(block: BlockId, signal: AbortSignal): Promise<SafeBlock> {
    const kept = this.kept.get(block.hash);
    if (kept !== undefined) return kept;
    const payload = await this.l2.payloadByNumber(block.number, signal);
    if (payload?.blockHash !== block.hash) throw missingSafeBlock(block);
    const read = this.describe(payload);
    this.keep(block.hash, read);
    return read;
  }

  private describe(payload: ExecutionPayload): SafeBlock {
    const { parentHash, transactions } = payload;
    return {
      parentHash,
      epochNumber: payloadToBlockRef(this.config, payload).l1Origin.number,
      transactions: transactions.filter((tx) => transactionType(tx) !== DEPOSIT_TX_TYPE),
    };
  }

  private keep(hash: Hash, block: SafeBlock): void {
    this.kept.set(hash, block);
    this.keptCharacters += charactersOf(block);
    for (const [oldest, dropped] of this.kept) {
      if (this.keptCharacters <= MAX_KEPT_CHARACTERS) return;
      this.kept.delete(oldest);
      this.keptCharacters -= charactersOf(dropped);
    }
  }
}

/** The engine lacks an ancestor of the safe head, or the head itself; or has another block there by now. */
export function missingSafeBlock(block: Pick<BlockId, 'number'>): NodeError {
  return new NodeError('DERIVE_L2_UNAVAILABLE', 'failed to fetch a safe L2 block', {
    severity: 'temporary',
    fields: { ...block },
  });
}

function charactersOf({ transactions }: SafeBlock): number {
  return transactions.reduce((length, tx) => length + tx.length, BLOCK_OVERHEAD);
}
