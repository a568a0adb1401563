import { NodeError, toNodeError } from '../errors/nodeError.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Logger } from '../telemetry/logger.js';
import type { Address } from '../types/block.js';
import type { Opp2pBackend } from './api/opp2pBackend.js';
import type { ReceivedBlock } from './codec/receivedBlock.js';
import type { GossipHost } from './gossip/gossipHost.js';
import { signedMessage } from './gossip/signedMessage.js';
import type { UnsafeSigner } from './gossip/unsafeSigner.js';
import type { Host } from './host/libp2pHost.js';
import type { P2pRecorder } from './p2pMetrics.js';
import type { Listening, MissingRange, P2pNodeSide, Publication } from './p2pService.js';
import type { RangeSync } from './reqresp/rangeSync.js';
import type { BlockSigner } from './signer/blockSigner.js';

/** Blocks that the node has been handed and has not answered for yet; more are dropped, and come again by sync. */
const MAX_HANDED = 64;
const STOP_LIMIT_MS = 5_000;

export interface P2pNodeDeps {
  readonly rollup: RollupConfig;
  readonly host: Host;
  readonly gossip: GossipHost;
  readonly api: Opp2pBackend;
  readonly authority: UnsafeSigner;
  readonly signer: BlockSigner;
  /** Null without request-response. */
  readonly sync: RangeSync | null;
  readonly discovery: { start(): Promise<void>; stop(): Promise<void> } | null;
  /** Upkeep of peers until the signal fires. */
  readonly rounds: (signal: AbortSignal) => Promise<void>;
  readonly closeStores: () => Promise<void>;
  readonly stopping: AbortController;
  readonly log: Logger;
}

/** A node among its peers: start, publish, ask for blocks, stop. */
export class P2pNode {
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly deps: P2pNodeDeps) {}

  /** What the operator asks and commands. */
  get api(): Opp2pBackend {
    return this.deps.api;
  }

  /** @throws NodeError P2P_START_FAILED, critical. */
  async start(): Promise<Listening> {
    const { host, gossip, discovery, rounds, stopping, log } = this.deps;
    try {
      await host.start();
      gossip.join();
      await discovery?.start();
    } catch (cause) {
      const message = `peer-to-peer could not start: ${toNodeError(cause).message}`;
      throw new NodeError('P2P_START_FAILED', message, { severity: 'critical', cause });
    }
    this.running = rounds(stopping.signal);
    const peerId = host.peerId.toString();
    const addresses = host.getMultiaddrs().map(String);
    log.info('started p2p host', { peerId, addresses });
    return { peerId, addresses };
  }

  async stop(): Promise<void> {
    const { host, discovery, sync, signer, closeStores, stopping, log } = this.deps;
    stopping.abort();
    await Promise.all([this.running, discovery?.stop(), sync?.close(), signer.close()]);
    const limit = new Promise<void>((resolve) => {
      AbortSignal.timeout(STOP_LIMIT_MS).addEventListener('abort', () => resolve());
    });
    await Promise.race([host.stop(), limit]);
    await closeStores();
    log.debug('Stopped p2p host');
  }

  /** Who may sign blocks, as L1 says. */
  setSigner(address: Address): void {
    this.deps.authority.set(address);
  }

  /** @throws NodeError P2P_NOT_SIGNED or P2P_NOT_PUBLISHED, temporary. */
  async publish({ envelope, signature }: Publication): Promise<void> {
    const { rollup, signer, gossip, stopping, log } = this.deps;
    const used: BlockSigner =
      signature === null ? signer : { sign: async () => signature, close: async () => undefined };
    const message = await signedMessage(rollup, envelope, used, stopping.signal);
    await gossip.publish(message);
    const { blockHash, blockNumber } = envelope.executionPayload;
    log.debug('Published block', { hash: blockHash, number: blockNumber, topic: message.topic });
  }

  /** Asks peers for missing blocks; without request-response nothing happens. */
  requestRange({ start, end }: MissingRange): void {
    this.deps.sync?.requestRange(start, end);
  }
}

export interface HandOverDeps {
  readonly node: Pick<P2pNodeSide, 'receive'>;
  readonly recorder: Pick<P2pRecorder, 'blockDropped'>;
  readonly log: Logger;
}

/** Hands blocks to the node, as many at once as it can have. */
export class HandOver {
  private handed = 0;

  constructor(private readonly deps: HandOverDeps) {}

  /** False: too many wait, the block is dropped. */
  give(block: ReceivedBlock, peer: string): boolean {
    const { node, recorder, log } = this.deps;
    if (this.handed >= MAX_HANDED) {
      recorder.blockDropped();
      log.warn('Dropped received block, too many wait', { hash: block.hash, number: block.number });
      return false;
    }
    this.handed += 1;
    node
      .receive({ block, peer })
      .catch((thrown) => {
        log.warn('Received block was not taken', {
          hash: block.hash,
          err: toNodeError(thrown).message,
        });
      })
      .finally(() => {
        this.handed -= 1;
      });
    return true;
  }
}
