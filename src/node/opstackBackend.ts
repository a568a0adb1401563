import type { EngineActor } from '../engine/engineActor.js';
import { NodeError } from '../errors/nodeError.js';
import type { Publication } from '../p2p/p2pService.js';
import { hexToBytes } from '../rollup/bytes.js';
import type { RpcOpstackPort, SignedEnvelope } from '../rpc/ports.js';
import type { Settled } from '../runtime/laneQueue.js';
import type { BlockId } from '../types/block.js';
import type { ExternalResult } from '../types/externalBlock.js';
import type { ExecutionPayloadEnvelope, PayloadAttributes, PayloadInfo } from '../types/payload.js';

type Engine = Pick<EngineActor, 'openBlock' | 'cancelBlock' | 'sealBlock' | 'commitBlock'>;

/** Where blocks are published. */
interface BlockPeers {
  call(method: 'publish', publication: Publication): Promise<void>;
}

/** What `opstack_*` does: the engine's own tasks, in the order in which the engine takes them. */
export class OpstackBackend implements RpcOpstackPort {
  /** @param peers null without any. */
  constructor(
    private readonly engine: Engine,
    private readonly peers: BlockPeers | null,
  ) {}

  async openBlock(parent: BlockId, attributes: PayloadAttributes, signal: AbortSignal) {
    return settledValue(await this.engine.openBlock(parent, attributes, signal));
  }

  async cancelBlock(info: PayloadInfo, signal: AbortSignal) {
    return settledValue(await this.engine.cancelBlock(info, signal));
  }

  async sealBlock(info: PayloadInfo, signal: AbortSignal) {
    return settledValue(await this.engine.sealBlock(info, signal));
  }

  async commitBlock(envelope: ExecutionPayloadEnvelope, signal: AbortSignal) {
    return settledValue(await this.engine.commitBlock(envelope, signal));
  }

  /** @throws NodeError SEQUENCER_NO_PEERS with op-node's text where peer-to-peer is off. */
  async publishBlock({ envelope, signature }: SignedEnvelope): Promise<void> {
    if (this.peers === null) {
      throw new NodeError('SEQUENCER_NO_PEERS', 'P2P not enabled', { severity: 'temporary' });
    }
    await this.peers.call('publish', { envelope, signature: hexToBytes(signature) });
  }
}

function settledValue<T>(settled: Settled<ExternalResult<T>>): ExternalResult<T> {
  switch (settled.kind) {
    case 'ok':
      return settled.value;
    case 'failed':
      throw settled.error;
    default: {
      const message = `the engine did not get to it: ${settled.kind}`;
      return { kind: 'refused', fault: 'temporary', message };
    }
  }
}
