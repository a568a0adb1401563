import type { Hex } from 'viem';
import type { DerivedLine } from '../conformance/derivedLine.js';
import type { RecordedL1 } from '../conformance/offline/recordedL1.js';
import { bytesToHex } from '../src/rollup/bytes.js';
import { userDeposits } from '../src/rollup/deposits.js';
import { isActivationBlock } from '../src/rollup/forks.js';
import { payloadToBlockRef } from '../src/rollup/l2BlockRef.js';
import type { RollupConfig } from '../src/rollup/rollupConfig.js';
import type { ExecutionPayload } from '../src/types/payload.js';

/** Forks whose activation block carries upgrade transactions that a recorded chain shows. */
export const UPGRADE_FORKS = ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst', 'lagoon'] as const;
export type UpgradeFork = (typeof UPGRADE_FORKS)[number];

/** A fork's upgrade transactions and the recorded block that they come from. */
export interface UpgradeTxSource {
  readonly fork: UpgradeFork;
  readonly world: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactions: readonly Hex[];
}

export interface UpgradeWorld {
  readonly name: string;
  readonly config: RollupConfig;
  readonly l1: RecordedL1;
  readonly derived: readonly DerivedLine[];
}

/**
 * The upgrade transactions of each activation block of a recorded chain: what is left of the block's deposits without
 * the L1 info transaction and the user deposits, which are derived from the recorded L1 receipts.
 */
export async function upgradeTxSources(world: UpgradeWorld): Promise<readonly UpgradeTxSource[]> {
  const found: UpgradeTxSource[] = [];
  for (const line of world.derived) {
    for (const fork of UPGRADE_FORKS) {
      if (!isActivationBlock(world.config, fork, BigInt(line.attributes.timestamp))) continue;
      found.push({
        fork,
        world: world.name,
        blockNumber: line.number,
        blockHash: line.hash,
        transactions: await upgradeTxsOf(line, world),
      });
    }
  }
  return found;
}

async function upgradeTxsOf(line: DerivedLine, world: UpgradeWorld): Promise<readonly Hex[]> {
  const transactions = line.attributes.transactions as readonly Hex[];
  const ref = payloadToBlockRef(world.config, {
    blockHash: line.hash,
    blockNumber: BigInt(line.number),
    parentHash: line.parent,
    timestamp: BigInt(line.attributes.timestamp),
    transactions,
  } as unknown as ExecutionPayload);
  let userCount = 0;
  if (ref.sequenceNumber === 0n) {
    const receipts = await world.l1.l1ReceiptsByHash(ref.l1Origin.hash);
    const user = userDeposits(receipts ?? [], world.config.depositContractAddress);
    if (user.kind === 'malformed') throw new Error('recorded deposit cannot be decoded');
    user.transactions.forEach((tx, i) => {
      if (bytesToHex(tx) !== transactions[1 + i]) throw new Error('recorded deposit differs');
    });
    userCount = user.transactions.length;
  }
  return transactions.slice(1 + userCount).filter((tx) => tx.startsWith('0x7e'));
}
