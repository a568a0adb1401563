import { NodeError } from '../../errors/nodeError.js';
import { linkSignals } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import type { RpcClient } from '../../transport/ports.js';
import type { BlockId, Hash, L2BlockRef } from '../../types/block.js';
import { sameBlock } from '../../types/block.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { FollowEnginePort, FollowL2Port, FollowPayloadPort } from '../ports.js';
import type { Link } from './blockLinks.js';
import { linkToOurChain } from './blockLinks.js';
import { BLOCK_WINDOW, BlockReader } from './blockReader.js';

/** Our execution layer executes a block in well under a second. */
const INSERT_STALL_MS = 30_000;

export interface BlockFetcherOptions {
  /** Of each request to the block source. */
  readonly rpcTimeoutMs: number;
}

export interface BlockFetcherDeps {
  readonly engine: FollowEnginePort;
  readonly l2: FollowL2Port;
  readonly payloads: FollowPayloadPort;
  readonly clock: Clock;
  readonly metrics: FollowMetrics;
}

/** The highest block at or below that height that may be inserted above the safe head; see `Strategy.vouchedUnsafe`. */
export type Vouched = (height: bigint, signal: AbortSignal) => Promise<BlockId | 'anything' | null>;

/**
 * Brings blocks of an execution client into ours, window by window. Nothing is inserted before the parent links from
 * the target have reached our chain, and each block must then be exactly the one that the links named.
 */
export class BlockFetcher {
  constructor(
    private readonly options: BlockFetcherOptions,
    private readonly deps: BlockFetcherDeps,
  ) {}

  /**
   * Fetches what our execution layer lacks up to an accepted local safe head. On top of our unsafe head the blocks go
   * the way of gossip; beside our unsafe chain they are only executed, and the follow target makes them canonical.
   * @throws NodeError of severity temporary.
   */
  async fetchTo(rpc: RpcClient, target: L2BlockRef, signal: AbortSignal): Promise<void> {
    const { engine, l2 } = this.deps;
    const reader = new BlockReader(this.options, rpc);
    for (let isComplete = false; !isComplete; ) {
      if ((await l2.l2BlockRefByHash(target.hash, signal)) !== null) return;
      const heads = engine.heads.get();
      const read = new Map<Hash, ExecutionPayloadEnvelope>();
      const isShort = target.number - heads.unsafe.number <= BigInt(BLOCK_WINDOW);
      const range = await linkToOurChain(target, heads, {
        links: (numbers) =>
          isShort && (numbers[0] ?? 0n) > heads.unsafe.number
            ? fullLinks(reader, numbers, read, signal)
            : reader.headers(numbers, signal),
        ours: (number) => l2.l2BlockRefByNumber(number, signal),
      });
      const isOnTop = range.join.hash === heads.unsafe.hash;
      for (let i = 0; i < range.hashes.length; i += BLOCK_WINDOW) {
        const hashes = range.hashes.slice(i, i + BLOCK_WINDOW);
        const lowest = range.join.number + BigInt(i) + 1n;
        const window = await exactBlocks(reader, { lowest, hashes, read }, signal);
        await (isOnTop ? this.insertOnTop(window, signal) : this.execute(window, signal));
      }
      isComplete = range.isComplete;
    }
  }

  /**
   * Fetches one window above our unsafe head, as long as each block extends it and up to what is vouched for.
   * @returns the number of blocks inserted; fewer than a window means that there is nothing more for now.
   * @throws NodeError of severity temporary, also where the source has another block than is vouched for.
   */
  async extend(rpc: RpcClient, vouched: Vouched, signal: AbortSignal): Promise<number> {
    const reader = new BlockReader(this.options, rpc);
    const { unsafe } = this.deps.engine.heads.get();
    const tip = await reader.tip(signal);
    const window = unsafe.number + BigInt(BLOCK_WINDOW);
    const reached = tip < window ? tip : window;
    if (reached <= unsafe.number) return 0;
    const limit = await vouched(reached, signal);
    if (limit === null) return 0;
    const top = limit === 'anything' ? reached : limit.number;
    const count = Number(top - unsafe.number);
    if (count <= 0) return 0;
    const numbers = Array.from({ length: count }, (_, i) => unsafe.number + BigInt(i) + 1n);
    const envelopes = await reader.payloads(numbers, signal);
    if (limit !== 'anything') expectVouched(envelopes, limit);
    const extending = extensionOf(unsafe, envelopes);
    // Only what leads to the vouched block is more than the one source's word.
    if (limit !== 'anything' && extending.length < count) return 0;
    await this.insertOnTop(extending, signal);
    return extending.length;
  }

