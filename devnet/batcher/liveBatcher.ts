import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from 'viem';
import { toBytes } from 'viem';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { MAX_BLOB_DATA } from '../../src/derive/codec/blob.js';
import { hexToBytes } from '../../src/rollup/bytes.js';
import { isActive } from '../../src/rollup/forks.js';
import { payloadToBlockRef } from '../../src/rollup/l2BlockRef.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import { rpcBlockToPayload } from '../../src/rollup/rpcPayload.js';
import { DEPOSIT_TX_TYPE, transactionType } from '../../src/rollup/txCodec.js';
import type { ExecutionPayload } from '../../src/types/payload.js';
import { commitmentData } from '../altda/commitment.js';
import { putInput } from '../altda/putInput.js';
import { rpc } from '../rpcClient.js';
import { type BatcherShape, encodeBatcherPieces } from './batcherData.js';
import { BatchPoster } from './batchPoster.js';
import { encodeBatcherData } from './frames.js';

export interface LiveBatcherSetup {
  /** The sequencer's node. */
  readonly rollupUrl: string;
  /** JSON-RPC of its execution client. */
  readonly l2Url: string;
  /** L1 JSON-RPC whose beacon side keeps the blobs. */
  readonly l1Url: string;
  readonly privateKey: Hex;
  readonly rollup: RollupConfig;
  /** Blobs are posted from Ecotone on. */
  readonly da: 'blobs' | 'calldata';
  /** A DA server that takes the data: L1 gets commitments to it, as calldata. */
  readonly daServer?: string;
  readonly say: (line: string) => void;
}

const POLL_MS = 500;
const RETRY_MS = 1_000;
/** L1 blocks after which posted blocks that are not safe count as lost. */
const LOST_AFTER_L1_BLOCKS = 12;
const MAX_BLOCKS_PER_CHANNEL = 100;
/** Calldata transactions larger than this are not relayed by L1 clients. */
const MAX_CALLDATA_BYTES = 120_000;
const MAX_BLOBS_PER_TX = 4;
/** What a frame's data has around it in a blob: the version byte. */
const VERSION_BYTES = 1;

/** The last block that was posted, and where. */
interface Posted {
  readonly number: number;
  readonly hash: string;
  readonly l1Number: number;
}

/**
 * The development batcher: posts the sequencer's blocks to L1, a channel at a time, as soon as the one before is
 * mined. It begins again after the safe head when the sequencer's chain or L1 has left what was posted.
 */
export class LiveBatcher {
  readonly #setup: LiveBatcherSetup;
  readonly #poster: BatchPoster;
  #posted: Posted | null = null;

  constructor(setup: LiveBatcherSetup) {
    this.#setup = setup;
    this.#poster = new BatchPoster(setup);
  }

  /** Number of the newest block that L1 has; null before the first. */
  get postedThrough(): number | null {
    return this.#posted?.number ?? null;
  }

