import type { Clock } from './clock.js';

/** The heap of this thread, and the buffers that it holds outside of itself. */
export interface Heap {
  /** Bytes of all its pages, whatever is in them, and of the buffers, collected or not. */
  totalBytes(): number;
  /** Share of the time, 0 to 1, in which the event loop had work since the last call. */
  busyShare(): number;
  /** Collects all garbage and gives pages back: some 20 ms for 20 MiB in use, in which nothing else runs. */
  collect(): void;
}

/** Sooner after a load V8 still takes it that much is allocated, and keeps the room of young objects. */
const LOOK_MS = 10_000;
/** After a collection: so collecting takes a thousandth of the time at most, whatever grows. */
const REST_MS = 20_000;
/** Above the least that was seen since the node had started or the last collection: deriving much at first counts as a load. */
const GROWN_BYTES = 8 * 1024 ** 2;
const BUSY_SHARE = 0.1;

/**
 * Has garbage collected once a node is quiet that was not. V8 collects while memory is being allocated: what a load of
 * requests has left, up to as much as the node needs itself, stays for hours where little is allocated afterwards.
 * Ends with the signal; never throws.
 */
export async function keepHeapSmall(heap: Heap, clock: Clock, signal: AbortSignal): Promise<void> {
  let least = heap.totalBytes();
  let waitMs = LOOK_MS;
  while (await slept(clock, waitMs, signal)) {
    const isBusy = heap.busyShare() > BUSY_SHARE;
    const total = heap.totalBytes();
    least = Math.min(least, total);
    waitMs = LOOK_MS;
    if (isBusy || total < least + GROWN_BYTES) continue;
    heap.collect();
    least = heap.totalBytes();
    waitMs = REST_MS;
  }
}

/** @returns false when the signal has fired. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(ms, signal).then(
    () => true,
    () => false,
  );
}
