import { toNodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';
import { AnswerBudget } from './answerBudget.js';
import type { ByteStream, PeerId, ReqRespRecorder, ServedBlocks } from './ports.js';
import { readExactly } from './readBytes.js';
import { decodeRequest, encodeAnswer, REQUEST_BYTES, RESULT } from './requestCodec.js';
import { ServerTurns } from './serverTurns.js';
import { streamFailed, timed } from './timed.js';

export interface PayloadServerDeps {
  readonly config: Pick<RollupConfig, 'genesis' | 'blockTime'>;
  readonly blocks: ServedBlocks;
  readonly clock: Clock;
  readonly recorder: ReqRespRecorder;
  readonly log: Logger;
}

/** For a request's turn, and for its block once it is its turn. */
const TURN_TIMEOUT_MS = 20_000;
const READ_TIMEOUT_MS = 10_000;
const WRITE_TIMEOUT_MS = 10_000;

/** One request being served. */
interface Serving {
  readonly peer: PeerId;
  readonly stream: ByteStream;
  readonly signal: AbortSignal;
  /** 0 until it was read. */
  number: bigint;
  /** True once an answer has been begun: nothing may follow it. */
  isAnswered: boolean;
}

/**
 * Answers requests for blocks. A peer that asks too fast waits, one that reads slowly holds up nobody else, and what all
 * waiting answers hold in memory is bounded. op-node `op-node/p2p/sync.go` ReqRespServer.
 */
export class PayloadServer {
  private readonly turns: ServerTurns;
  private readonly budget = new AnswerBudget();

  constructor(private readonly deps: PayloadServerDeps) {
    this.turns = new ServerTurns(deps);
  }

  /** Serves one stream and closes it. Never rejects; ends in 50 s at most. */
  async serve(peer: PeerId, stream: ByteStream, signal: AbortSignal): Promise<void> {
    const { clock, recorder, log } = this.deps;
    const startedMs = clock.monotonicMs();
    const serving: Serving = { peer, stream, signal, number: 0n, isAnswered: false };
    let code: number = RESULT.unknownError;
    try {
      code = await this.answer(serving);
    } catch (thrown) {
      const { message } = toNodeError(thrown);
      log.debug('Failed to serve a block to a peer', { peer, number: serving.number, message });
      if (!serving.isAnswered) await this.refuse(serving, code).catch(() => undefined);
    }
    stream.close();
    recorder.request('server', serving.number, code, clock.monotonicMs() - startedMs);
  }

  /** @returns the result that was answered. @throws what ended it before anything was answered, or while it was. */
  private async answer(serving: Serving): Promise<number> {
    const leave = this.turns.enter(serving.peer);
    if (leave === null) throw streamFailed('peer has too many requests open');
    try {
      await this.timed(
        serving,
        { doing: 'waiting for a turn', timeoutMs: TURN_TIMEOUT_MS },
        (inner) => this.turns.turn(serving.peer, inner),
      );
      serving.number = await this.readRequest(serving);
      return await this.answerRequest(serving);
    } finally {
      leave();
    }
  }

  private async readRequest(serving: Serving): Promise<bigint> {
    const step = { doing: 'reading the request', timeoutMs: READ_TIMEOUT_MS };
    return decodeRequest(
      await this.timed(serving, step, (inner) => readExactly(serving.stream, REQUEST_BYTES, inner)),
    );
  }

  private async answerRequest(serving: Serving): Promise<number> {
    if (!this.isDue(serving.number)) return this.refuse(serving, RESULT.invalidRequest);
    const step = { doing: 'reading the block', timeoutMs: TURN_TIMEOUT_MS };
    const envelope = await this.timed(serving, step, (inner) =>
      this.deps.blocks.payloadByNumber(serving.number, inner),
    );
    if (envelope === null) return this.refuse(serving, RESULT.notFound);
    return this.send(serving, envelope);
  }

  private async send(serving: Serving, envelope: ExecutionPayloadEnvelope): Promise<number> {
    const bytes = encodeAnswer(envelope);
    const release = this.budget.reserve(serving.peer, bytes.length);
    if (release === null) throw streamFailed('too much is being sent already');
    try {
      await this.write(serving, bytes);
      return RESULT.success;
    } finally {
      release();
    }
  }

  private async refuse(serving: Serving, code: number): Promise<number> {
    await this.write(serving, Uint8Array.of(code));
    return code;
  }

  /** Writes and ends our side. */
  private write(serving: Serving, bytes: Uint8Array): Promise<void> {
    serving.isAnswered = true;
    const step = { doing: 'writing the answer', timeoutMs: WRITE_TIMEOUT_MS };
    return this.timed(serving, step, async (inner) => {
      await serving.stream.write(bytes, inner);
      await serving.stream.closeWrite(inner);
    });
  }

  /** From genesis up to the block that is due now: others do not exist yet, whoever may claim so. */
  private isDue(number: bigint): boolean {
    const { config, clock } = this.deps;
    const { l2, l2Time } = config.genesis;
    const now = BigInt(Math.floor(clock.nowMs() / 1000));
    return (
      now >= l2Time &&
      number >= l2.number &&
      number <= l2.number + (now - l2Time) / config.blockTime
    );
  }

  private timed<T>(
    { signal }: Serving,
    step: { readonly doing: string; readonly timeoutMs: number },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return timed({ ...step, clock: this.deps.clock, signal }, work);
  }
}
