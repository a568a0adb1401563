import { AttributesBuilder } from '../../../src/derive/attributes/attributesBuilder.js';
import { isActive } from '../../../src/rollup/forks.js';
import { payloadToBlockRef } from '../../../src/rollup/l2BlockRef.js';
import { payloadToSystemConfig } from '../../../src/rollup/systemConfig.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import type { L1HeaderInfo } from '../../../src/types/l1Block.js';
import type { PayloadAttributes } from '../../../src/types/payload.js';
import { GENESIS_REF, hashOf } from '../l2Chain.js';
import { BatchReader, type NextBlock } from './batchReader.js';
import type { L1Tree } from './l1Tree.js';
import { BAD_TX, type L2Blocks } from './l2Blocks.js';

const NEVER = new AbortController().signal;

/** What the data of an L1 block and of all before it makes. */
export interface Expected {
  readonly safe: L2BlockRef;
  /** Above safe where the last channel broke off. */
  readonly tip: L2BlockRef;
}

export function l1Info(ref: L1BlockRef): L1HeaderInfo {
  const prevRandao = hashOf(`randao ${ref.hash}`);
  return { ...ref, prevRandao, baseFee: 7n, excessBlobGas: null, parentBeaconBlockRoot: null };
}

/** The safe chain that L1 says, after each of its blocks: derived plainly from genesis, without a node. */
export class ExpectedChain {
  readonly builder: AttributesBuilder;
  private readonly states = new Map<Hash, Expected>();
  /** Blocks that are safe after some L1 block of any branch, by height. */
  private readonly safeAt = new Map<bigint, Set<Hash>>();

  constructor(
    private readonly l1: L1Tree,
    private readonly l2: L2Blocks,
  ) {
    const { config } = l2;
    this.states.set(l1.genesis.ref.hash, { safe: GENESIS_REF, tip: GENESIS_REF });
    this.builder = new AttributesBuilder(
      { config, l1Config: { chainId: config.l1ChainId, forkTimes: {}, blobSchedule: {} } },
      {
        l1: {
          l1InfoByHash: async (hash) => l1Info(l1.at(hash).ref),
          l1ReceiptsByHash: async () => [],
        },
        l2: {
          systemConfigByL2Hash: async (hash) =>
            hash === GENESIS_REF.hash
              ? config.genesis.systemConfig
              : payloadToSystemConfig(config, l2.envelope(hash).executionPayload),
        },
      },
    );
  }

  after(l1Hash: Hash): Expected {
    const state = this.states.get(l1Hash);
    if (state === undefined) throw new Error(`L1 block ${l1Hash} is not derived`);
    return state;
  }

  /** Every block that derivation makes at that height, on any branch of L1. */
  anyAt(number: bigint): ReadonlySet<Hash> {
    return this.safeAt.get(number) ?? new Set();
  }

  /** Call it for each L1 block, after its parent. */
  async derive(l1Hash: Hash): Promise<void> {
    const block = this.l1.at(l1Hash);
    let { safe, tip } = this.after(block.ref.parentHash);
    const reader = this.readerAt(block.ref, tip);
    reader.read(block.ref, block.channels);
    for (let next = reader.next(tip); next !== null; next = reader.next(tip)) {
      const isBad = next.transactions.includes(BAD_TX);
      if (isBad && !this.isHolocene) {
        tip = safe;
        continue;
      }
      if (isBad && !next.concluding) reader.flush();
      tip = await this.block(tip, isBad ? { ...next, transactions: [] } : next);
      this.note(tip);
      if (next.concluding) safe = tip;
    }
    this.states.set(l1Hash, { safe, tip });
  }

  /** The block that a batch makes. */
  async block(parent: L2BlockRef, { epoch, transactions }: NextBlock): Promise<L2BlockRef> {
    const prepared = await this.builder.prepare(parent, epoch, NEVER);
    return this.make(parent, {
      ...prepared,
      transactions: [...prepared.transactions, ...transactions],
    });
  }

  make(parent: L2BlockRef, attributes: PayloadAttributes): L2BlockRef {
    const { executionPayload } = this.l2.make(parent, attributes);
    return payloadToBlockRef(this.l2.config, executionPayload);
  }

  private get isHolocene(): boolean {
    return isActive(this.l2.config, 'holocene', GENESIS_REF.timestamp);
  }

  private note({ number, hash }: L2BlockRef): void {
    const hashes = this.safeAt.get(number) ?? new Set();
    this.safeAt.set(number, hashes.add(hash));
  }

  private readerAt(block: L1BlockRef, tip: L2BlockRef): BatchReader {
    const blocks: L1BlockRef[] = [];
    for (let at = this.l1.at(block.parentHash).ref; ; at = this.l1.at(at.parentHash).ref) {
      blocks.unshift(at);
      if (at.number <= tip.l1Origin.number) break;
    }
    const [base, ...more] = blocks;
    const reader = new BatchReader(this.l2.config, base ?? block);
    for (const ref of more) reader.read(ref, []);
    return reader;
  }
}
