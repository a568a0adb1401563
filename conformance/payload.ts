import type { Hex } from 'viem';
import { rawTransaction } from './rawTransaction.js';
import type { BlockJson, RollupJson } from './recorded.js';

/** Execution payload with its beacon root: the parameter of `admin_postUnsafePayload`. */
export interface PayloadEnvelope {
  readonly parentBeaconBlockRoot?: string;
  readonly executionPayload: ExecutionPayloadJson;
}

export interface ExecutionPayloadJson {
  readonly blockHash: string;
  readonly parentHash: string;
  readonly blockNumber: string;
  readonly timestamp: string;
  readonly transactions: readonly Hex[];
  readonly [field: string]: unknown;
}

/** Turns a recorded L2 block into the payload that makes it, with the fields of its fork and no others. */
export function payloadOf(block: BlockJson, rollup: RollupJson): PayloadEnvelope {
  const time = Number(block.timestamp);
  const executionPayload: ExecutionPayloadJson = {
    parentHash: block.parentHash,
    feeRecipient: block.miner,
    stateRoot: block.stateRoot,
    receiptsRoot: block.receiptsRoot,
    logsBloom: block.logsBloom,
    prevRandao: block.mixHash,
    blockNumber: block.number,
    gasLimit: block.gasLimit,
    gasUsed: block.gasUsed,
    timestamp: block.timestamp,
    extraData: block.extraData,
    baseFeePerGas: block.baseFeePerGas,
    blockHash: block.hash,
    transactions: block.transactions.map(rawTransaction),
    ...(isActive(rollup.canyon_time, time) && { withdrawals: [] }),
    ...(isActive(rollup.ecotone_time, time) && {
      blobGasUsed: block.blobGasUsed,
      excessBlobGas: block.excessBlobGas,
    }),
    ...(isActive(rollup.isthmus_time, time) && { withdrawalsRoot: block.withdrawalsRoot }),
  };
  const root = block.parentBeaconBlockRoot;
  return typeof root === 'string'
    ? { parentBeaconBlockRoot: root, executionPayload }
    : { executionPayload };
}

/** True when a fork with this activation time is active at `time`. */
export function isActive(activation: number | undefined, time: number): boolean {
  return activation !== undefined && time >= activation;
}
