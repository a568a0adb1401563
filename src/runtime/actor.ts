/**
 * One unit of concurrent work. The loop lives in `runActor`; tests call `step` directly.
 * `step` resolves when it wants to be called again and rejects with a NodeError, handled by its severity.
 */
export interface Actor {
  readonly name: string;
  /** Waits for work and does one piece of it. Every wait inside takes the signal. */
  step(signal: AbortSignal): Promise<void>;
}
