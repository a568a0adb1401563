/** Bounded queue between two actors: a full one makes `send` wait (backpressure) and `trySend` refuse. */
export interface Mailbox<T> {
  /** Waits for room. @throws NodeError ABORTED when the signal fires or the mailbox is closed. */
  send(message: T, signal: AbortSignal): Promise<void>;
  /** False when there is no room; the message is dropped and counted. */
  trySend(message: T): boolean;
  /** Waits for a message. @throws NodeError ABORTED */
  receive(signal: AbortSignal): Promise<T>;
  /** The next message if there is one, without waiting. */
  tryReceive(): T | undefined;
  readonly depth: number;
}
