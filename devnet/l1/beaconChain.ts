import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from 'viem';
import { hexToBytes } from 'viem';
import { versionedHashOf } from '../../src/l1/blobHasher.js';
import type { Hash } from '../../src/types/block.js';
import { engine, expectValid, type PayloadStatus } from '../engineApi.js';
import type { OpGethNode } from '../opGethProcess.js';
import { rpc } from '../rpcClient.js';

/** A slot is one second, from the genesis block on. */
export const SLOT_SEC = 1;

const SAFE_LAG_BLOCKS = 4;
const FINALIZED_LAG_BLOCKS = 8;
/** Blobs are kept for so many blocks. */
const KEPT_BLOCKS = 2_000;
const RETRY_MS = 500;
/** Time that the execution client gets to put transactions into a block. */
const BUILD_MS = 300;
const ZERO_HASH: Hash = `0x${'0'.repeat(64)}`;
const FEE_RECIPIENT = `0x${'00'.repeat(19)}b1`;

/** A blob as a beacon node serves it. */
export interface SlotBlob {
  readonly versionedHash: Hash;
  readonly blob: Hex;
}

interface ChainBlock {
  readonly hash: Hash;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly blobs: readonly SlotBlob[];
}

interface BuiltPayload {
  readonly executionPayload: { readonly blockHash: Hash; readonly timestamp: Hex };
  readonly blobsBundle: { readonly commitments: readonly Hex[]; readonly blobs: readonly Hex[] };
  readonly executionRequests: readonly Hex[];
}

export interface BeaconChainOptions {
  readonly genesis: { readonly hash: Hash; readonly timestamp: number };
  readonly blockTimeSec: number;
  readonly say: (line: string) => void;
}

/**
 * The consensus side of a development L1: has the execution client build a block each period, keeps the blobs, and
 * moves the safe and finalized labels some blocks behind the head. It can stand still and reorg on demand.
 */
export class BeaconChain {
  readonly #options: BeaconChainOptions;
  readonly #geth: OpGethNode;
  readonly #blocks: ChainBlock[];
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #mustRewind = false;
  /** While true no block is made. */
  isPaused = false;

  constructor(options: BeaconChainOptions, geth: OpGethNode) {
    this.#options = options;
    this.#geth = geth;
    this.#blocks = [{ ...options.genesis, blobs: [] }];
  }

  get genesisTime(): number {
    return this.#options.genesis.timestamp;
  }

  /** Number of the head. */
  get head(): number {
    return this.#blocks.length - 1;
  }

  /** Makes blocks until `close`. */
  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Blobs of the canonical block in that slot; null where no block has it. */
  blobsAt(slot: number): readonly SlotBlob[] | null {
    const timestamp = this.genesisTime + slot * SLOT_SEC;
    return this.#blocks.find((block) => block.timestamp === timestamp)?.blobs ?? null;
  }

  /** Forgets the newest blocks: the next one builds on what is then the head. */
  dropBlocks(count: number): void {
    if (count >= this.#blocks.length) throw new RangeError(`cannot drop ${count} blocks`);
    this.#blocks.splice(-count);
    this.#mustRewind = true;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const waitMs = this.isPaused ? RETRY_MS : this.#dueMs() - Date.now();
      await sleep(Math.max(0, waitMs), undefined, { signal }).catch(() => undefined);
      if (signal.aborted || this.isPaused) continue;
      await this.#makeBlock().catch(async (thrown: unknown) => {
        this.#options.say(`L1: ${thrown instanceof Error ? thrown.message : thrown}`);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      });
    }
  }

  /** Unix milliseconds at which the next block is begun. */
  #dueMs(): number {
    const { timestamp } = this.#newest;
    return (timestamp + this.#options.blockTimeSec) * 1000 - BUILD_MS;
  }

  get #newest(): ChainBlock {
    const newest = this.#blocks.at(-1);
    if (newest === undefined) throw new Error('no L1 block');
    return newest;
  }

  /** The execution client builds on no block that its own head builds on: it has to go back first. */
  async #rewind(): Promise<void> {
    this.#mustRewind = false;
    await rpc(this.#geth.url, 'debug_setHead', [`0x${this.head.toString(16)}`]);
  }

  async #makeBlock(): Promise<void> {
    if (this.#mustRewind) await this.#rewind();
    const parent = this.#newest;
    const now = Math.ceil((Date.now() + BUILD_MS) / 1000);
    const timestamp = Math.max(now, parent.timestamp + this.#options.blockTimeSec);
    const attributes = {
      timestamp: `0x${timestamp.toString(16)}`,
      prevRandao: parent.hash,
      suggestedFeeRecipient: FEE_RECIPIENT,
      withdrawals: [],
      parentBeaconBlockRoot: parent.hash,
    };
    const { payloadId } = await this.#forkchoice(attributes);
    await sleep(BUILD_MS);
    const built = await engine<BuiltPayload>(this.#geth, 'engine_getPayloadV4', [payloadId]);
    const { executionPayload, blobsBundle, executionRequests } = built;
    const hashes = blobsBundle.commitments.map((commitment) =>
      versionedHashOf(hexToBytes(commitment)),
    );
    const params = [executionPayload, hashes, parent.hash, executionRequests];
    const status = await engine<PayloadStatus>(this.#geth, 'engine_newPayloadV4', params);
    expectValid(status, 'L1 block');
    // Dropped meanwhile: this block is of the branch that was left.
    if (this.#newest !== parent) return;
    const blobs = hashes.map((versionedHash, index) => {
      return { versionedHash, blob: blobsBundle.blobs[index] ?? '0x' };
    });
    this.#blocks.push({ hash: executionPayload.blockHash, timestamp, blobs });
    this.#forgetOldBlobs();
    await this.#forkchoice(null);
  }

  async #forkchoice(attributes: object | null): Promise<{ readonly payloadId: Hex }> {
    const state = {
      headBlockHash: this.#newest.hash,
      safeBlockHash: this.#behind(SAFE_LAG_BLOCKS),
      finalizedBlockHash: this.#behind(FINALIZED_LAG_BLOCKS),
    };
    const answer = await engine<{
      readonly payloadStatus: PayloadStatus;
      readonly payloadId: Hex;
    }>(this.#geth, 'engine_forkchoiceUpdatedV3', [state, attributes]);
    expectValid(answer.payloadStatus, 'L1 forkchoice');
    return answer;
  }

  #behind(lag: number): Hash {
    return this.#blocks.at(-1 - lag)?.hash ?? this.#blocks[0]?.hash ?? ZERO_HASH;
  }

  #forgetOldBlobs(): void {
    const index = this.#blocks.length - 1 - KEPT_BLOCKS;
    const old = this.#blocks[index];
    if (old !== undefined) this.#blocks[index] = { ...old, blobs: [] };
  }
}
