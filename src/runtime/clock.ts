/** Time for the node. Everything that waits or reads the time takes a Clock, so tests own the time. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with ABORTED when the signal fires first. Removes its listener either way. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms`; the returned function cancels it. */
  schedule(ms: number, run: () => void): () => void;
}

/** Uniform in [0, 1). Injected so that tests are deterministic. */
export type Random = () => number;
