import { isActive } from './forks.js';
import type { RollupConfig } from './rollupConfig.js';

/** Limits that forks changed. All times are of L1 blocks; op-node `rollup/chain_spec.go`. */

type Config = Pick<RollupConfig, 'forks' | 'channelTimeout' | 'maxSequencerDrift'>;

/** L1 blocks from Granite on. Spec: protocol/granite/derivation. */
const CHANNEL_TIMEOUT_GRANITE = 50n;
/** Seconds from Fjord on. Spec: protocol/fjord/derivation. */
const MAX_SEQUENCER_DRIFT_FJORD = 1800n;

/** Blocks, transactions in all, and transactions of one block that a span batch may have. Spec: protocol/delta/span-batches. */
export const MAX_SPAN_BATCH_ELEMENT_COUNT = 10_000_000;

/** Bytes that each frame counts for beside its data. Spec: protocol/derivation, "Channel Bank". */
export const FRAME_OVERHEAD = 200;

/** L1 blocks between a channel's first frame and the last block that may still add to it. */
export function channelTimeout(config: Config, l1Time: bigint): bigint {
  return isActive(config, 'granite', l1Time) ? CHANNEL_TIMEOUT_GRANITE : config.channelTimeout;
}

/** Seconds that an L2 block with transactions may be later than its L1 origin. */
export function maxSequencerDrift(config: Config, l1Time: bigint): bigint {
  return isActive(config, 'fjord', l1Time) ? MAX_SEQUENCER_DRIFT_FJORD : config.maxSequencerDrift;
}

/** Bytes of frames that the channel bank holds before it drops its oldest channels. */
export function maxChannelBankSize(config: Config, l1Time: bigint): number {
  return isActive(config, 'fjord', l1Time) ? 1_000_000_000 : 100_000_000;
}

/** Decompressed bytes that are read of a channel; from Holocene also the most compressed bytes it may have. */
export function maxRlpBytesPerChannel(config: Config, l1Time: bigint): number {
  return isActive(config, 'fjord', l1Time) ? 100_000_000 : 10_000_000;
}
