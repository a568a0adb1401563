/** How `AbortSignal` takes a listener. */
type Listener = Parameters<AbortSignal['addEventListener']>[1];

/** What every listener is given: of it nothing is told but that it was. */
const STOPPED = new Event('abort');

/**
 * An AbortSignal for waits inside the node. Those of Node.js are event targets: to make one, listen to it once and fire it
 * takes a node that rests, with cold caches, a tenth of a millisecond, and each request and each wait for one of several
 * things has its own. It is not for libraries, which may want an event target: of events it knows
 * only `abort`, and `dispatchEvent` does nothing.
 */
export class StopSignal implements AbortSignal {
  aborted = false;
  reason: unknown = undefined;
  onabort: AbortSignal['onabort'] = null;
  private readonly listeners = new Set<Listener>();

  /**
   * Fires, once. Listeners run in the order in which they came, but for those that others before them take away.
   * @throws what the first of those that fail throws, when all have run.
   */
  stop(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const failures: unknown[] = [];
    for (const listener of this.listeners) {
      this.listeners.delete(listener);
      try {
        if (typeof listener === 'function') listener(STOPPED);
        else listener.handleEvent(STOPPED);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  addEventListener(type: string, listener: Listener): void {
    if (type === 'abort' && !this.aborted) this.listeners.add(listener);
  }

  removeEventListener(_type: string, listener: Listener): void {
    this.listeners.delete(listener);
  }

  dispatchEvent(): boolean {
    return true;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }
}
