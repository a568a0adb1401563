import { toNodeError } from '../errors/nodeError.js';
import type { BlockPublisher, SequencerRecorder } from '../sequencer/ports.js';
import type { Log } from '../telemetry/logger.js';
import { type ExecutionPayloadEnvelope, payloadId } from '../types/payload.js';

export interface PeerPublisherDeps {
  /** Signs a block and gives it to the peers. */
  readonly publish: (envelope: ExecutionPayloadEnvelope) => Promise<void>;
  /** Ends when a first block may be published; asked once. Whatever it resolves or rejects with, the block is tried. */
  readonly ready: () => Promise<unknown>;
  readonly recorder: Pick<SequencerRecorder, 'publishingError'>;
  readonly log: Log;
}

/** Publishes one block after the other; one that fails is counted, and stops nobody. */
export class PeerPublisher implements BlockPublisher {
  private last: Promise<unknown> | null = null;

  constructor(private readonly deps: PeerPublisherDeps) {}

  publish(envelope: ExecutionPayloadEnvelope): void {
    this.last ??= this.deps.ready().catch(() => undefined);
    this.last = this.last.then(() => this.publishNow(envelope));
  }

  private async publishNow(envelope: ExecutionPayloadEnvelope): Promise<void> {
    const { publish, recorder, log } = this.deps;
    const id = payloadId(envelope.executionPayload);
    log.info('Publishing signed execution payload on p2p', { id });
    try {
      await publish(envelope);
    } catch (thrown) {
      recorder.publishingError();
      const { message } = toNodeError(thrown);
      log.warn('failed to publish newly created block', { id, err: message });
    }
  }
}
