import { outputRootV0 } from '../../rollup/outputRoot.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { superRootV1 } from '../../rollup/superRoot.js';
import type { BlockId, Hash, L2BlockRef } from '../../types/block.js';
import { sameBlock, ZERO_HASH } from '../../types/block.js';
import { encodeBlockId } from '../../types/codec.js';
import type { OutputFacts } from '../../types/outputFacts.js';
import type { SyncStatus } from '../../types/syncStatus.js';
import { failed, reasonOf } from '../errors.js';
import type { RpcL2Port, RpcSafeDbPort, RpcStatusPort } from '../ports.js';

/** How often a block and its status are read again because the status changed between the two. */
const MAX_READS = 3;

/** What of the chain's configuration a super root depends on. */
export type SuperRootChain = Pick<RollupConfig, 'l2ChainId' | 'genesis' | 'blockTime'>;

export interface SuperRootApiDeps {
  readonly chain: SuperRootChain;
  /** What the safe-head database has come to: all L1 data before `currentL1` is in its entries and in `localSafeL2`. */
  readonly status: RpcStatusPort;
  readonly l2: RpcL2Port;
  readonly safeDb: RpcSafeDbPort;
}

/** A safe block's output, and the L1 block with which it became safe. */
interface SafeOutput extends OutputFacts {
  readonly blockHash: Hash;
  readonly requiredL1: BlockId;
}

/**
 * `superroot_atTimestamp` for a chain on its own: what the fault proof of super roots starts from. Who asks takes a chain
 * that is left out for one that L1 before `current_l1` says nothing of, so that whatever else is missing is a failure.
 * op-node `node/superroot_api.go`.
 */
export class SuperRootApi {
  constructor(private readonly deps: SuperRootApiDeps) {}

  /**
   * The whole answer. The chain is left out above the local safe head.
   * @param timestamp Unix seconds; the block is the newest one of then.
   * @throws RpcFault with op-node's texts.
   */
  async atTimestamp(timestamp: bigint, signal: AbortSignal): Promise<string> {
    const number = this.numberAt(timestamp);
    const { ref, status } = await this.read(number, signal);
    const isSafe = ref !== null && number <= status.localSafeL2.number;
    const output = isSafe ? await this.outputOf(ref, signal) : null;
    return encodeAnswer(this.deps.chain.l2ChainId, timestamp, status, output);
  }

  private numberAt(timestamp: bigint): bigint {
    const { genesis, blockTime } = this.deps.chain;
    if (timestamp < genesis.l2Time) {
      throw failed(
        `target block number for timestamp ${timestamp}: did not reach genesis time (${genesis.l2Time}) yet`,
      );
    }
    return genesis.l2.number + (timestamp - genesis.l2Time) / blockTime;
  }

  /** Block and status of one moment. */
  private async read(
    number: bigint,
    signal: AbortSignal,
  ): Promise<{ readonly ref: L2BlockRef | null; readonly status: SyncStatus }> {
    for (let reads = 1; ; reads++) {
      const status = this.deps.status.get();
      const ref = await this.deps.l2.l2BlockRefByNumber(number, signal).catch((thrown: unknown) => {
        const text = `failed to determine L2BlockRef of height ${number}, could not get payload`;
        throw failed(`blockRefWithStatus@${number}: ${text}: ${reasonOf(thrown)}`);
      });
      const isFinal = number <= status.finalizedL2.number;
      if (isFinal || this.deps.status.get() === status || reads === MAX_READS) {
        return { ref, status };
      }
    }
  }

  private async outputOf(ref: L2BlockRef, signal: AbortSignal): Promise<SafeOutput> {
    const missing = (reason: string): Error =>
      failed(`outputV0AtBlock@${ref.hash}:${ref.number}: ${reason}`);
    const facts = await this.deps.l2.outputFactsAt(ref.hash, signal).catch((thrown: unknown) => {
      throw missing(reasonOf(thrown));
    });
    if (facts === null) throw missing('failed to get L2 block by hash: not found');
    return { ...facts, blockHash: ref.hash, requiredL1: await this.requiredL1(ref) };
  }

  /** Genesis is safe by definition: with L1 block 0, as the chain's contracts may be older than its L1 genesis. */
  private async requiredL1(ref: L2BlockRef): Promise<BlockId> {
    if (sameBlock(ref, this.deps.chain.genesis.l2)) return { hash: ZERO_HASH, number: 0n };
    const missing = (reason: string): Error =>
      failed(`l1AtSafeHead@${ref.hash}:${ref.number}: ${reason}`);
    const found = await this.deps.safeDb.l1AtSafeHead(ref.number).catch((thrown: unknown) => {
      throw missing(reasonOf(thrown));
    });
    if (found === 'ahead') throw missing('l1 at safe head not found');
    if (found === 'unknown') throw missing('l1 at safe head history unavailable');
    return found.l1Block;
  }
}

/** op-node `op-service/eth/superroot_at_timestamp.go`; `data` is not there without an output. */
function encodeAnswer(
  chainId: bigint,
  timestamp: bigint,
  status: SyncStatus,
  output: SafeOutput | null,
): string {
  const fields = [
    `"current_l1":${encodeBlockId(status.currentL1)}`,
    `"safe_timestamp":${status.safeL2.timestamp}`,
    `"local_safe_timestamp":${status.localSafeL2.timestamp}`,
    `"finalized_timestamp":${status.finalizedL2.timestamp}`,
  ];
  const chainIds = `"chain_ids":["${chainId}"]`;
  if (output === null)
    return `{${[...fields, '"optimistic_at_timestamp":{}', chainIds].join(',')}}`;
  const { stateRoot, messagePasserStorageRoot, blockHash, requiredL1 } = output;
  const outputRoot = outputRootV0(output);
  const preimage = `{"stateRoot":"${stateRoot}","messagePasserStorageRoot":"${messagePasserStorageRoot}","blockHash":"${blockHash}"}`;
  const required = encodeBlockId(requiredL1);
  const superJson = `{"timestamp":"0x${timestamp.toString(16)}","chains":[{"ChainID":"${chainId}","Output":"${outputRoot}"}]}`;
  const superRoot = superRootV1(timestamp, chainId, outputRoot);
  fields.push(
    `"optimistic_at_timestamp":{"${chainId}":{"output":${preimage},"output_root":"${outputRoot}","required_l1":${required}}}`,
    chainIds,
    `"data":{"verified_required_l1":${required},"super":${superJson},"super_root":"${superRoot}"}`,
  );
  return `{${fields.join(',')}}`;
}
