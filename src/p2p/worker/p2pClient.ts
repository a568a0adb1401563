import type { NodeError } from '../../errors/nodeError.js';
import { abortable } from '../../runtime/abort.js';
import type { Logger } from '../../telemetry/logger.js';
import type { ExecutionPayload, ExecutionPayloadEnvelope } from '../../types/payload.js';
import { payloadId } from '../../types/payload.js';
import { peerIdFault } from '../api/peerIdText.js';
import { decodeEnvelope } from '../codec/envelopeSsz.js';
import type { BlockDelivery, P2pService, P2pWorkerSide } from '../p2pService.js';
import type { MirroredRegistry } from './metricsMirror.js';
import { unavailable, Wire, type WirePort } from './wire.js';

/** What the thread can be asked before it listens. */
const BEFORE_LISTENING: ReadonlySet<string> = new Set<keyof P2pService>(['stop', 'setSigner']);

export interface P2pClientDeps {
  readonly port: WirePort;
  /** Takes unsafe blocks. Resolves when the block is inserted or dropped, or has to wait. */
  readonly engine: { addUnsafePayload(envelope: ExecutionPayloadEnvelope): Promise<void> };
  /** Blocks of our execution layer. */
  readonly blocks: {
    envelopeByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayloadEnvelope | null>;
  };
  readonly metrics: MirroredRegistry;
  /** Told each block that came in. */
  readonly onReceived: (payload: ExecutionPayload) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The node's side of the thread that has the peers: what that thread asks, and how it is asked. */
export class P2pClient {
  private readonly wire: Wire<P2pWorkerSide, P2pService>;
  private readonly listening: Promise<void>;
  private onListening = (): void => undefined;
  private onEnded = (_error: NodeError): void => undefined;

  constructor(private readonly deps: P2pClientDeps) {
    this.listening = new Promise((resolve, reject) => {
      this.onListening = resolve;
      this.onEnded = reject;
    });
    this.listening.catch(() => undefined);
    this.wire = new Wire(deps.port);
    this.wire.serve({
      receive: (delivery) => this.receive(delivery),
      envelopeByNumber: (number) => deps.blocks.envelopeByNumber(number, deps.signal),
      log: async ({ level, message, fields }) => deps.log[level](message, fields),
      metrics: async (batch) => deps.metrics.apply(batch),
    });
  }

  /**
   * Has the thread listen and meet peers. A node that is told to stop does not wait for a thread that still loads.
   * @throws NodeError P2P_START_FAILED, critical; ABORTED when the signal fires first.
   */
  async start(signal: AbortSignal): Promise<void> {
    await abortable<unknown>(signal, ({ resolve, reject }) => {
      this.wire.call('start', null).then(resolve, reject);
      return () => undefined;
    });
    this.onListening();
  }

  /**
   * Asks the thread. What needs peers waits until it listens: RPC answers sooner than that.
   * @throws NodeError P2P_UNAVAILABLE when it is gone; else what the method throws.
   */
  call<K extends Exclude<keyof P2pService, 'start'>>(
    method: K,
    argument: Parameters<P2pService[K]>[0],
  ): ReturnType<P2pService[K]> {
    return this.ask(method, argument) as ReturnType<P2pService[K]>;
  }

  /** What is wrong with a peer id as text; null when nothing is. */
  peerIdFault(text: string): string | null {
    return peerIdFault(text);
  }

  /** The thread has ended: what waits for it fails with that message. */
  close(message: string): void {
    this.wire.close(message);
    this.onEnded(unavailable(message));
  }

  private async ask(method: keyof P2pService, argument: unknown): Promise<unknown> {
    if (!BEFORE_LISTENING.has(method)) await this.listening;
    return this.wire.call(method, argument as never);
  }

  private async receive({ block, peer }: BlockDelivery): Promise<void> {
    const { engine, log, signal } = this.deps;
    if (signal.aborted) {
      throw unavailable('the node stops');
    }
    const envelope = decodeEnvelope(block.version, block.body);
    const { executionPayload } = envelope;
    log.debug('Received signed execution payload from p2p', {
      id: payloadId(executionPayload),
      peer,
      txs: executionPayload.transactions.length,
    });
    this.deps.onReceived(executionPayload);
    await engine.addUnsafePayload(envelope);
  }
}
