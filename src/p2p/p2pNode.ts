import { NodeError, toNodeError } from '../errors/nodeError.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { LinkedSignal } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { Address } from '../types/block.js';
import type { Opp2pBackend } from './api/opp2pBackend.js';
import type { GossipHost } from './gossip/gossipHost.js';
import { signedMessage } from './gossip/signedMessage.js';
import type { UnsafeSigner } from './gossip/unsafeSigner.js';
import type { Host } from './host/libp2pHost.js';
import { limited } from './host/limited.js';
import type { Listening, MissingRange, Publication } from './p2pService.js';
import type { RangeSync } from './reqresp/rangeSync.js';
import type { BlockSigner } from './signer/blockSigner.js';

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
  readonly stopping: Pick<LinkedSignal, 'signal' | 'abort'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A node among its peers: start, publish, ask for blocks, stop. */
export class P2pNode {
  private running: Promise<void> = Promise.resolve();
  private isListening = false;

  constructor(private readonly deps: P2pNodeDeps) {}

  /** What the operator asks and commands. */
  get api(): Opp2pBackend {
    return this.deps.api;
  }

  /** Listens and meets peers. @throws NodeError P2P_START_FAILED, critical. */
  async start(): Promise<Listening> {
    const { host, discovery, rounds, stopping, log } = this.deps;
    try {
      await host.start();
      this.isListening = true;
      this.joinWhenSure();
      await discovery?.start();
    } catch (cause) {
      const message = `peer-to-peer could not start: ${toNodeError(cause).message}`;
      throw new NodeError('P2P_START_FAILED', message, { severity: 'critical', cause });
    }
    this.running = rounds(stopping.signal);
    const peerId = host.peerId.toString();
    const addresses = host.getMultiaddrs().map(String);
    log.info('started p2p host', { addrs: addresses, peerID: peerId });
    return { peerId, addresses };
  }

  async stop(): Promise<void> {
    const { discovery, sync, signer, closeStores, stopping, log } = this.deps;
    stopping.abort();
    await Promise.all([this.running, discovery?.stop(), sync?.close(), signer.close()]);
    await this.stopHost();
    await closeStores();
    log.debug('Stopped p2p host');
  }

  /** A peer that does not let go must not keep the stores open. */
  private async stopHost(): Promise<void> {
    const { host, clock, log } = this.deps;
    const { signal } = new AbortController();
    try {
      await limited({ clock, signal, limitMs: STOP_LIMIT_MS, doing: 'stopping' }, () =>
        Promise.resolve(host.stop()),
      );
    } catch (thrown) {
      log.warn('p2p host did not stop', { err: toNodeError(thrown).message });
    }
  }

  /** Who may sign blocks, as L1 says. */
  setSigner(address: Address): void {
    this.deps.authority.set(address);
    this.joinWhenSure();
  }

  /**
   * Blocks that came before anybody may sign them would be dropped, and missed: gossipsub takes no message twice. Peers send
   * them to nobody who has not joined; op-node does not even meet peers before, `op-node/node/node.go` initRuntimeConfig.
   */
  private joinWhenSure(): void {
    const { authority, gossip } = this.deps;
    if (this.isListening && authority.isKnown) gossip.join();
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
