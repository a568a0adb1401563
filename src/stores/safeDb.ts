import { open, type RootDatabase } from 'lmdb';
import { bytesToHex, hexToBytes, numberToBytes } from 'viem/utils';
import { NodeError } from '../errors/nodeError.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId, L2BlockRef } from '../types/block.js';
import type { SafeHeadAtL1 } from '../types/safeHeadAtL1.js';

/** Which L2 block was safe after which L1 block. op-node `node/safedb`. */
export interface SafeDb {
  readonly isEnabled: boolean;
  /** Records that `safeHead` became safe with `l1`. Durable when resolved. */
  safeHeadUpdated(safeHead: L2BlockRef, l1: BlockId): Promise<void>;
  /**
   * Forgets what a reset to `safeHead` has made uncertain: the first entry that reached it, and all later ones, go;
   * that first entry then says `safeHead`, unless nothing earlier is recorded (then it is unknown when it became safe).
   */
  safeHeadReset(safeHead: L2BlockRef): Promise<void>;
  /** The newest entry at or below that L1 block; null when there is none. @throws SAFE_DB_DISABLED */
  safeHeadAtL1(l1Number: bigint): Promise<SafeHeadAtL1 | null>;
  close(): Promise<void>;
}

interface Entry {
  readonly key: Buffer;
  readonly l1: BlockId;
  readonly safeHead: BlockId;
}

const KEY_BYTES = 8;
const VALUE_BYTES = 72;
const MAX_L1_NUMBER = 2n ** 64n - 1n;

/** Key layout: L1 number (u64 BE), so that the store's order is the chain's. */
function keyOf(l1Number: bigint): Buffer {
  return Buffer.from(numberToBytes(l1Number, { size: KEY_BYTES }));
}

/** Value layout: L1 hash (32), L2 hash (32), L2 number (u64 BE). */
function encodeValue(l1: BlockId, safeHead: BlockId): Buffer {
  return Buffer.concat([
    hexToBytes(l1.hash),
    hexToBytes(safeHead.hash),
    numberToBytes(safeHead.number, { size: 8 }),
  ]);
}

function decodeEntry(key: Buffer, value: Buffer): Entry {
  if (key.length !== KEY_BYTES || value.length !== VALUE_BYTES) {
    throw new NodeError('SAFE_DB_INVALID_ENTRY', 'invalid db entry', {
      severity: 'critical',
      fields: { keyBytes: key.length, valueBytes: value.length },
    });
  }
  return {
    key: Buffer.from(key),
    l1: { hash: bytesToHex(value.subarray(0, 32)), number: key.readBigUInt64BE() },
    safeHead: { hash: bytesToHex(value.subarray(32, 64)), number: value.readBigUInt64BE(64) },
  };
}

/** The safe-head index on disk (LMDB). Each write is one transaction, so a killed process leaves it readable. */
export class LmdbSafeDb implements SafeDb {
  readonly isEnabled = true;
  private readonly db: RootDatabase<Buffer, Buffer>;
  private readonly log: Logger;

  /** @throws SAFE_DB_OPEN_FAILED (critical) naming the path. */
  constructor(options: { readonly path: string }, deps: { readonly log: Logger }) {
    this.log = deps.log;
    try {
      this.db = open<Buffer, Buffer>({
        path: options.path,
        encoding: 'binary',
        keyEncoding: 'binary',
        // A commit is on disk before it is reported: the answer must not go back after a power loss.
        overlappingSync: false,
      });
    } catch (cause) {
      throw new NodeError(
        'SAFE_DB_OPEN_FAILED',
        `failed to create safe head database at ${options.path}`,
        { severity: 'critical', fields: { path: options.path }, cause },
      );
    }
  }

  async safeHeadUpdated(safeHead: L2BlockRef, l1: BlockId): Promise<void> {
    this.log.info('Record local safe head', { l2: safeHead, l1 });
    await this.db.put(keyOf(l1.number), encodeValue(l1, safeHead));
  }

  async safeHeadReset(safeHead: L2BlockRef): Promise<void> {
    this.log.info('Resetting safe head db', { l2: safeHead });
    const first = this.entries(safeHead.l1Origin.number, MAX_L1_NUMBER).find(
      (entry) => entry.safeHead.number >= safeHead.number,
    );
    if (first === undefined) return;
    const hasEarlier = this.newestAtOrBelow(first.l1.number - 1n) !== null;
    await this.db.transaction(() => {
      for (const { key } of this.entries(first.l1.number, MAX_L1_NUMBER)) this.db.remove(key);
      if (hasEarlier) this.db.put(first.key, encodeValue(first.l1, safeHead));
    });
  }

  async safeHeadAtL1(l1Number: bigint): Promise<SafeHeadAtL1 | null> {
    // op-node searches below number + 1, which overflows here, so it finds nothing; callers compare answers byte for byte.
    if (l1Number === MAX_L1_NUMBER) return null;
    const entry = this.newestAtOrBelow(l1Number);
    return entry === null ? null : { l1Block: entry.l1, safeHead: entry.safeHead };
  }

  async close(): Promise<void> {
    await this.db.close();
  }

  private entries(from: bigint, to: bigint): Entry[] {
    const range = this.db.getRange({ start: keyOf(from), end: keyOf(to), inclusiveEnd: true });
    return [...range].map(({ key, value }) => decodeEntry(key, value));
  }

  private newestAtOrBelow(l1Number: bigint): Entry | null {
    if (l1Number < 0n) return null;
    for (const { key, value } of this.db.getRange({
      start: keyOf(l1Number),
      reverse: true,
      limit: 1,
    })) {
      return decodeEntry(key, value);
    }
    return null;
  }
}
