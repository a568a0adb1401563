import { maxSequencerDrift } from '../../rollup/chainLimits.js';
import { isActivationBlock, isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { DEPOSIT_TX_TYPE, POST_EXEC_TX_TYPE } from '../../rollup/txCodec.js';
import type { L1BlockRef } from '../../types/block.js';
import type { BatchValidity, SingularBatch } from '../codec/batch.js';
import type { BatchContext } from './batchContext.js';

const SET_CODE_TX_TYPE = 4;

/** Forks whose activation block carries upgrade transactions and, unlike with the forks before, no others. */
const FORKS_WITHOUT_USER_TXS = ['jovian', 'karst', 'lagoon'] as const;

/** A verdict, and why when it is a drop. */
export interface Judgement {
  readonly validity: BatchValidity;
  readonly why: string;
}

/**
 * Whether a singular batch is the next block. The checks are made in the order of the spec: the first that fails
 * decides. Spec: protocol/derivation, "Batch Queue", protocol/holocene/derivation; op-node `rollup/derive/batches.go`.
 */
export function checkSingularBatch(batch: SingularBatch, context: BatchContext): Judgement {
  const { config, l1Blocks, safeHead, inclusion } = context;
  const [epoch, nextEpoch] = l1Blocks;
  if (epoch === undefined) return judged('undecided', 'no L1 blocks');
  const order = checkOrder(batch.timestamp, batch.timestamp, context);
  if (order !== null) return order;
  if (batch.parentHash !== safeHead.hash) return judged('drop', 'parent hash');
  if (isWindowExpired(batch.epochNumber, inclusion, config))
    return judged('drop', 'window expired');
  if (batch.epochNumber < epoch.number) return judged('drop', 'epoch too old');
  if (batch.epochNumber > epoch.number + 1n) return judged('drop', 'epoch too far ahead');
  const origin = batch.epochNumber === epoch.number ? epoch : nextEpoch;
  if (origin === undefined) return judged('undecided', 'next L1 block needed');
  if (batch.epochHash !== origin.hash) return judged('drop', 'epoch hash');
  if (batch.timestamp < origin.timestamp) return judged('drop', 'before its L1 origin');
  if (hasForbiddenTxs(batch.timestamp, batch.transactions.length, config)) {
    return judged('drop', 'transactions in a fork activation block');
  }
  const drift = checkDrift(batch.timestamp, batch.transactions.length, config, {
    origin,
    // A block that goes on to the next origin has done what the drift demands.
    mayAdopt: origin === epoch ? { next: nextEpoch } : null,
  });
  if (drift !== null) return drift;
  return checkTransactions(batch.transactions, batch.timestamp, config) ?? ACCEPTED;
}

/** Too early, too late (by the last block), or null when it has the next block. */
export function checkOrder(
  firstTimestamp: bigint,
  lastTimestamp: bigint,
  { config, safeHead, inclusion }: BatchContext,
): Judgement | null {
  const next = safeHead.timestamp + config.blockTime;
  const isHolocene = isActive(config, 'holocene', inclusion.timestamp);
  if (firstTimestamp > next) return judged(isHolocene ? 'drop' : 'future', 'future batch');
  if (lastTimestamp < next) return judged(isHolocene ? 'past' : 'drop', 'past batch');
  return null;
}

/** True when the batch came too late for its (first) epoch. Wraps around at 64 bits like op-node's. */
export function isWindowExpired(
  epochNumber: bigint,
  inclusion: L1BlockRef,
  config: Pick<RollupConfig, 'seqWindowSize'>,
): boolean {
  return BigInt.asUintN(64, epochNumber + config.seqWindowSize) < inclusion.number;
}

/** What the drift of a block is held against. */
export interface DriftContext {
  /** The block's own L1 origin. */
  readonly origin: L1BlockRef;
  /** Null when the block advances the origin; else the next origin that it could have taken, if known yet. */
  readonly mayAdopt: { readonly next: L1BlockRef | undefined } | null;
}

/**
 * A block too far ahead of its origin must be empty, and must not have been able to take the next origin.
 * @returns null when the block passes.
 */
export function checkDrift(
  timestamp: bigint,
  txCount: number,
  config: RollupConfig,
  { origin, mayAdopt }: DriftContext,
): Judgement | null {
  if (timestamp <= origin.timestamp + maxSequencerDrift(config, origin.timestamp)) return null;
  if (txCount > 0) return judged('drop', 'sequencer drift');
  if (mayAdopt === null) return null;
  if (mayAdopt.next === undefined) return judged('undecided', 'next L1 block needed');
  if (timestamp < mayAdopt.next.timestamp) return null;
  return judged('drop', 'sequencer drift without adopting the next origin');
}

/**
 * No empty transactions, no deposits, EIP-7702 only from Isthmus on, post-execution ones only from Lagoon on.
 * @returns null when all pass.
 */
export function checkTransactions(
  transactions: readonly Uint8Array[],
  timestamp: bigint,
  config: RollupConfig,
): Judgement | null {
  const isIsthmus = isActive(config, 'isthmus', timestamp);
  const isLagoon = isActive(config, 'lagoon', timestamp);
  for (const transaction of transactions) {
    const type = transaction[0];
    if (type === undefined) return judged('drop', 'empty transaction');
    if (type === DEPOSIT_TX_TYPE) return judged('drop', 'deposit in batch');
    if (type === SET_CODE_TX_TYPE && !isIsthmus) return judged('drop', 'set code before Isthmus');
    if (type === POST_EXEC_TX_TYPE && !isLagoon) return judged('drop', 'post-exec before Lagoon');
  }
  return null;
}

/** @param why for the log; empty only beside `accept`. */
export function judged(validity: BatchValidity, why: string): Judgement {
  return { validity, why };
}

/** The verdict when no check has failed. */
export const ACCEPTED: Judgement = { validity: 'accept', why: '' };

function hasForbiddenTxs(timestamp: bigint, txCount: number, config: RollupConfig): boolean {
  return (
    txCount > 0 && FORKS_WITHOUT_USER_TXS.some((fork) => isActivationBlock(config, fork, timestamp))
  );
}
