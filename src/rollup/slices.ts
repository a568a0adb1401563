/**
 * A long computation in slices: it yields whenever it has worked for about a millisecond and is not done. Hostile input
 * may ask for ten million steps, and the node has others to serve meanwhile. What it has so far is its own state, so that
 * nothing is lost when it is left for a while.
 */
export type Sliced<T> = Generator<void, T, void>;

/**
 * Lets everything else have its turn.
 * @throws NodeError ABORTED when the signal has fired: the computation is given up then.
 */
export type Turn = (signal: AbortSignal) => Promise<void>;

/** Runs it, with a turn of others between two slices. @throws what `turn` throws. */
export async function inTurns<T>(sliced: Sliced<T>, turn: Turn, signal: AbortSignal): Promise<T> {
  for (let step = sliced.next(); ; step = sliced.next()) {
    if (step.done === true) return step.value;
    await turn(signal);
  }
}

/**
 * The same, with the first slice in a turn of its own as well: for what is begun many times side by side, whose first
 * slices would add up to one long turn.
 */
export async function inTurnsOfItsOwn<T>(
  sliced: Sliced<T>,
  turn: Turn,
  signal: AbortSignal,
): Promise<T> {
  await turn(signal);
  return inTurns(sliced, turn, signal);
}

/** Runs it without a pause, where nobody else waits or its input is known to be small. */
export function whole<T>(sliced: Sliced<T>): T {
  for (let step = sliced.next(); ; step = sliced.next()) {
    if (step.done === true) return step.value;
  }
}

/** Calls `run` with 0 to `count` - 1, so many of them in a slice. */
export function* forEachIndex(
  count: number,
  perSlice: number,
  run: (index: number) => void,
): Sliced<void> {
  for (let start = 0; start < count; start += perSlice) {
    if (start > 0) yield;
    const end = Math.min(count, start + perSlice);
    for (let index = start; index < end; index++) run(index);
  }
}
