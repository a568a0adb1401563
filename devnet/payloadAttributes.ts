import { isActive } from '../conformance/payload.js';
import { rawTransaction } from '../conformance/rawTransaction.js';
import type { BlockJson, RollupJson } from '../conformance/recorded.js';

/** What has an execution client build a block, and by which methods. */
export interface BlockOrder {
  readonly method: string;
  readonly getPayload: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Hex digits of the EIP-1559 parameters and of the minimum base fee in `extraData`, behind `0x` and the version. */
const EIP1559_PARAMS = [4, 20] as const;
const MIN_BASE_FEE = [20, 36] as const;

/** The payload attributes that build a recorded L2 block on its parent, with the fields of its fork and no others. */
export function attributesOf(block: BlockJson, rollup: RollupJson): BlockOrder {
  const time = Number(block.timestamp);
  const isEcotone = isActive(rollup.ecotone_time, time);
  const extraData = String(block.extraData);
  const eip1559Params = extraData.slice(...EIP1559_PARAMS);
  const minBaseFee = extraData.slice(...MIN_BASE_FEE);
  return {
    method: `engine_forkchoiceUpdatedV${isEcotone ? 3 : 2}`,
    getPayload: `engine_getPayloadV${isActive(rollup.isthmus_time, time) ? 4 : isEcotone ? 3 : 2}`,
    attributes: {
      timestamp: block.timestamp,
      prevRandao: block.mixHash,
      suggestedFeeRecipient: block.miner,
      transactions: block.transactions.map(rawTransaction),
      noTxPool: true,
      gasLimit: block.gasLimit,
      ...(isActive(rollup.canyon_time, time) && { withdrawals: [] }),
      ...(isEcotone && { parentBeaconBlockRoot: block.parentBeaconBlockRoot }),
      ...(eip1559Params !== '' && { eip1559Params: `0x${eip1559Params}` }),
      ...(minBaseFee !== '' && { minBaseFee: Number(`0x${minBaseFee}`) }),
    },
  };
}
