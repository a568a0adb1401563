import { Buffer } from 'node:buffer';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { whole } from '../../rollup/slices.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';
import { blockVersionAt } from '../codec/blockVersion.js';
import { encodeEnvelope } from '../codec/envelopeSsz.js';
import { compressBlock } from '../codec/snappyBlock.js';
import type { BlockSigner } from '../signer/blockSigner.js';
import { payloadHash } from './signingHash.js';
import { blocksTopic } from './topics.js';

/** What is published, and where. */
export interface TopicMessage {
  readonly topic: string;
  /** Compressed. */
  readonly data: Uint8Array;
}

/**
 * Signs a block and packs it for its topic, which its time chooses.
 * @throws NodeError P2P_NOT_SIGNED, temporary. op-node `op-node/p2p/gossip.go` SignAndPublishL2Payload.
 */
export async function signedMessage(
  config: Pick<RollupConfig, 'l2ChainId' | 'forks'>,
  envelope: ExecutionPayloadEnvelope,
  signer: BlockSigner,
  signal: AbortSignal,
): Promise<TopicMessage> {
  const body = encodeEnvelope(envelope);
  const signature = await signer.sign(whole(payloadHash(body)), signal);
  const version = blockVersionAt(config, envelope.executionPayload.timestamp);
  return {
    topic: blocksTopic(config.l2ChainId, version),
    data: compressBlock(Buffer.concat([signature, body])),
  };
}