  private async insertOnTop(
    envelopes: readonly ExecutionPayloadEnvelope[],
    signal: AbortSignal,
  ): Promise<void> {
    const last = envelopes.at(-1);
    if (last === undefined) return;
    for (const envelope of envelopes) this.deps.engine.addUnsafePayload(envelope);
    await this.reached(last.executionPayload.blockNumber, signal);
    this.deps.metrics.blocksInserted.inc({}, envelopes.length);
  }

  private async execute(
    envelopes: readonly ExecutionPayloadEnvelope[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const envelope of envelopes) {
      const { status, validationError } = await this.deps.payloads.newPayload(envelope, signal);
      if (status !== 'VALID') {
        const { blockHash: hash, blockNumber: number } = envelope.executionPayload;
        throw refused({ hash, number }, { status, validationError });
      }
      this.deps.metrics.blocksInserted.inc({});
    }
  }

  /** Waits for our unsafe head to be at this height; gives up when it stands still, whatever else moves. */
  private async reached(number: bigint, signal: AbortSignal): Promise<void> {
    const { heads } = this.deps.engine;
    for (let { unsafe } = heads.get(); unsafe.number < number; unsafe = heads.get().unsafe) {
      const linked = linkSignals(signal);
      const cancel = this.deps.clock.schedule(INSERT_STALL_MS, () => linked.abort());
      try {
        await leaves(heads, unsafe, linked.signal);
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        throw refused(unsafe, { waitedFor: number });
      } finally {
        cancel();
        linked.dispose();
      }
    }
  }
}

/** @throws NodeError FOLLOW_BLOCKS_UNLINKED, temporary, where the source has another block at that height. */
function expectVouched(envelopes: readonly ExecutionPayloadEnvelope[], vouched: BlockId): void {
  const hash = envelopes.at(-1)?.executionPayload.blockHash;
  if (hash === vouched.hash) return;
  throw new NodeError('FOLLOW_BLOCKS_UNLINKED', 'block source has a block that others deny', {
    severity: 'temporary',
    fields: { number: vouched.number, hash, vouched: vouched.hash },
  });
}

/** The blocks up to the first that does not build on the one before it. */
function extensionOf(
  head: BlockId,
  envelopes: readonly ExecutionPayloadEnvelope[],
): readonly ExecutionPayloadEnvelope[] {
  let parent = head.hash;
  const end = envelopes.findIndex(({ executionPayload }) => {
    const extendsParent = executionPayload.parentHash === parent;
    parent = executionPayload.blockHash;
    return !extendsParent;
  });
  return end < 0 ? envelopes : envelopes.slice(0, end);
}

/** Waits for another unsafe head. */
async function leaves(
  heads: FollowEnginePort['heads'],
  unsafe: L2BlockRef,
  signal: AbortSignal,
): Promise<void> {
  for (let seen = heads.get(); sameBlock(seen.unsafe, unsafe); ) {
    seen = await heads.changed(seen, signal);
  }
}

/** Short gaps are read in full at once: one round trip, and the blocks are at hand. */
async function fullLinks(
  reader: BlockReader,
  numbers: readonly bigint[],
  read: Map<Hash, ExecutionPayloadEnvelope>,
  signal: AbortSignal,
): Promise<readonly Link[]> {
  const envelopes = await reader.payloads(numbers, signal);
  return envelopes.map((envelope) => {
    const { blockHash: hash, blockNumber: number, parentHash } = envelope.executionPayload;
    read.set(hash, envelope);
    return { hash, number, parentHash };
  });
}

interface Wanted {
  readonly lowest: bigint;
  /** Consecutive, from `lowest` up. */
  readonly hashes: readonly Hash[];
  /** Blocks that were read already. */
  readonly read: ReadonlyMap<Hash, ExecutionPayloadEnvelope>;
}

async function exactBlocks(
  reader: BlockReader,
  { lowest, hashes, read }: Wanted,
  signal: AbortSignal,
): Promise<readonly ExecutionPayloadEnvelope[]> {
  const numbers = hashes.map((_, i) => lowest + BigInt(i));
  const missing = numbers.filter((_, i) => !read.has(hashes[i] ?? '0x'));
  const fetched = new Map(
    (await reader.payloads(missing, signal)).map((e) => [e.executionPayload.blockHash, e]),
  );
  return hashes.map((hash, i) => {
    const envelope = read.get(hash) ?? fetched.get(hash);
    if (envelope !== undefined) return envelope;
    throw new NodeError('FOLLOW_BLOCKS_UNLINKED', 'block source has another block than before', {
      severity: 'temporary',
      fields: { number: numbers[i], hash },
    });
  });
}

function refused(at: BlockId, fields: Readonly<Record<string, unknown>>): NodeError {
  return new NodeError('FOLLOW_BLOCK_REFUSED', 'our execution layer did not take a fetched block', {
    severity: 'temporary',
    fields: { number: at.number, hash: at.hash, ...fields },
  });
}
