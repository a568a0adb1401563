/** A cell that holds the newest value; readers that fall behind see only the newest. */
export interface Watch<T> {
  get(): T;
  /** Does nothing when the value is the same object (`Object.is`). */
  set(value: T): void;
  /** Resolves with the current value as soon as it is not `seen` (`Object.is`). @throws NodeError ABORTED */
  changed(seen: T, signal: AbortSignal): Promise<T>;
}

/** The reading side of a Watch. */
export type WatchReader<T> = Pick<Watch<T>, 'get' | 'changed'>;
