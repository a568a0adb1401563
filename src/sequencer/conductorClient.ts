import { NodeError, toNodeError } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../telemetry/logger.js';
import { withDeadline } from '../transport/deadline.js';
import type { RpcClient } from '../transport/ports.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';
import { encodePayloadEnvelope } from '../types/payloadCodec.js';
import type { SequencerConductor } from './ports.js';

/** Tries of one question, and the time between two; op-node's. */
const TRIES = 2;
const RETRY_MS = 50;

export interface ConductorClientOptions {
  /** `--conductor.rpc-timeout`: of all tries together. */
  readonly timeoutMs: number;
}

export interface ConductorClientDeps {
  /** Connects with its first request. */
  readonly rpc: Pick<RpcClient, 'request'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A conductor asked over JSON-RPC. While the leader is overridden it is not asked at all.
 * op-node `node/conductor.go`.
 */
export class ConductorClient implements SequencerConductor {
  readonly isEnabled = true;
  private isOverridden = false;

  constructor(
    private readonly options: ConductorClientOptions,
    private readonly deps: ConductorClientDeps,
  ) {}

  async isLeader(signal: AbortSignal): Promise<boolean> {
    if (this.isOverridden) return true;
    const answer = await this.ask('conductor_leader', [], signal);
    if (typeof answer === 'boolean') return answer;
    throw failed('conductor_leader', new Error('the answer is neither true nor false'));
  }

  async commitUnsafePayload(
    envelope: ExecutionPayloadEnvelope,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.isOverridden) return;
    await this.ask('conductor_commitUnsafePayload', [encodePayloadEnvelope(envelope)], signal);
  }

  overrideLeader(): void {
    this.isOverridden = true;
  }

  private async ask(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const { clock } = this.deps;
    const { timeoutMs } = this.options;
    const timeoutError = () => failed(method, new Error(`no answer within ${timeoutMs} ms`));
    try {
      return await withDeadline({ clock, timeoutMs, signal, timeoutError }, (limited) =>
        this.tryTwice(method, params, limited),
      );
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      throw failed(method, thrown);
    }
  }

  private async tryTwice(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
  ): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.deps.rpc.request(method, params, { signal });
      } catch (thrown) {
        if (signal.aborted || tries === TRIES) throw thrown;
        const err = toNodeError(thrown).message;
        this.deps.log.error('Failed to ask the conductor', { method, err });
        await this.deps.clock.sleep(RETRY_MS, signal);
      }
    }
  }
}

function failed(method: string, thrown: unknown): NodeError {
  if (thrown instanceof NodeError && thrown.code === 'SEQUENCER_CONDUCTOR_FAILED') return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new NodeError('SEQUENCER_CONDUCTOR_FAILED', `${method}: ${message}`, {
    severity: 'temporary',
    fields: { method },
    cause: thrown,
  });
}

/** A sequencer on its own: it always leads. op-node `rollup/conductor` NoOpConductor. */
export class DisabledConductor implements SequencerConductor {
  readonly isEnabled = false;

  async isLeader(): Promise<boolean> {
    return true;
  }

  async commitUnsafePayload(): Promise<void> {}

  overrideLeader(): void {}
}
