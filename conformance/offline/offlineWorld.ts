import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseRollupConfig } from '../../src/rollup/config.js';
import type { L1ChainConfig } from '../../src/rollup/l1ChainConfig.js';
import { parseL1ChainConfig } from '../../src/rollup/l1ChainConfig.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import { rpcBlockToPayload } from '../../src/rollup/rpcPayload.js';
import type { DerivedLine } from '../derivedLine.js';
import type { BlockJson, DaInputJson } from '../recorded.js';
import type { World } from '../world.js';
import { RecordedL1 } from './recordedL1.js';

/** A recorded world decoded for derivation without an engine. */
export interface OfflineWorld {
  readonly name: string;
  readonly config: RollupConfig;
  readonly l1Config: L1ChainConfig;
  readonly l1: RecordedL1;
  readonly derived: readonly DerivedLine[];
  /** Empty where batches are on L1. */
  readonly daInputs: readonly DaInputJson[];
}

/** Decodes what offline derivation needs of a world. */
export function loadOfflineWorld(world: World): OfflineWorld {
  return {
    name: world.name,
    config: parseRollupConfig(readFileSync(world.path('rollup.json'), 'utf8')),
    l1Config: parseL1ChainConfig(readFileSync(world.path('l1-chain-config.json'), 'utf8')),
    l1: new RecordedL1(world.l1),
    daInputs: world.daInputs,
    derived: existsSync(world.path('derived.jsonl.gz'))
      ? readLines(world.path('derived.jsonl.gz'))
      : world.l2.slice(1).map(lineOfBlock),
  };
}

function readLines(file: string): readonly DerivedLine[] {
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DerivedLine);
}

/** What the block was built from, for worlds that only have the blocks themselves. */
function lineOfBlock(json: BlockJson): DerivedLine {
  const { parentBeaconBlockRoot, executionPayload: payload } = rpcBlockToPayload(json);
  const extra = payload.extraData.slice(4);
  return {
    number: Number(payload.blockNumber),
    hash: payload.blockHash,
    parent: payload.parentHash,
    canonical: true,
    method: '',
    getPayload: '',
    attributes: {
      timestamp: json.timestamp,
      prevRandao: payload.prevRandao,
      suggestedFeeRecipient: payload.feeRecipient,
      transactions: payload.transactions,
      noTxPool: true,
      gasLimit: String(json.gasLimit),
      ...(payload.withdrawals !== undefined && { withdrawals: [] }),
      ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
      ...(extra.length >= 16 && { eip1559Params: `0x${extra.slice(0, 16)}` }),
      ...(extra.length > 16 && { minBaseFee: Number(`0x${extra.slice(16)}`) }),
    },
  };
}
