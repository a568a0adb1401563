import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { P2pOptions } from '../types/p2pOptions.js';
import type { P2pRecorder } from './p2pMetrics.js';
import type { P2pNodeSide } from './p2pService.js';
import type { P2pStore } from './ports.js';
import type { BlockSigner } from './signer/blockSigner.js';

/** What a node among peers is to be. */
export interface P2pNodeOptions {
  readonly p2p: P2pOptions;
  readonly rollup: RollupConfig;
}

/** What it is made with. */
export interface P2pNodePeers {
  /** 32 bytes: who we are to peers. */
  readonly privateKey: Uint8Array;
  readonly signer: BlockSigner;
  readonly store: P2pStore;
  /** Nodes that discovery knows. */
  readonly discoveryStore: P2pStore;
  readonly random: Random;
  readonly node: P2pNodeSide;
  readonly recorder: P2pRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds between two blocks. */
export function slotMs({ blockTime }: RollupConfig): number {
  return Number(blockTime) * 1000;
}
