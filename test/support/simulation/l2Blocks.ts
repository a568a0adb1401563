import type { Hex } from 'viem';
import type { TransactionExaminer } from '../../../src/engine/ports.js';
import { payloadToBlockRef } from '../../../src/rollup/l2BlockRef.js';
import type { RollupConfig } from '../../../src/rollup/rollupConfig.js';
import type { Hash, L2BlockRef } from '../../../src/types/block.js';
import type { ExecutionPayloadEnvelope, PayloadAttributes } from '../../../src/types/payload.js';
import { GENESIS_REF, hashOf, TEST_ROLLUP } from '../l2Chain.js';

/** A transaction that makes every block with it invalid. */
export const BAD_TX: Hex = '0x02bad0';

/** Transactions of the simulated chain are names: they do not decode, but for that one all are good. */
export const SIM_EXAMINER: TransactionExaminer = {
  examine: async ({ transactions }) =>
    transactions.includes(BAD_TX)
      ? { kind: 'defect', reason: 'it is the bad one' }
      : { kind: 'sound', gasLimits: [], hasPostExec: false },
};

/** Bedrock rules: a refused batch is dropped. */
export const SIM_ROLLUP: RollupConfig = {
  ...TEST_ROLLUP,
  seqWindowSize: 20n,
  channelTimeout: 4n,
};

/** Holocene rules: a refused batch is replaced by its deposits. */
export const SIM_HOLOCENE: RollupConfig = {
  ...SIM_ROLLUP,
  forks: { regolith: 0n, holocene: 0n },
  chainOpConfig: {
    eip1559Elasticity: 6n,
    eip1559Denominator: 50n,
    eip1559DenominatorCanyon: 250n,
  },
};

/** Every L2 block that anybody has made, by hash. */
export class L2Blocks {
  private readonly blocks = new Map<Hash, ExecutionPayloadEnvelope>();
  private readonly refs = new Map<Hash, L2BlockRef>([[GENESIS_REF.hash, GENESIS_REF]]);

  constructor(readonly config: RollupConfig) {}

  /** The one block that these attributes make on this parent. */
  make(parent: L2BlockRef, attributes: PayloadAttributes): ExecutionPayloadEnvelope {
    const { transactions, timestamp, eip1559Params } = attributes;
    const identity = `${parent.hash} ${transactions.join()} ${timestamp}`;
    return this.add({
      executionPayload: {
        parentHash: parent.hash,
        feeRecipient: attributes.suggestedFeeRecipient,
        stateRoot: hashOf(`state ${identity}`),
        receiptsRoot: hashOf(`receipts ${identity}`),
        logsBloom: `0x${'0'.repeat(512)}`,
        prevRandao: attributes.prevRandao,
        blockNumber: parent.number + 1n,
        gasLimit: attributes.gasLimit,
        gasUsed: 46_000n,
        timestamp,
        extraData: eip1559Params === undefined ? '0x' : '0x00000000fa00000006',
        baseFeePerGas: 7n,
        blockHash: hashOf(`l2 ${identity}`),
        transactions,
      },
    });
  }

  add(envelope: ExecutionPayloadEnvelope): ExecutionPayloadEnvelope {
    const { blockHash } = envelope.executionPayload;
    const known = this.blocks.get(blockHash);
    if (known !== undefined) return known;
    this.blocks.set(blockHash, envelope);
    this.refs.set(blockHash, payloadToBlockRef(this.config, envelope.executionPayload));
    return envelope;
  }

  ref(hash: Hash): L2BlockRef | null {
    return this.refs.get(hash) ?? null;
  }

  envelope(hash: Hash): ExecutionPayloadEnvelope {
    const envelope = this.blocks.get(hash);
    if (envelope === undefined) throw new Error(`no L2 block ${hash}`);
    return envelope;
  }

  /** The ancestor of that height; null above the block, or where nobody knows it. */
  ancestor(of: L2BlockRef, number: bigint): L2BlockRef | null {
    let at: L2BlockRef | null = of;
    while (at !== null && at.number > number) at = this.ref(at.parentHash);
    return at !== null && at.number === number ? at : null;
  }

  isAncestor(ancestor: L2BlockRef, of: L2BlockRef): boolean {
    return this.ancestor(of, ancestor.number)?.hash === ancestor.hash;
  }

  /** The blocks after `from` up to `to`, lowest first; null where they are not on one chain. */
  between(from: L2BlockRef, to: L2BlockRef): L2BlockRef[] | null {
    const blocks: L2BlockRef[] = [];
    for (let at: L2BlockRef | null = to; ; at = this.ref(at.parentHash)) {
      if (at === null || at.number < from.number) return null;
      if (at.number === from.number) return at.hash === from.hash ? blocks : null;
      blocks.unshift(at);
    }
  }
}