  /** Posts until the signal fires. A failure is told and waited out. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#step().then(
        () => POLL_MS,
        (thrown: unknown) => {
          this.#setup.say(`batcher: ${thrown instanceof Error ? thrown.message : thrown}`);
          return RETRY_MS;
        },
      );
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #step(): Promise<void> {
    const status = await rpc<SyncStatusJson>(this.#setup.rollupUrl, 'optimism_syncStatus');
    if (await this.#isLost(status)) this.#posted = null;
    const from = Math.max(status.safe_l2.number, this.#posted?.number ?? 0) + 1;
    const to = Math.min(status.unsafe_l2.number, from + MAX_BLOCKS_PER_CHANNEL - 1);
    if (to < from) return;
    const blocks = await this.#blocks(from, to);
    const parent = this.#posted?.number === from - 1 ? this.#posted.hash : null;
    const [first] = blocks;
    const last = blocks.at(-1);
    if (first === undefined || last === undefined) return;
    if (parent !== null && first.parentHash !== parent) {
      this.#posted = null;
      return;
    }
    const l1Number = await this.#post(blocks, BigInt(status.head_l1.timestamp));
    this.#posted = { number: to, hash: last.blockHash, l1Number };
  }

  /** True when what was posted does not count any more: L1 or the sequencer went on without it. */
  async #isLost({ safe_l2, current_l1 }: SyncStatusJson): Promise<boolean> {
    const posted = this.#posted;
    if (posted === null || safe_l2.number >= posted.number) return false;
    if (current_l1.number > posted.l1Number + LOST_AFTER_L1_BLOCKS) return true;
    const block = await this.#block(posted.number);
    return block?.blockHash !== posted.hash;
  }

  async #blocks(from: number, to: number): Promise<readonly ExecutionPayload[]> {
    const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const blocks = await Promise.all(numbers.map((number) => this.#block(number)));
    return blocks.filter((block) => block !== null);
  }

  async #block(number: number): Promise<ExecutionPayload | null> {
    const tag = `0x${number.toString(16)}`;
    const json = await rpc<unknown>(this.#setup.l2Url, 'eth_getBlockByNumber', [tag, true]);
    return json === null ? null : rpcBlockToPayload(json).executionPayload;
  }

  /** One channel. @param l1Time of the L1 head: what is allowed in the next L1 block. */
  async #post(blocks: readonly ExecutionPayload[], l1Time: bigint): Promise<number> {
    const { rollup, da, daServer } = this.#setup;
    const useBlobs =
      da === 'blobs' && daServer === undefined && isActive(rollup, 'ecotone', l1Time);
    const pieces = channelPieces(blocks, rollup, shapeAt(rollup, l1Time, useBlobs));
    let l1Number = 0;
    if (!useBlobs) {
      for (const piece of pieces) {
        const data = daServer === undefined ? piece : await committed(daServer, piece);
        l1Number = await this.#poster.postCalldata(data);
      }
      return l1Number;
    }
    for (let at = 0; at < pieces.length; at += MAX_BLOBS_PER_TX) {
      l1Number = await this.#poster.postBlobs(pieces.slice(at, at + MAX_BLOBS_PER_TX));
    }
    return l1Number;
  }
}

/** Hands the data to the DA server. @returns what L1 gets in its place. */
async function committed(daServer: string, data: Uint8Array): Promise<Uint8Array> {
  return toBytes(commitmentData(await putInput(daServer, data)));
}

function shapeAt(rollup: RollupConfig, l1Time: bigint, useBlobs: boolean): BatcherShape {
  return {
    batch: isActive(rollup, 'delta', l1Time) ? 'span' : 'singular',
    compression: isActive(rollup, 'fjord', l1Time) ? 'brotli' : 'zlib',
    maxFrameBytes: (useBlobs ? MAX_BLOB_DATA : MAX_CALLDATA_BYTES) - VERSION_BYTES,
    framesPerPiece: 1,
  };
}

/** The blocks as one channel of a new id, cut into the data of transactions or blobs. */
function channelPieces(
  blocks: readonly ExecutionPayload[],
  rollup: RollupConfig,
  shape: BatcherShape,
): readonly Uint8Array[] {
  const batches = blocks.map((block) => {
    const { l1Origin, sequenceNumber } = payloadToBlockRef(rollup, block);
    const transactions = block.transactions
      .filter((tx) => transactionType(tx) !== DEPOSIT_TX_TYPE)
      .map((tx) => hexToBytes(tx) ?? new Uint8Array(0));
    const batch = {
      type: 'singular' as const,
      parentHash: block.parentHash,
      epochNumber: l1Origin.number,
      epochHash: l1Origin.hash,
      timestamp: block.timestamp,
      transactions,
    };
    return { batch, isFirstOfEpoch: sequenceNumber === 0n };
  });
  const frames = encodeBatcherPieces(
    {
      blocks: batches.map(({ batch }) => batch),
      isFirstOfEpoch: batches[0]?.isFirstOfEpoch ?? false,
      channelId: randomBytes(16).toString('hex'),
      genesisTime: rollup.genesis.l2Time,
    },
    shape,
  );
  return frames.map(encodeBatcherData);
}
