import type { Hex } from 'viem';
import { hasCode } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import { Semaphore } from '../runtime/semaphore.js';
import type { Log } from '../telemetry/logger.js';
import type { RpcCallOptions } from '../transport/ports.js';
import { HttpStatusError } from '../transport/transportErrors.js';
import { loggedCommitment } from '../types/remoteText.js';

/** An answer that takes longer is told of while it is waited for. */
const SLOW_MS = 10_000;

/** GET of a body; `HttpGetClient` is one. @throws HttpStatusError for a status other than 200. */
export interface DaHttp {
  getBytes(path: string, options?: RpcCallOptions): Promise<Uint8Array>;
}

export interface DaServerOptions {
  /** `--altda.max-concurrent-da-requests`: requests under way at once, at least 1. */
  readonly maxConcurrent: number;
}

export interface DaServerDeps {
  readonly http: DaHttp;
  readonly clock: Clock;
  /** Metrics: a request failed. */
  readonly recordError: () => void;
  readonly log: Log;
}

/**
 * A DA server: `GET /get/0x…` answers with the input of an encoded commitment, 404 says that it has none. Nothing is
 * checked but the size, which the transport bounds. What is asked for now goes before what is asked for ahead; while the
 * server fails nothing is asked ahead. op-node `op-alt-da/daclient.go`.
 */
export class DaServerClient {
  private readonly permits: Semaphore;
  /** Those who ask ahead wait here, so that at most as many as there are permits are before who asks now. */
  private readonly aheadPermits: Semaphore;
  private isFailing = false;

  constructor(
    { maxConcurrent }: DaServerOptions,
    private readonly deps: DaServerDeps,
  ) {
    this.permits = new Semaphore(maxConcurrent);
    this.aheadPermits = new Semaphore(maxConcurrent);
  }

  /**
   * The input, or null where the server says that it does not have it.
   * @param encoded the commitment with its type byte.
   * @throws TRANSPORT_*, temporary; ABORTED.
   */
  async input(encoded: Hex, signal: AbortSignal): Promise<Uint8Array | null> {
    const release = await this.permits.acquire(signal);
    try {
      return await this.get(encoded, signal);
    } finally {
      release();
    }
  }

  /**
   * As `input`, for later; null also where it cannot be had now.
   * @param isWanted asked when its turn comes.
   * @throws ABORTED.
   */
  async inputAhead(
    encoded: Hex,
    isWanted: () => boolean,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    const release = await this.aheadPermits.acquire(signal);
    try {
      return this.isFailing || !isWanted() ? null : await this.input(encoded, signal);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return null;
    } finally {
      release();
    }
  }

  private async get(encoded: Hex, signal: AbortSignal): Promise<Uint8Array | null> {
    const { http, clock, log, recordError } = this.deps;
    const cancel = clock.schedule(SLOW_MS, () =>
      log.warn('The DA server takes long to answer', {
        comm: loggedCommitment(encoded),
        ms: SLOW_MS,
      }),
    );
    try {
      const input = await http.getBytes(`/get/${encoded}`, { signal });
      this.isFailing = false;
      return input;
    } catch (thrown) {
      const isAbsent = thrown instanceof HttpStatusError && thrown.status === 404;
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      this.isFailing = !isAbsent;
      if (isAbsent) return null;
      recordError();
      throw thrown;
    } finally {
      cancel();
    }
  }
}
