import { abortable } from './abort.js';

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

interface Reader<T> {
  readonly seen: T;
  readonly deliver: (value: T) => void;
}

/** The Watch. Every waiting reader is woken by the first value that it has not seen. */
export class WatchCell<T> implements Watch<T> {
  private readonly readers = new Set<Reader<T>>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const reader of [...this.readers]) {
      if (Object.is(reader.seen, value)) continue;
      this.readers.delete(reader);
      reader.deliver(value);
    }
  }

  async changed(seen: T, signal: AbortSignal): Promise<T> {
    return abortable<T>(signal, ({ resolve }) => {
      if (!Object.is(this.value, seen)) {
        resolve(this.value);
        return () => undefined;
      }
      const reader = { seen, deliver: resolve };
      this.readers.add(reader);
      return () => this.readers.delete(reader);
    });
  }
}
